"""Five thousand random prepaid accounts over nights, missed, repeated and taken back: wallets, debits, shortfalls, stops and starts, notices and estimates are those of a model that shares no code with the engine (P4, P9, P14).

    prepaid.py                 all of it
    prepaid.py model           the model alone, and how often what is to happen happens; needs no binary
    prepaid.py BOOK ACCOUNT    one history in a workspace of its own, each event from both sides: prepaid.py 7 A-00012
"""
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import yaml

from proof import ROOT, Workspace, check, differing, done, scratch

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
import purse_ahead
import purse_stops
from days import text
from purse_examples import examples
from purse_lives import BOOKS, METERED, SCHEMES, TABLES, ahead_of, events, export, is_fresh, lives_of, number_of, stops_of

HISTORIES = 5_000
SETTINGS = 'timezone = "Europe/Berlin"\ncurrency = "EUR"\nrounding = "half_up"\n[seller]\nname = "Example Mobile"\n'
RUN = {"kind": "prepaid_run", "name": "purse", "enabled": True, "as_of": "slot", "criteria": {"schemes": list(SCHEMES), "classifications": "all"}, "filters": "all",
       "checks": {"top_ups_fresh": "off", "usage_complete": "off", "vanished": "off", "changed_without_date": "off"}}


# -- the workspace --------------------------------------------------------------------------------------------------

def written(book):
    workspace, debits = Workspace.over(scratch() / "purse"), BOOKS[book]
    for folder in ("definitions", "data"):
        (workspace.folder / folder).mkdir(parents=True)
    (workspace.folder / "billwright.toml").write_text(SETTINGS + "".join(f'[inputs.{table}]\npath = "data/{table}.csv"\n' + ('max_age = "26h"\n' if table == "top_ups" else "") for table in TABLES))
    debit = {"granularity": debits.granularity, "on_insufficient": debits.on_insufficient, "on_topup": debits.on_topup, "usage_through": {"date": "as_of", "plus_days": debits.usage_days}}
    stops, ahead = stops_of(book), ahead_of(book)
    more = {"stop_services": {"enabled": stops.stop, "at_most": stops.at_most, "needs_fresh": ["top_ups"] if stops.needs_fresh else []}, "start_services": {"enabled": stops.start},
            "estimate": {"enabled": True, "horizon_days": ahead.horizon, "usage_lookback_days": ahead.lookback}, "notices": {"low_balance": str(ahead.low_balance)}}
    (workspace.folder / "definitions/purse.yaml").write_text(yaml.safe_dump({**RUN, "debit": debit, **more}))
    for name, (anchor, frequency, charges) in SCHEMES.items():
        scheme = {"kind": "scheme", "name": name, "classification": "prepaid", "currency": "EUR", "frequencies": [frequency], "anchor": anchor, "charges": charges}
        (workspace.folder / f"definitions/{name}.yaml").write_text(yaml.dump(scheme, Dumper=_Plain))
    workspace.take(ROOT / "templates")
    return workspace


class _Plain(yaml.SafeDumper):
    """Without anchors for what is there twice."""

    def ignore_aliases(self, data):
        return True


# -- both sides in the same words -----------------------------------------------------------------------------------

QUERIES = {
    "lines": "SELECT service_id, charge, period_start, period_end, amount, quantity, line_id FROM book.invoice_line",
    "transactions": "SELECT wallet_id, kind, service_id, charge, period_start, period_end, amount, balance_after, transaction_id FROM book.wallet_transaction",
    "shortfalls": "SELECT service_id, charge, period_start, period_end, amount, missing, run_id FROM book.wallet_shortfall",
    "states": "SELECT wallet_id, opening, topped_up, refunded, debited, expired, closing, run_id FROM book.wallet_state",
    "actions": "SELECT service_id, action, state, on_day, amount, run_id FROM book.service_action",
    "stopped": "SELECT service_id, message, run_id FROM book.exclusion WHERE code = 'stopped'",
    "notices": "SELECT wallet_id, balance, below, on_day, run_id FROM book.wallet_notice",
    "estimates": "SELECT wallet_id, scheme, balance, per_day, days, runs_out_on, capped, run_id FROM book.wallet_estimate",
    "findings": "SELECT message, run_id FROM book.finding WHERE \"check\" = 'stop_limit'",
}


class Book:
    """What each event adds to the book."""

    def __init__(self, workspace):
        self.workspace, self.seen = workspace, {table: Counter() for table in QUERIES}

    def new(self):
        reader, found = self.workspace.book(), {}
        for table, query in QUERIES.items():
            rows = Counter(tuple(text(number_of(value)) if isinstance(value, date) else value for value in row) for row in reader.execute(query).fetchall())
            # Every commit keeps the state of all wallets: what only stands there again is not new.
            new = Counter(set(rows) - set(self.seen[table])) if table == "states" else rows - self.seen[table]
            found[table], self.seen[table] = list(new.elements()), rows
        return found


def expected(runs):
    """What the runs of all accounts in the model add to it."""
    plain = lambda day: None if day is None else text(day)
    found = {table: [] for table in QUERIES}
    for run in runs:
        found["lines"] += [(it.service, it.charge, plain(it.start), plain(it.end), it.amount, it.quantity, None) for it in run.lines]
        found["transactions"] += [(it.wallet, it.kind, it.service, it.charge, plain(it.start), plain(it.end), it.amount, it.balance_after, None) for it in run.transactions]
        found["shortfalls"] += [(it.service, it.charge, plain(it.start), plain(it.end), it.amount, it.missing, None) for it in run.shortfalls]
        found["states"] += [(it.wallet, it.opening, it.topped_up, it.refunded, it.debited, it.expired, it.closing, None) for it in run.states.values()]
        found["actions"] += [(it.service, it.what, "ordered" if it.is_ordered else "candidate", text(run.as_of), it.amount, None) for it in run.actions]
        found["stopped"] += [(service, None, None) for service in run.stopped]
        found["notices"] += [(wallet, balance, None, text(run.as_of), None) for wallet, balance in run.notices]
        found["estimates"] += [(it.wallet, None, it.balance, it.per_day, it.days, plain(it.runs_out_on), it.runs_out_on is None, None) for it in run.estimates]
        found["findings"] += [(*it, None) for it in run.refused]
    return found


def comparable(found, by_day):
    """By what it is about and its key: what has to be the same, however an engine cuts it.

    A debit that takes from a wallet for several lines may be one transaction or more.
    A refund may stand in the state of its own event or in the next: with the opening it is the same.
    """
    shown = {what: {} for what in ("lines", "top-ups", "debits", "expiries", "refunds", "shortfalls", "states", "actions", "stopped", "notices", "estimates")}
    for service, charge, start, end, amount, quantity, _ in found["lines"]:
        key = (service, charge, start, end)
        before = shown["lines"].get(key, (start, end, 0, 0))
        used = Fraction(quantity) if charge in METERED else 0
        shown["lines"][key] = min(start, before[0]), max(end, before[1]), before[2] + amount, before[3] + used
    for wallet, kind, service, charge, start, _, amount, balance, _ in found["transactions"]:
        table = shown[{"top_up": "top-ups", "debit": "debits", "expiry": "expiries", "refund": "refunds"}[kind]]
        key = {"top_up": (wallet, amount, balance), "debit": (wallet, service, charge, start if by_day else ""), "expiry": (wallet,), "refund": (wallet, service or "", charge or "")}[kind]
        many, total, last = table.get(key, (0, 0, balance))
        table[key] = (many + 1, 0, 0) if kind == "top_up" else (0, total + amount, 0 if kind == "refund" else min(last, balance))
    for service, charge, start, end, amount, missing, _ in found["shortfalls"]:
        shown["shortfalls"][service, charge, start, end] = amount, missing
    for wallet, opening, topped_up, refunded, debited, expired, closing, _ in found["states"]:
        shown["states"][wallet,] = opening + refunded, topped_up, debited, expired, closing
    for service, what, state, on_day, amount, _ in found["actions"]:
        shown["actions"][service, what] = state, on_day, amount
    for service, message, _ in found["stopped"]:
        shown["stopped"][service,] = True,
    for wallet, balance, _, on_day, _ in found["notices"]:
        shown["notices"][wallet,] = balance, on_day
    for wallet, _, balance, per_day, days, runs_out_on, capped, _ in found["estimates"]:
        shown["estimates"][wallet,] = balance, four_places(per_day), days, runs_out_on, capped
    return shown


def refusal(message):
    """How many services could not be stopped, and where that is too large a part of those that were rated, of how many."""
    many, rated = re.match(r"\d+", message), re.search(r"of the (\d+) that were rated", message)
    return int(many[0]), rated and int(rated[1])


def four_places(amount):
    """As the book shows it, half up."""
    return floor(Fraction(amount) * 10_000 + Fraction(1, 2)) / Fraction(10_000)


# Estimates that are not the model's.
UNLIKE = []


def is_near(one, other):
    """Whether two estimates differ by no more than the last decimal of what is taken in a day: the book adds up parts that are cut."""
    is_same = one is not None and other is not None and (one[0], *one[2:]) == (other[0], *other[2:])
    return is_same and abs(Fraction(one[1]) - Fraction(other[1])) <= Fraction(1, 10_000)


def differences(ours, theirs, untouched):
    """(account, what, key, ours, theirs) of all that is not the same."""
    for what in ours:
        for key in sorted({*ours[what], *theirs[what]}, key=str):
            one, other = ours[what].get(key), theirs[what].get(key)
            if one != other and not (what == "states" and other is None and key[0] in untouched):
                yield key[0][:7], what, key, one, other


def broken_chains(found, openings):
    """Wallets of which the new transactions do not lead from one balance to the next, up to the last."""
    by_wallet = defaultdict(list)
    for wallet, *_, amount, balance, _ in found["transactions"]:
        by_wallet[wallet].append((amount, balance))
    for wallet, rows in by_wallet.items():
        first = openings.get(wallet, Decimal(0))
        last = first + sum(amount for amount, _ in rows)
        if Counter([*(balance - amount for amount, balance in rows), last]) != Counter([*(balance for _, balance in rows), first]):
            yield wallet


def judged(workspace, lives, claimed):
    """Checks of the whole book at its end."""
    sums = lambda table, amount, where: f"(SELECT run_id, service_id, charge, sum(amount) AS {amount} FROM book.{table} WHERE {where} GROUP BY ALL)"
    wrong = workspace.rows(f"""SELECT * FROM {sums("invoice_line", "amount", "true")} FULL JOIN {sums("wallet_transaction", "taken", "kind = 'debit'")}
        USING (run_id, service_id, charge) WHERE coalesce(amount, 0) + coalesce(taken, 0) <> 0""")
    unnamed = workspace.rows("""SELECT transaction_id FROM book.wallet_transaction WHERE kind = 'debit' AND line_id NOT IN (SELECT line_id FROM book.invoice_line)""")
    check("each debit names a line", not unnamed, unnamed[:3])
    check("what lines come to is what debits took", not wrong, wrong[:3])
    wrong = workspace.rows("SELECT * FROM book.wallet_state WHERE opening + topped_up + refunded - debited - expired <> closing")
    check("each state adds up", not wrong, wrong[:3])
    billed = defaultdict(Counter)
    for service, begin, end, sign in workspace.rows("SELECT service_id, billed_from, billed_through, CASE effect WHEN 'claimed' THEN 1 ELSE -1 END FROM book.watermark"):
        for day in range(number_of(begin), number_of(end)):
            billed[service][day] += sign
    billed = {service: {day: times for day, times in days.items() if times} for service, days in billed.items()}
    wrong = [service for service in {*billed, *claimed} if billed.get(service, {}) != dict.fromkeys(claimed.get(service, ()), 1)]
    check(f"the same days of {len(claimed)} services are billed, each once", not wrong, f"{len(wrong)} are not, such as {sorted(wrong)[:5]}")
    found = {account for account, in workspace.rows("SELECT DISTINCT account_id FROM book.exception WHERE code = 'BW-X125'")}
    lacking = {life.id for life in lives if life.lacked}
    check(f"{len(lacking)} accounts have no wallet that can pay, and that is told", found == lacking, f"{sorted(found ^ lacking)[:5]}")
    check("the book verifies", (it := workspace.bill("verify")).exit == 0, it)


# -- the books ------------------------------------------------------------------------------------------------------

def modeled(what, night, lives, is_new):
    """The same event in the model: what it does to each account."""
    if what == "cancel":
        return [life.purse.cancel() for life in lives]
    exports = [life.night(night) for life in lives]
    runs = [life.purse.night(number_of(night), export) for life, export in zip(lives, exports)]
    refused = purse_stops.decide([life.purse for life in lives], runs, is_new)
    runs[0].refused = [refused] if refused else []
    for life, run, export in zip(lives, runs, exports):
        purse_ahead.look(life.purse, run, export)
        life.lacked |= bool(run.unpayable)
    return runs


def happened(counts, what, runs, lives):
    """What the proof is about, counted."""
    for run, life in zip(runs, lives):
        for transaction in run.transactions:
            counts[transaction.kind] += 1
        counts["lines"] += len(run.lines)
        counts["lines of nothing"] += sum(not line.amount for line in run.lines)
        counts["shortfalls"] += len(run.shortfalls)
        counts["days that waited"] += sum(len(steps) > 1 for steps in run.waiting.values())
        counts["debits below nothing"] += sum(it.kind == "debit" and it.balance_after < 0 for it in run.transactions)
        counts["debits of several wallets"] += len({(it.service, it.wallet) for it in run.transactions if it.kind == "debit"}) > len({it.service for it in run.transactions if it.kind == "debit"})
        counts["debits over two periods"] += len({(line.service, line.period) for line in run.lines}) > len({line.service for line in run.lines})
        counts["debits of some days"] += bool({it.service for it in run.shortfalls} & {line.service for line in run.lines})
        counts["days waived"] += run.waived
        counts["services stopped"] += sum(it.what == "stop" and it.is_ordered for it in run.actions)
        counts["services that could be stopped"] += sum(it.what == "stop" and not it.is_ordered for it in run.actions)
        counts["services started"] += sum(it.what == "start" and it.is_ordered for it in run.actions)
        counts["services that could be started"] += sum(it.what == "start" and not it.is_ordered for it in run.actions)
        counts["starts that pay the days before too"] += sum(it.what == "start" and it.is_ordered and life.purse.debits.on_topup == "charge_all" and it.amount > 0 for it in run.actions)
        counts["services that stay stopped"] += len(run.stopped)
        counts["stops that are too many"] += sum(many for many, _ in run.refused)
        counts["orders taken back"] += len(run.taken_back)
        counts["wallets fallen low"] += len(run.notices)
        counts["estimates"] += len(run.estimates)
        counts["estimates that are capped"] += sum(it.runs_out_on is None for it in run.estimates)
        counts["estimates that run out"] += sum(it.days > 0 and it.runs_out_on is not None for it in run.estimates)
        counts["nobody to pay"] += bool(run.unpayable)
        counts["days billed without a line"] += sum(not any(line.service == service and line.start <= day < line.end for line in run.lines) for service, day in run.claimed)


def handed_over(name, workspace, file, orders):
    """What is ordered about services is in a file, and there is none of nothing."""
    path = workspace.folder / f"out/{file}.csv"
    rows = [(row["service_id"], row["action"]) for row in csv.DictReader(path.open())] if path.exists() else []
    check(f"{name}: {len(orders)} services are stopped and started in a file", sorted(rows) == sorted(orders) and path.exists() == bool(orders), f"{file}: {sorted({*rows} ^ orders)[:5]}")


def billed(book, lives, counts):
    """One book, an event at a time, from both sides; gives the accounts that differ."""
    debits, workspace = BOOKS[book], written(book)
    name = f"book {book} ({debits.granularity}, {debits.on_insufficient}, {debits.on_topup})"
    wrong, reader, runs_made, orders = {}, Book(workspace), [], {}
    for what, night in events(book):
        is_new = is_fresh(book, night)
        if what == "again":
            before = workspace.content("book")
            workspace.must("run", "purse", "--as-of", str(night), now=f"{night}T21:00:00Z")
            check(f"{name}, {night} again: nothing", workspace.content("book") == before, differing(workspace.content("book"), before))
            continue
        if what == "cancel":
            canceled = runs_made.pop()
            process = workspace.start("cancel", canceled, now=f"{night}T22:00:00Z")
        else:
            export(workspace.folder / "data", lives, night, is_new)
            process = workspace.start("run", "purse", "--as-of", str(night), "--output", "json", now=f"{night}T20:00:00Z")
        runs = modeled(what, night, lives, is_new)  # on another core
        happened(counts, what, runs, lives)
        out, err = process.communicate()
        if not check(f"{name}, {what} {night}: done", process.returncode in (0, 5), (err or out)[:800]):
            return {life.id for life in lives}
        theirs, ours = reader.new(), expected(runs)
        if what == "run":
            answer = json.loads(out)
            runs_made.append(answer["run_id"])
            told = {"shortfalls": len(ours["shortfalls"]), "debited": sum((it[4] for it in ours["states"]), Decimal(0)), "closing_balance": sum((it[6] for it in ours["states"]), Decimal(0))}
            differ = {key: (str(value), answer.get(key)) for key, value in told.items() if Decimal(answer.get(key) or 0) != value}
            check(f"{name}, {what} {night}: it tells the same sums", not differ or wrong, differ)
            orders[answer["run_id"]] = {(service, action) for service, action, state, *_ in theirs["actions"] if state == "ordered"}
            handed_over(f"{name}, {what} {night}", workspace, f"service-actions-{answer['run_id']}", orders[answer["run_id"]])
        else:
            handed_over(f"{name}, {what} {night}", workspace, f"service-actions-{canceled}-canceled", {(service, {"stop": "start", "start": "stop"}[action]) for service, action in orders[canceled]})
        chains = [wallet for wallet in broken_chains(theirs, {it[0]: it[1] for it in ours["states"]}) if wallet[:7] not in wrong]
        untouched = {it[0] for it in ours["states"]} - {it[0] for it in ours["transactions"] if what == "run"}
        by_day = debits.granularity == "day"
        found = [it for it in differences(comparable(ours, by_day), comparable(theirs, by_day), untouched) if it[0] not in wrong]
        UNLIKE.extend((f"{name}, {night}, {it[0]}", *it[1:]) for it in found if it[1] == "estimates" and not is_near(it[3], it[4]))
        found = [it for it in found if it[1] != "estimates"]
        shown = [f"{account}, {about} {' '.join(map(str, key))}: {show(one)}, in the book {show(other)}" for account, about, key, one, other in found]
        wrong |= {it[0]: it for it in reversed(found)}
        check(f"{name}, {what} {night}: the same of {len(lives)} accounts, with {len(ours['lines'])} lines, {len(ours['transactions'])} transactions and {len(ours['shortfalls'])} shortfalls",
              not found, "\n       ".join([f"{len({it[0] for it in found})} accounts differ", *shown[:6]]))
        refused = [refusal(message) for message, _ in theirs["findings"]], [(many, rated if "%" in str(stops_of(book).at_most) and (is_new or not stops_of(book).needs_fresh) else None) for many, rated, _ in ours["findings"]]
        check(f"{name}, {what} {night}: as many services are too many to be stopped", refused[0] == refused[1] or wrong, refused)
        check(f"{name}, {what} {night}: each balance follows from the one before", not chains, chains[:5])
    judged(workspace, lives, {service: days for life in lives for service, days in life.purse.claimed.items() if days})
    return wrong


def share(of):
    """How many of some accounts differ."""
    return of[True] / max(1, of[True] + of[False])


def show(values):
    return "nothing" if values is None else " ".join(str(float(value)) if isinstance(value, Fraction) else str(value) for value in values)


def one(book, account):
    """A single history, told from both sides."""
    lives, workspace = lives_of(book, int(account[2:]), account), written(book)
    reader, runs_made = Book(workspace), []
    print(f"{account} of book {book}: {BOOKS[book]}\nin {workspace.folder}: {', '.join(sorted(lives[0].traits))}")
    for what, night in events(book):
        print(f"\n== {what} {night}")
        if what != "cancel":
            export(workspace.folder / "data", lives, night, is_fresh(book, night))
            for table, row in lives[0].rows(night):
                if table != "usage" or row["day"] > night - timedelta(days=4):
                    print(f"   {table}: " + ", ".join(f"{key} {value}" for key, value in row.items() if value != "" and key not in ("account_id", "currency")))
        ours = {table: [] for table in QUERIES} if what == "again" else expected(modeled(what, night, lives, is_fresh(book, night)))
        words = ("cancel", runs_made.pop() if runs_made else "purse") if what == "cancel" else ("run", "purse", "--as-of", str(night), "--output", "json")
        try:
            ended = workspace.bill(*words, now=f"{night}T20:00:00Z")
            if ended.exit not in (0, 5):
                print(f"   {ended}")
            elif what == "run":
                runs_made.append(json.loads(ended.stdout)["run_id"])
            theirs = reader.new() if (workspace.folder / "book").exists() else {table: [] for table in QUERIES}
        except FileNotFoundError as missing:
            print(f"   no engine: {missing}")
            theirs = {table: [] for table in QUERIES}
        for table in QUERIES:
            for side, rows in (("model", ours), ("book ", theirs)):
                for row in sorted(rows[table], key=str):
                    print(f"   {side} {table}: {show(row[:-1])}")


def alone(book, lives, counts):
    """The model without an engine."""
    for what, night in events(book):
        if what == "again":
            continue
        runs = modeled(what, night, lives, is_fresh(book, night))
        happened(counts, what, runs, lives)
        wrong = [state.wallet for run in runs for state in run.states.values() if state.opening + state.topped_up + state.refunded - state.debited - state.expired != state.closing]
        check(f"book {book}, {what} {night}: each state adds up", not wrong, wrong[:5])
    return {}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one(int(sys.argv[1]), sys.argv[2])
        sys.exit()
    examples()
    counts, by_trait, everyone = Counter(), defaultdict(Counter), Counter()
    for book in range(len(BOOKS)):
        lives = lives_of(book, HISTORIES // len(BOOKS) + (book < HISTORIES % len(BOOKS)))
        if sys.argv[1:] == ["model"]:
            wrong = alone(book, lives, counts)
        else:
            wrong = billed(book, lives, counts)
        for life in lives:
            everyone[life.id in wrong] += 1
            for trait in life.traits:
                by_trait[trait][life.id in wrong] += 1
    print("  " + ", ".join(f"{many} {what}" for what, many in sorted(counts.items())))
    for trait, many in sorted(by_trait.items(), key=lambda it: share(it[1]) - share(everyone - it[1]), reverse=True):
        print(f"  {trait}: {sum(many.values())} accounts" + (f", {share(many):.1%} differ, of those without it {share(everyone - many):.1%}" if everyone[True] else ""))
    seldom = [what for what, many in counts.items() if many < 50] + [trait for trait, many in by_trait.items() if sum(many.values()) < 15]
    told = [f"{account}, {' '.join(key)}: {show(one)}, in the book {show(other)}" for account, _, key, one, other in UNLIKE]
    check(f"{counts['estimates']} estimates are the same", not UNLIKE, "\n       ".join([f"{len(UNLIKE)} differ", *told[:20]]))
    check("everything happened often enough", len(counts) > 26 and len(by_trait) > 45 and not seldom, seldom)
    done()
