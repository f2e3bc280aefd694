"""hledger finds the exported journal balanced and complete, and its sums are those of the invoices (P8)."""
import csv
import io
import subprocess
from decimal import Decimal

from proof import Workspace, check, done


def hledger(journal, *words):
    return subprocess.run(["hledger", "-f", "-", *words], input=journal, capture_output=True, text=True)


for source, run in (("tests/workspaces/dozen", "monthly"), (".", "telco-monthly")):
    workspace = Workspace(source)
    workspace.must("run", run, "--as-of", "2026-02-01")
    journal = workspace.must("export", "hledger", exits=(0,)).stdout
    strict = hledger(journal, "check", "-s")
    check(f"{run}: hledger check -s", strict.returncode == 0, strict.stderr[:600])
    codes = sorted(hledger(journal, "codes").stdout.split())
    numbers = sorted(number for number, in workspace.rows("SELECT number FROM book.invoice"))
    check(f"{run}: an entry for each of {len(numbers)} invoices, under its number", codes == numbers != [], codes[:3])
    total, = workspace.rows("SELECT sum(total) FROM book.invoice")[0]
    rows = list(csv.reader(io.StringIO(hledger(journal, "balance", "assets:receivable", "-O", "csv", "-N").stdout)))
    balance = sum(Decimal("".join(c for c in row[1] if c in "-.0123456789")) for row in rows[1:])
    check(f"{run}: what is receivable is the sum of the invoices, {total}", balance == total, rows[:3])
done()
