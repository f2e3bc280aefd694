"""Twenty thousand accounts, and as many wallets, come out as a SQL script has them, again as nothing, and the same however many are billed at once (P4, P14, P15)."""
import json
import subprocess
import sys

from proof import ROOT, Workspace, check, differing, done

ACCOUNTS = 20_000
RUN = ("run", "bench-monthly", "--as-of", "2026-02-01", "--until", "post")
NIGHTLY = ("run", "bench-prepaid", "--as-of", "2026-01-15")
LINES = """(SELECT account_id, service_id, charge, period_start, period_end, quantity, amount FROM {})"""
INVOICES = """(SELECT account_id, net, tax, total FROM {})"""
# What the script calls after what it is, and the book after what it is about; it says "up to and including" where the book says "up to".
DEBITS = "(SELECT wallet_id, service_id, charge, {} AS period_start, {} AS period_end, amount, balance_after FROM {})"
SKIPPED = "(SELECT service_id, charge, {} AS period_start, {} AS period_end, amount, {} AS missing FROM {})"
BALANCES = "(SELECT wallet_id, {} AS balance FROM {})"


def agree(workspace, ours, script, figures):
    """The sums that both print; the script leaves its tables in `rival`."""
    rival = subprocess.run([sys.executable, ROOT / "bench" / script, workspace.folder, workspace.folder / "rival"], capture_output=True, text=True, check=True)
    theirs = json.loads(rival.stdout)
    for figure in figures:
        check(f"{figure}: {theirs[figure]}", str(ours[figure]) == str(theirs[figure]), ours[figure])
    return theirs


def same_rows(workspace, what, book, script):
    wrong = workspace.rows(f"FROM ({book} EXCEPT ALL {script}) UNION ALL FROM ({script} EXCEPT ALL {book})")
    check(f"each {what} is in both", not wrong, f"{len(wrong)} rows, first {wrong[:2]}")


def however(workspace, run, generated):
    """Again, and with other numbers of accounts at once."""
    before = workspace.content("book")
    again = workspace.bill(*run)
    after = workspace.content("book")
    check("the same run again: exit 0", again.exit == 0, again)
    check("the same run again: same content", after == before, differing(after, before))
    facts = workspace.content("book/data/main")
    check("there are facts to compare", len(facts) >= 4)
    for at_once in (700, ACCOUNTS):
        other = generated(ACCOUNTS, at_once)
        other.must(*run, exits=(0,))
        content = other.content("book/data/main")
        check(f"{at_once} accounts at once: same facts", content == facts, differing(content, facts))


def bills():
    workspace = Workspace.generated(ACCOUNTS)
    ours = json.loads(workspace.must(*RUN, "--output", "json", exits=(0,)).stdout)
    theirs = agree(workspace, ours, "rival.py", ("lines", "invoices", "net", "tax", "total"))
    check("there is something to agree on", theirs["lines"] > ACCOUNTS and theirs["invoices"] > ACCOUNTS / 2)
    for what, columns, table in (("line", LINES, "invoice_line"), ("invoice", INVOICES, "invoice")):
        same_rows(workspace, what, columns.format(f"book.{table}"), columns.format(f"'rival/{what}s.parquet'"))
    however(workspace, RUN, Workspace.generated)


def wallets():
    workspace = Workspace.of_wallets(ACCOUNTS)
    ours = json.loads(workspace.must(*NIGHTLY, "--output", "json", exits=(0,)).stdout)
    theirs = agree(workspace, ours, "prepaid_rival.py", ("transactions", "debited", "shortfalls", "closing_balance"))
    check("there are debits and shortfalls to agree on", theirs["transactions"] > ACCOUNTS and theirs["shortfalls"] > ACCOUNTS / 50)
    # Of usage the script writes down as_of, up to which it counts.
    day = "to_day + CASE charge WHEN 'access' THEN 1 ELSE 0 END"
    same_rows(workspace, "debit", DEBITS.format("period_start", "period_end", "book.wallet_transaction WHERE kind = 'debit'"),
              DEBITS.format("from_day", day, "'rival/wallet_transactions.parquet'"))
    same_rows(workspace, "shortfall", SKIPPED.format("period_start", "period_end", "missing", "book.wallet_shortfall"),
              SKIPPED.format("from_day", day, "amount - balance", "'rival/skipped.parquet'"))
    same_rows(workspace, "balance", BALANCES.format("closing", "book.wallet_state"), BALANCES.format("balance", "'rival/wallet_balances.parquet'"))
    however(workspace, NIGHTLY, Workspace.of_wallets)


bills()
wallets()
done()
