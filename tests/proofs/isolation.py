"""A parked account changes nothing for the others: same bytes as without its rows in the input (P19)."""
import csv

from proof import Workspace, check, differing, done

# The exception itself, and what counts rows of the input, tell the two apart by design.
SETTLED = ("invoice", "invoice_line", "invoice_party", "invoice_tax", "journal", "watermark", "exclusion")
FOLDERS = [f"book/data/main/{table}" for table in SETTLED] + ["out"]


def without(workspace, account):
    """Takes an account, its subscriptions and their services out of the inputs."""
    gone = {account}
    for file, key, refers in (("accounts", "account_id", "account_id"), ("subscriptions", "contract", "account"),
                              ("services", "service_id", "subscription_id")):
        path = workspace.folder / "data" / f"{file}.csv"
        with path.open(newline="") as source:
            rows = list(csv.DictReader(source))
        kept = [row for row in rows if row[refers] not in gone]
        gone |= {row[key] for row in rows if row[refers] in gone}
        with path.open("w", newline="") as target:
            writer = csv.DictWriter(target, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)


parked, absent = Workspace(), Workspace()
without(absent, "H-06")
ended = parked.bill("run", "monthly", "--as-of", "2026-02-01")
check("with the bad account: exit 5, and it is named", ended.exit == 5, ended)
ended = absent.bill("run", "monthly", "--as-of", "2026-02-01")
check("without it: exit 0", ended.exit == 0, ended)
one, other = parked.content(*FOLDERS), absent.content(*FOLDERS)
check("facts and documents of all others: same bytes", one == other and len(one) > 10, differing(one, other))
for table in ("invoice", "invoice_line", "watermark"):
    column = "service_id LIKE 'S-07' OR service_id = 'S-08'" if table == "watermark" else "account_id = 'H-06'"
    rows = parked.rows(f"SELECT count(*) FROM book.{table} WHERE {column}")[0][0]
    check(f"the parked account has no row in {table}", rows == 0, rows)
exceptions = parked.rows("SELECT DISTINCT account_id, code FROM book.exception")
check("the parked account is the one exception, with its code", exceptions == [("H-06", "BW-V141")], exceptions)

parked.edit("data/services.csv", "two", "2")
ended = parked.bill("run", "monthly", "--as-of", "2026-02-01")
check("mended: exit 0", ended.exit == 0, ended)
mended = Workspace()
mended.edit("data/services.csv", "two", "2")
mended.must("run", "monthly", "--as-of", "2026-02-01")
lines = "SELECT service_id, charge, period_start, period_end, quantity, amount FROM book.invoice_line WHERE account_id = 'H-06' ORDER BY ALL"
check("mended: the lines it would have had in the first place", parked.rows(lines) == mended.rows(lines) != [], parked.rows(lines))
numbers = [row[0] for row in parked.rows("SELECT number FROM book.invoice ORDER BY sequence")]
check("mended: numbers without a gap", numbers == [f"HF-2026-{n + 1:04}" for n in range(len(numbers))], numbers)
done()
