"""The nights of samples/prepaid, from its files alone, beside the model of prepaid wallets: every transaction, shortfall and balance is the model's (P14)."""
import csv
import shutil
import sys
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from duckdb_agrees import WALLETS, found
from proof import ROOT, Workspace, check, definition, done

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
from days import NEVER, SOME_MONDAY, Cycle, number, text
from purse import Purse
from purse_rows import Debits, Night, Service, Stops, TopUp, Wallet
from purse_stops import decide

SAMPLE = "samples/prepaid"
RUN = "nightly-prepaid"
NIGHTS = ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-05")
HELD = "2026-06-04"


# -- the export of a night ------------------------------------------------------------------------------------------

def rows_of(workspace, pattern):
    files = sorted((workspace.folder / "data").glob(pattern))
    assert files, f"no {pattern}"
    for file in files:
        with file.open() as lines:
            yield from csv.DictReader(lines)


def moment(written):
    """An instant and its day: the sample writes all of them in its own time zone."""
    at = datetime.fromisoformat(written)
    return at, number(str(at.date()))


def day(written):
    return number(written) or NEVER


def exported(workspace):
    """By account, what the model is told: the export."""
    charges = {name: {charge["code"]: charge for charge in definition(workspace.folder / f"definitions/{name}.yaml")["charges"]} for name in ("lake-euro", "lake-franc", "surf")}
    nights = {row["account_id"]: Night([], [], [], defaultdict(Counter)) for row in rows_of(workspace, "accounts.csv")}
    for row in rows_of(workspace, "wallets.csv"):
        nights[row["account_id"]].wallets.append(Wallet(row["wallet_id"], Decimal(row["opening_balance"]), expires=day(row["expires_on"]), scheme=row["scheme"] or None))
    owners = {wallet.id: night for night in nights.values() for wallet in night.wallets}
    for row in rows_of(workspace, "top-ups-*.csv"):
        at, on = moment(row["at"])
        owners[row["wallet_id"]].top_ups.append(TopUp(row["top_up_id"], row["wallet_id"], at, on, Decimal(row["amount"]), day(row["expires_on"])))
    pauses = defaultdict(list)
    for row in rows_of(workspace, "pauses.csv"):
        pauses[row["service_id"]].append((number(row["from"]), day(row["to"]), row["cause"]))
    subscriptions = {row["subscription_id"]: row for row in rows_of(workspace, "subscriptions.csv")}
    usage = defaultdict(Counter)
    for row in rows_of(workspace, "usage-*.csv"):
        usage[row["service_id"]][moment(row["used_at"])[1]] += Fraction(row["quantity"])
    for row in rows_of(workspace, "services.csv"):
        subscription, service = subscriptions[row["subscription_id"]], row["service_id"]
        night, scheme = nights[subscription["account_id"]], subscription["scheme"]
        # Months of the calendar begin where any month that begins on a Monday does.
        night.services.append(Service(service, scheme, charges[scheme][row["charge"]], Cycle("monthly", first=SOME_MONDAY), number(subscription["start_on"]), pauses=pauses[service]))
        night.usage[service] = usage[service]
    return nights


# -- both sides in the same words -----------------------------------------------------------------------------------

def plain(written):
    return text(written) if isinstance(written, int) else None if written is None else str(written)


def orders(workspace, night):
    """What a run did about services."""
    return workspace.rows(f"SELECT service_id, action, state = 'ordered', amount FROM book.service_action WHERE run_id = '{RUN}@{night}' ORDER BY ALL")


def by_wallet(rows):
    found = defaultdict(list)
    for wallet, *row in rows:
        found[wallet].append(tuple(row))
    return found


def of_the_book(workspace, night):
    moved = workspace.rows(f"""SELECT wallet_id, kind, service_id, charge, CAST(period_start AS VARCHAR), CAST(period_end AS VARCHAR), amount, balance_after FROM book.wallet_transaction
                               WHERE run_id = '{RUN}@{night}' ORDER BY wallet_id, CAST(split_part(transaction_id, '/', -1) AS INTEGER)""")
    short = workspace.rows(f"SELECT service_id, charge, CAST(period_start AS VARCHAR), CAST(period_end AS VARCHAR), amount, missing FROM book.wallet_shortfall WHERE run_id = '{RUN}@{night}' ORDER BY ALL")
    held = workspace.rows("SELECT wallet_id, max_by(closing, transactions) FROM book.wallet_state GROUP BY ALL")
    return by_wallet(moved), short, dict(held)


def of_the_model(runs):
    moved = by_wallet((it.wallet, it.kind, it.service, it.charge, plain(it.start), plain(it.end), it.amount, it.balance_after) for run in runs for it in run.transactions)
    short = sorted((it.service, it.charge, plain(it.start), plain(it.end), it.amount, it.missing) for run in runs for it in run.shortfalls)
    return moved, short, {it.wallet: it.closing for run in runs for it in run.states.values()}


def compared(workspace, purses, night):
    """One night from both sides."""
    export = exported(workspace)
    runs = [purses[account].night(number(night), told) for account, told in export.items()]
    decide([purses[account] for account in export], runs)
    (moved, short, held), (moved_here, short_here, held_here) = of_the_model(runs), of_the_book(workspace, night)
    wrong = {wallet: (moved[wallet], moved_here[wallet]) for wallet in {*moved, *moved_here} if moved[wallet] != moved_here[wallet]}
    debits = sum(row[0] == "debit" for rows in moved.values() for row in rows)
    check(f"{night}: the same {debits} debits, and the same in and out of {len(held)} wallets, one after another", not wrong and debits, wrong)
    check(f"{night}: the same {len(short)} shortfalls", short == short_here, (short, short_here))
    check(f"{night}: the same balances", held == held_here, {*held.items()} ^ {*held_here.items()})
    acted = sorted((it.service, it.what, it.is_ordered, it.amount) for run in runs for it in run.actions)
    check(f"{night}: the same {len(acted)} services are stopped and started", acted == orders(workspace, night), (acted, orders(workspace, night)))


def taken(workspace, night):
    """Takes what is new in the export of a night."""
    folder = workspace.folder / "nights" / night
    if folder.exists():
        shutil.copytree(folder, workspace.folder / "data", dirs_exist_ok=True)


workspace, purses = Workspace(SAMPLE), defaultdict(lambda: Purse(Debits(), Stops(stop=True, start=True, at_most=5, needs_fresh=False)))
for night in NIGHTS[:-1]:
    taken(workspace, night)
    compared(workspace.on(RUN, night), purses, night)
before = workspace.content("book")
ended = workspace.bill("run", RUN, "--as-of", HELD, now=f"{HELD}T06:00:00Z")
check(f"{HELD}: without an export the night is held, and nothing changes", ended.exit == 10 and workspace.content("book") == before, ended)
taken(workspace, NIGHTS[-1])
compared(workspace.on(RUN, NIGHTS[-1]), purses, NIGHTS[-1])
wrong = {what: rows for what, rows in found(workspace, WALLETS).items() if rows}
check("every day is debited once and the wallets add up", not wrong, wrong)
check("the book verifies", (it := workspace.bill("verify")).exit == 0, it)
done()
