"""DuckDB reads the book as it lies there and agrees on every sum; an earlier version shows the book of before (P3, P8, P9, P23)."""
from proof import PURSE, Workspace, check, done

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
# What is in wallets. Each commit that moves one keeps the state of all, so the latest is the one with the most transactions.
WALLETS = {
    "each state of a wallet adds up": """
        SELECT * FROM book.wallet_state WHERE opening + topped_up + refunded - debited - expired <> closing""",
    "the latest state is what a wallet was opened with and its transactions": """
        SELECT wallet_id FROM (SELECT wallet_id, max_by(closing, transactions) AS closing, any_value(opened_with) AS opened, max(transactions) AS last
            FROM book.wallet_state GROUP BY ALL)
        FULL JOIN (SELECT wallet_id, sum(amount) AS moved, count(*) AS many FROM book.wallet_transaction GROUP BY ALL) USING (wallet_id)
        WHERE closing IS DISTINCT FROM opened + coalesce(moved, 0) OR last IS DISTINCT FROM coalesce(many, 0)""",
    "transactions of a wallet run 1, 2, 3, each balance following from the one before": """
        SELECT * FROM (SELECT wallet_id, number, balance_after, amount, row_number() OVER one AS place, lag(balance_after, 1, opened) OVER one AS before
            FROM (SELECT *, split_part(transaction_id, '/', -1)::INTEGER AS number FROM book.wallet_transaction)
            JOIN (SELECT wallet_id, any_value(opened_with) AS opened FROM book.wallet_state GROUP BY ALL) USING (wallet_id)
            WINDOW one AS (PARTITION BY wallet_id ORDER BY number))
        WHERE number <> place OR balance_after <> before + amount""",
    "debits and expiries take, top-ups and refunds give": """
        SELECT * FROM book.wallet_transaction WHERE amount = 0 OR (amount < 0) <> (kind IN ('debit', 'expiry'))""",
    "no wallet goes below its floor, which is nothing where none may be overdrawn": "SELECT * FROM book.wallet_transaction WHERE balance_after < 0",
    "what lines of a run come to is what its debits took": """
        SELECT * FROM (SELECT run_id, service_id, charge, sum(amount) AS cost FROM book.invoice_line GROUP BY ALL)
        FULL JOIN (SELECT run_id, service_id, charge, sum(amount) AS taken FROM book.wallet_transaction WHERE kind = 'debit' GROUP BY ALL)
        USING (run_id, service_id, charge) WHERE coalesce(cost, 0) + coalesce(taken, 0) <> 0""",
    "each debit names a line of its run": """
        SELECT transaction_id FROM book.wallet_transaction t WHERE kind = 'debit'
        AND NOT EXISTS (SELECT 1 FROM book.invoice_line l WHERE l.line_id = t.line_id AND l.run_id = t.run_id AND l.service_id = t.service_id)""",
    "no day of a service is debited twice": """
        SELECT service_id, charge, day FROM (SELECT service_id, charge, effect, unnest(range(billed_from, billed_through, INTERVAL 1 DAY)) AS day FROM book.watermark)
        GROUP BY ALL HAVING sum(CASE effect WHEN 'claimed' THEN 1 ELSE -1 END) NOT IN (0, 1)""",
    "each top-up is counted once, by a transaction of its wallet": """
        SELECT top_up_id FROM (SELECT top_up_id, wallet_id, run_id, amount FROM book.top_up)
        FULL JOIN (SELECT source_id AS top_up_id, wallet_id, run_id, amount AS given FROM book.wallet_transaction WHERE kind = 'top_up')
        USING (top_up_id, wallet_id, run_id) GROUP BY top_up_id HAVING count(*) > 1 OR any_value(amount) IS DISTINCT FROM any_value(given)""",
    "nothing is given back twice, and all of it that was taken": """
        SELECT r.transaction_id FROM book.wallet_transaction r LEFT JOIN book.wallet_transaction t ON t.transaction_id = r.source_id
        WHERE r.kind = 'refund' GROUP BY ALL HAVING count(*) <> 1 OR any_value(r.amount) IS DISTINCT FROM -any_value(t.amount)
        UNION ALL SELECT source_id FROM book.wallet_transaction WHERE kind = 'refund' GROUP BY source_id HAVING count(*) > 1""",
    "a shortfall lacks something, and no more than it costs": """
        SELECT * FROM book.wallet_shortfall WHERE missing <= 0 OR missing > amount""",
}
BOOK = "SELECT (SELECT count(*) FROM book.invoice {at}), (SELECT sum(amount) FROM book.invoice_line {at}), (SELECT count(*) FROM book.watermark {at})"

def found(workspace, queries):
    """What each of them finds, all read through one connection."""
    reader = workspace.book()
    return {what: reader.execute(query).fetchall() for what, query in queries.items()}


def states_of(version):
    """The states that one commit has written."""
    return f"(FROM book.wallet_state AT (VERSION => {version}) EXCEPT ALL FROM book.wallet_state AT (VERSION => {version - 1}))"


def bills():
    for source, run, months in (("tests/workspaces/dozen", "monthly", ("2026-02-01", "2026-03-01", "2026-04-01")),
                                (".", "telco-monthly", ("2026-02-01", "2026-03-01"))):
        workspace, seen = Workspace(source), {}
        for month in months:
            workspace.must("run", run, "--as-of", month, now=f"{month}T06:00:00Z")
            version = workspace.rows("SELECT max(snapshot_id) FROM ducklake_snapshots('book')")[0][0]
            seen[month] = version, workspace.rows(BOOK.format(at=""))
        check(f"{run}: there is something in the book, more each month",
              len({str(rows) for _, rows in seen.values()}) == len(months) and seen[months[0]][1][0][0] > 5)
        for what, wrong in found(workspace, SUMS).items():
            check(f"{run}: {what}", not wrong, f"{len(wrong)} rows, first {wrong[:2]}")
        for month, (version, rows) in seen.items():
            before = workspace.rows(BOOK.format(at=f"AT (VERSION => {version})"))
            check(f"{run}: version {version} shows the book after {month}", before == rows, f"{before} and {rows}")


def wallets():
    """Prepaid nights, one of them taken back and made again; then each serial of the book as it was."""
    workspace = Workspace(PURSE).on("nightly", "2026-01-29", "2026-01-30", "2026-01-31")
    workspace.must("cancel", "nightly@2026-01-31", now="2026-01-31T09:00:00Z", exits=(0,))
    workspace.on("nightly", "2026-01-31", "2026-02-01")
    kinds = {kind for kind, in workspace.rows("SELECT DISTINCT kind FROM book.wallet_transaction")}
    many, = workspace.rows("SELECT count(*) FROM book.wallet_shortfall")[0]
    check("wallets: all that moves them is in the book, and shortfalls", kinds == {"top_up", "debit", "expiry", "refund"} and many, kinds)
    for what, wrong in found(workspace, WALLETS).items():
        check(f"wallets: {what}", not wrong, f"{len(wrong)} rows, first {wrong[:2]}")
    versions = [version for version, in workspace.rows("SELECT snapshot_id FROM ducklake_snapshots('book') WHERE snapshot_id > 1 ORDER BY ALL")]
    moved = [version for version in versions if workspace.rows(f"SELECT 1 FROM {states_of(version)} LIMIT 1")]
    check("wallets: a state of all wallets for each of five commits", len(moved) == 5, f"{moved} of {versions}")
    for version in moved:
        wrong = workspace.rows(f"""SELECT wallet_id FROM {states_of(version)} FULL JOIN
            (SELECT wallet_id, sum(amount) AS moved, count(*) AS many FROM book.wallet_transaction AT (VERSION => {version}) GROUP BY ALL) USING (wallet_id)
            GROUP BY wallet_id HAVING count(*) <> 1 OR any_value(opening + topped_up + refunded - debited - expired) IS DISTINCT FROM any_value(closing)
            OR any_value(closing) IS DISTINCT FROM any_value(opened_with + coalesce(moved, 0)) OR any_value(transactions) IS DISTINCT FROM any_value(coalesce(many, 0))""")
        check(f"wallets, version {version}: each state adds up, and closes on opening and transactions", not wrong, wrong[:3])


if __name__ == "__main__":
    bills()
    wallets()
    done()
