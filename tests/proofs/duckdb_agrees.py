"""DuckDB reads the book as it lies there and agrees on every sum; an earlier version shows the book of before (P3, P8, P23)."""
from proof import Workspace, check, done

SUMS = {
    "lines of an invoice add up to its net": """
        SELECT invoice_id, net, sum(amount) FROM book.invoice LEFT JOIN book.invoice_line USING (invoice_id) GROUP BY ALL
        HAVING net IS DISTINCT FROM sum(amount)""",
    "taxes of an invoice add up to its tax": """
        SELECT invoice_id, i.tax, sum(t.tax) FROM book.invoice i LEFT JOIN book.invoice_tax t USING (invoice_id) GROUP BY ALL
        HAVING i.tax <> coalesce(sum(t.tax), 0)""",
    "bases of the taxes add up to the net": """
        SELECT invoice_id, net, sum(base) FROM book.invoice JOIN book.invoice_tax USING (invoice_id) GROUP BY ALL HAVING net <> sum(base)""",
    "net and tax are the total": "SELECT * FROM book.invoice WHERE net + tax <> total",
    "the total less what was applied is the amount due": """
        SELECT * FROM book.invoice WHERE total - coalesce(applied, 0) <> amount_due""",
    "the prior balance is what the first invoice found and what was posted before the run": """
        SELECT later.invoice_id FROM book.invoice later JOIN book.invoice first USING (account_id)
        JOIN (SELECT account_id, min(sequence) FROM book.invoice GROUP BY ALL) AS one(account_id, least) ON first.account_id = one.account_id AND first.sequence = least
        WHERE later.prior_balance <> first.prior_balance + coalesce((SELECT sum(amount_due) FROM book.invoice other
            WHERE other.account_id = later.account_id AND other.invoice_date < later.invoice_date), 0)""",
    "debits of an entry are its credits": """
        SELECT entry_id FROM book.journal GROUP BY entry_id, currency HAVING sum(debit) <> sum(credit)""",
    "the receivable of an entry is what is due by its invoice": """
        SELECT invoice_id FROM book.invoice LEFT JOIN book.journal USING (invoice_id) GROUP BY invoice_id, amount_due
        HAVING coalesce(sum(debit) FILTER (ledger_account = 'assets:receivable'), 0) IS DISTINCT FROM amount_due""",
    "what is applied to invoices is what is used of credits": """
        SELECT invoice_id FROM book.invoice LEFT JOIN (FROM book.allocation WHERE source = 'balance_credit') a USING (invoice_id) GROUP BY invoice_id, applied
        HAVING applied <> coalesce(sum(a.amount), 0)""",
    "every posted line has its invoice, and each invoice its party": """
        SELECT invoice_id FROM book.invoice_line ANTI JOIN book.invoice USING (invoice_id)
        UNION ALL SELECT invoice_id FROM book.invoice ANTI JOIN book.invoice_party USING (invoice_id)""",
    "numbers of a series run 1, 2, 3 in the order of the invoice dates": """
        SELECT * FROM (SELECT series, year(invoice_date) AS in_year, sequence, row_number() OVER (PARTITION BY series, year(invoice_date)
        ORDER BY invoice_date, run_id, account_id) AS place FROM book.invoice) WHERE sequence <> place""",
    "no number is there twice": "SELECT number FROM book.invoice GROUP BY number HAVING count(*) > 1",
    "every line is claimed by its run": """
        SELECT line_id FROM book.invoice_line l WHERE NOT EXISTS (SELECT 1 FROM book.watermark w WHERE w.service_id = l.service_id
        AND w.charge = l.charge AND w.run_id = l.run_id AND w.billed_from <= l.period_start AND w.billed_through >= l.period_end)""",
    "a line is its price times quantity times share, rounded to the cent": """
        SELECT line_id, amount FROM book.invoice_line
        WHERE abs(amount - unit_price * CASE model WHEN 'flat' THEN 1 ELSE quantity END
            * CASE proration WHEN 'none' THEN 1 ELSE days / period_days END) > 0.005000001""",
}
BOOK = "SELECT (SELECT count(*) FROM book.invoice {at}), (SELECT sum(amount) FROM book.invoice_line {at}), (SELECT count(*) FROM book.watermark {at})"

for source, run, months in (("tests/workspaces/dozen", "monthly", ("2026-02-01", "2026-03-01", "2026-04-01")),
                            (".", "telco-monthly", ("2026-02-01", "2026-03-01"))):
    workspace, seen = Workspace(source), {}
    for month in months:
        workspace.must("run", run, "--as-of", month, now=f"{month}T06:00:00Z")
        version = workspace.rows("SELECT max(snapshot_id) FROM ducklake_snapshots('book')")[0][0]
        seen[month] = version, workspace.rows(BOOK.format(at=""))
    check(f"{run}: there is something in the book, more each month",
          len({str(rows) for _, rows in seen.values()}) == len(months) and seen[months[0]][1][0][0] > 5)
    for what, query in SUMS.items():
        wrong = workspace.rows(query)
        check(f"{run}: {what}", not wrong, f"{len(wrong)} rows, first {wrong[:2]}")
    for month, (version, rows) in seen.items():
        before = workspace.rows(BOOK.format(at=f"AT (VERSION => {version})"))
        check(f"{run}: version {version} shows the book after {month}", before == rows, f"{before} and {rows}")
done()
