"""Five thousand random prepaid accounts over nights, missed, repeated and taken back: wallets, debits and shortfalls are those of a model that shares no code with the engine (P4, P9, P14).

    prepaid.py                 all of it
    prepaid.py model           the model alone, and how often what is to happen happens; needs no binary
    prepaid.py BOOK ACCOUNT    one history in a workspace of its own, each event from both sides: prepaid.py 7 A-00012
"""
import json
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import yaml

from proof import ROOT, Workspace, check, differing, done, scratch

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
from days import text
from purse_examples import examples
from purse_lives import BOOKS, METERED, SCHEMES, TABLES, events, export, lives_of, number_of

HISTORIES = 5_000
SETTINGS = 'timezone = "Europe/Berlin"\ncurrency = "EUR"\nrounding = "half_up"\n[seller]\nname = "Example Mobile"\n'
RUN = {"kind": "prepaid_run", "name": "purse", "enabled": True, "as_of": "slot", "criteria": {"schemes": list(SCHEMES), "classifications": "all"}, "filters": "all",
       "estimate": {"enabled": False}, "checks": {"top_ups_fresh": "off", "usage_complete": "off", "vanished": "off", "changed_without_date": "off"}}


# -- the workspace --------------------------------------------------------------------------------------------------

def written(book):
    workspace, debits = Workspace.over(scratch() / "purse"), BOOKS[book]
    for folder in ("definitions", "data"):
        (workspace.folder / folder).mkdir(parents=True)
    (workspace.folder / "billwright.toml").write_text(SETTINGS + "".join(f'[inputs.{table}]\npath = "data/{table}.csv"\n' for table in TABLES))
    debit = {"granularity": debits.granularity, "on_insufficient": debits.on_insufficient, "on_topup": debits.on_topup, "usage_through": {"date": "as_of", "plus_days": debits.usage_days}}
    (workspace.folder / "definitions/purse.yaml").write_text(yaml.safe_dump({**RUN, "debit": debit}))
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
    return found


def comparable(found, by_day):
    """By what it is about and its key: what has to be the same, however an engine cuts it.

    A debit that takes from a wallet for several lines may be one transaction or more.
    A refund may stand in the state of its own event or in the next: with the opening it is the same.
    """
    shown = {what: {} for what in ("lines", "top-ups", "debits", "expiries", "refunds", "shortfalls", "states")}
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
    return shown


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

def modeled(what, night, lives):
    """The same event in the model: what it does to each account."""
    runs = []
    for life in lives:
        run = life.purse.cancel() if what == "cancel" else life.purse.night(number_of(night), life.night(night))
        life.lacked |= bool(run.unpayable)
        runs.append(run)
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
        counts["nobody to pay"] += bool(run.unpayable)
        counts["days billed without a line"] += sum(not any(line.service == service and line.start <= day < line.end for line in run.lines) for service, day in run.claimed)


def billed(book, lives, counts):
    """One book, an event at a time, from both sides; gives the accounts that differ."""
    debits, workspace = BOOKS[book], written(book)
    name = f"book {book} ({debits.granularity}, {debits.on_insufficient}, {debits.on_topup})"
    wrong, reader, runs_made = {}, Book(workspace), []
    for what, night in events(book):
        if what == "again":
            before = workspace.content("book")
            workspace.must("run", "purse", "--as-of", str(night), now=f"{night}T21:00:00Z")
            check(f"{name}, {night} again: nothing", workspace.content("book") == before, differing(workspace.content("book"), before))
            continue
        if what == "cancel":
            process = workspace.start("cancel", runs_made.pop(), now=f"{night}T22:00:00Z")
        else:
            export(workspace.folder / "data", lives, night)
            process = workspace.start("run", "purse", "--as-of", str(night), "--output", "json", now=f"{night}T20:00:00Z")
        runs = modeled(what, night, lives)  # on another core
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
        chains = [wallet for wallet in broken_chains(theirs, {it[0]: it[1] for it in ours["states"]}) if wallet[:7] not in wrong]
        untouched = {it[0] for it in ours["states"]} - {it[0] for it in ours["transactions"] if what == "run"}
        by_day = debits.granularity == "day"
        found = [it for it in differences(comparable(ours, by_day), comparable(theirs, by_day), untouched) if it[0] not in wrong]
        shown = [f"{account}, {about} {' '.join(map(str, key))}: {show(one)}, in the book {show(other)}" for account, about, key, one, other in found]
        wrong |= {it[0]: it for it in reversed(found)}
        check(f"{name}, {what} {night}: the same of {len(lives)} accounts, with {len(ours['lines'])} lines, {len(ours['transactions'])} transactions and {len(ours['shortfalls'])} shortfalls",
              not found, "\n       ".join([f"{len({it[0] for it in found})} accounts differ", *shown[:6]]))
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
            export(workspace.folder / "data", lives, night)
            for table, row in lives[0].rows(night):
                if table != "usage" or row["day"] > night - timedelta(days=4):
                    print(f"   {table}: " + ", ".join(f"{key} {value}" for key, value in row.items() if value != "" and key not in ("account_id", "currency")))
        ours = {table: [] for table in QUERIES} if what == "again" else expected(modeled(what, night, lives))
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
    """The model without an engine; the same night again must find nothing to do."""
    for what, night in events(book):
        runs = modeled(what, night, lives)
        if what == "again":
            changed = [life.id for life, run in zip(lives, runs) if run.claimed or run.transactions or run.listed]
            check(f"book {book}, {night} again: nothing", not changed, changed[:5])
            for life in lives:
                life.purse.runs.pop()
            continue
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
    check("everything happened often enough", len(counts) > 14 and len(by_trait) > 45 and not seldom, seldom)
    done()
