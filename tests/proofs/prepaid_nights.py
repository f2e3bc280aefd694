"""A plan of a prepaid night is made as it was shown or not at all, and what is wrong with one account or top-up moves nobody else's money (P3, P5, P13, P16, P19)."""
import csv
import io

from duckdb_agrees import WALLETS, found
from proof import PURSE, Workspace, check, differing, done

NIGHT = "2026-02-01"
RUN = ("nightly", "--as-of", NIGHT)
MONEY = """SELECT wallet_id, kind, service_id, charge, period_start, period_end, amount, balance_after, source_id FROM book.wallet_transaction
           WHERE account_id NOT IN ({}) ORDER BY ALL"""
SHORT = "SELECT service_id, charge, period_start, period_end, amount, missing FROM book.wallet_shortfall WHERE account_id NOT IN ({}) ORDER BY ALL"


def add_up(name, workspace):
    wrong = [what for what, rows in found(workspace, WALLETS).items() if rows]
    check(f"{name}: every day is debited once and the wallets add up", not wrong, wrong)


def rows_of(workspace, file):
    return list(csv.DictReader((workspace.folder / "data" / file).open()))


def write(workspace, file, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (workspace.folder / "data" / file).write_text(text.getvalue())


# -- plans ----------------------------------------------------------------------------------------------------------

def planned(seed, *flags):
    """A copy of a workspace with a plan in it, which has changed nothing of the book."""
    workspace = seed.copy()
    before = workspace.content("book")
    workspace.must("plan", *RUN, *flags, "--out", "planned")
    after = workspace.content("book")
    check(f"a plan of {' '.join(flags[1::2]) or 'all'} leaves the book as it was", after == before, differing(after, before))
    return workspace


def refused(name, workspace):
    before = workspace.content()
    ended = workspace.bill("apply", "planned")
    after = workspace.content()
    check(f"{name}: the plan is stale", ended.exit == 7 and "BW-L201" in ended.stderr, ended)
    check(f"{name}: nothing is written", after == before, differing(after, before))


def applied(name, workspace):
    ended = workspace.bill("apply", "planned")
    check(f"{name}: the plan is applied", ended.exit in (0, 5), ended)
    add_up(name, workspace)
    return workspace


def plans(seed):
    gold = seed.copy().on("nightly", NIGHT)
    workspace = applied("at once", planned(seed))
    content = workspace.content("book", "out")
    check("a plan that is applied leaves the book of a run", content == gold.content("book", "out"), differing(content, gold.content("book", "out")))
    for name, workspace in (("applied again", workspace), ("after the run itself", planned(seed).on("nightly", NIGHT))):
        before = workspace.content()
        ended = workspace.bill("apply", "planned")
        check(f"{name}: it is in the book already, and nothing more is done", ended.exit == 5 and "already" in ended.stdout and workspace.content() == before, ended)

    refused("after the night before", planned(seed).on("nightly", "2026-01-31"))
    workspace = planned(seed)
    workspace.must("run", "nightly", "--as-of", "2026-01-31", "--account", "A-02")
    refused("after a run over one of its accounts", workspace)
    workspace = planned(seed)
    workspace.must("cancel", "nightly@2026-01-30", exits=(0,))
    refused("after the run before was taken back", workspace)

    seed = quiet()
    gold = seed.copy().on("nightly", NIGHT)
    workspace = planned(seed, "--account", "A-01")
    workspace.must("run", "nightly", "--as-of", "2026-01-31", "--account", "A-03")
    name = "after a run over another account"
    applied(name, workspace)
    moved = "SELECT kind, amount, balance_after FROM book.wallet_transaction WHERE account_id = 'A-01' ORDER BY transaction_id"
    check(f"{name}: its wallet holds what it would have held", workspace.rows(moved) == gold.rows(moved) != [], workspace.rows(moved))


def quiet():
    """The same after a night, where nothing is topped up later and nothing expires."""
    workspace = Workspace(PURSE)
    write(workspace, "top-ups-2026-01.csv", [row | {"expires_on": ""} for row in rows_of(workspace, "top-ups-2026-01.csv") if row["top_up_id"] in ("T-02", "T-03")])
    write(workspace, "wallets.csv", [row | {"expires_on": ""} for row in rows_of(workspace, "wallets.csv")])
    return workspace.on("nightly", "2026-01-30")


# -- what is refused, and what is set aside -------------------------------------------------------------------------

def top_ups(seed):
    """An id that was counted and comes again, on a later night, as the row it was or as another."""
    counted = [row for row in rows_of(seed, "top-ups-2026-01.csv") if row["top_up_id"] == "T-03"]
    ways = {"another amount": {"amount": "2.50"}, "another wallet": {"wallet_id": "W-01"}, "another day": {"at": "2026-01-29T10:00:00+01:00"},
            "another last day": {"expires_on": "2026-02-06"}, "no last day": {"expires_on": ""}}
    for name, change in ways.items():
        workspace = seed.copy()
        write(workspace, "top-ups-2026-01.csv", [row | (change if row["top_up_id"] == "T-03" else {}) for row in rows_of(seed, "top-ups-2026-01.csv")])
        before = workspace.content()
        ended = workspace.bill("run", *RUN)
        check(f"a top-up with {name} on a later night is refused", ended.exit == 4 and "BW-X126" in ended.stderr and "T-03" in ended.stderr, ended)
        check(f"a top-up with {name}: nothing changes", workspace.content() == before, differing(workspace.content(), before))
    gold = seed.copy().on("nightly", NIGHT)
    workspace = seed.copy()
    write(workspace, "top-ups-2026-02.csv", [row | {"at": "2026-01-30T09:00:00Z"} for row in counted])
    workspace.on("nightly", NIGHT)
    check("the same top-up once more is passed over", workspace.rows(MONEY.format("''")) == gold.rows(MONEY.format("''")) != [])


def set_aside(seed):
    """What cannot be debited, beside others that are debited as if nothing were."""
    gold = seed.copy().on("nightly", NIGHT)
    wallets = rows_of(seed, "wallets.csv")
    foreign = [row | ({"currency": "USD"} if row["wallet_id"] == "W-03-a" else {}) for row in wallets]
    orphan = [*wallets, wallets[0] | {"wallet_id": "W-99", "account_id": "A-99"}]
    without = [row for row in wallets if row["wallet_id"] != "W-11"]
    for name, rows, account, code in (("a wallet without account", orphan, "A-99", "BW-X105"), ("a wallet in another currency", foreign, "A-03", "BW-X121"),
                                      ("an account without wallets", without, "A-11", "BW-X125")):
        workspace = seed.copy()
        write(workspace, "wallets.csv", rows)
        ended = workspace.bill("run", *RUN)
        check(f"{name}: exit 5", ended.exit == 5, ended)
        told = workspace.rows(f"SELECT DISTINCT account_id, code FROM book.exception WHERE code = '{code}' AND (account_id = '{account}' OR message LIKE '%{account}%')")
        check(f"{name}: {code} says so", told, workspace.rows("SELECT DISTINCT account_id, code, message FROM book.exception"))
        for what, query in (("debited", MONEY), ("short", SHORT)):
            ours, theirs = (it.rows(query.format(f"'{account}'")) for it in (workspace, gold))
            check(f"{name}: all others are {what} as they would have been", ours == theirs != [], f"{len(ours)} and {len(theirs)} rows, {sorted({*ours} ^ {*theirs}, key=str)[:2]}")
        moved = workspace.rows(f"FROM book.wallet_transaction WHERE account_id = '{account}' AND run_id = 'nightly@{NIGHT}'")
        check(f"{name}: nothing of it is moved", not moved, moved[:2])
        add_up(name, workspace)


if __name__ == "__main__":
    seed = Workspace(PURSE).on("nightly", "2026-01-30")
    plans(seed)
    top_ups(seed)
    set_aside(seed)
    done()
