"""Twenty thousand accounts come out as a SQL script has them, again as nothing, and the same however many are billed at once (P4, P14, P15)."""
import json
import subprocess
import sys

from proof import ROOT, Workspace, check, differing, done

ACCOUNTS = 20_000
RUN = ("run", "bench-monthly", "--as-of", "2026-02-01", "--until", "post")
LINES = """(SELECT account_id, service_id, charge, period_start, period_end, quantity, amount FROM {})"""
INVOICES = """(SELECT account_id, net, tax, total FROM {})"""

workspace = Workspace.generated(ACCOUNTS)
ours = json.loads(workspace.must(*RUN, "--output", "json", exits=(0,)).stdout)
rival = subprocess.run([sys.executable, ROOT / "bench" / "rival.py", workspace.folder, workspace.folder / "rival"], capture_output=True, text=True, check=True)
theirs = json.loads(rival.stdout)
check("there is something to agree on", theirs["lines"] > ACCOUNTS and theirs["invoices"] > ACCOUNTS / 2)
for figure in ("lines", "invoices", "net", "tax", "total"):
    check(f"{figure}: {theirs[figure]}", str(ours[figure]) == str(theirs[figure]), ours[figure])
for what, columns, table in (("line", LINES, "invoice_line"), ("invoice", INVOICES, "invoice")):
    book, script = columns.format(f"book.{table}"), columns.format(f"'rival/{what}s.parquet'")
    wrong = workspace.rows(f"FROM ({book} EXCEPT ALL {script}) UNION ALL FROM ({script} EXCEPT ALL {book})")
    check(f"each {what} is in both", not wrong, f"{len(wrong)} rows, first {wrong[:2]}")

before = workspace.content("book")
again = workspace.bill(*RUN)
after = workspace.content("book")
check("the same run again: exit 0", again.exit == 0, again)
check("the same run again: same content", after == before, differing(after, before))

facts = workspace.content("book/data/main")
check("there are facts to compare", len(facts) >= 6)
for at_once in (700, ACCOUNTS):
    other = Workspace.generated(ACCOUNTS, at_once)
    other.must(*RUN, exits=(0,))
    content = other.content("book/data/main")
    check(f"{at_once} accounts at once: same facts", content == facts, differing(content, facts))
done()
