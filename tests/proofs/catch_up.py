"""Months that were missed and billed late give the lines they would have given on time (P11)."""
from proof import PURSE, Workspace, check, done

LINES = """SELECT service_id, charge, period_start, period_end, quantity, unit_price, days, period_days, amount, line_id
           FROM book.invoice_line ORDER BY ALL"""
MONTHS = ("2026-02-01", "2026-03-01", "2026-04-01")

late = Workspace()
late.must("run", "monthly", "--as-of", MONTHS[-1], now=f"{MONTHS[-1]}T06:00:00Z")
on_time = Workspace()
for month in MONTHS:
    on_time.must("run", "monthly", "--as-of", month, now=f"{month}T06:00:00Z")
check("the lines of three months at once are those of three runs", late.rows(LINES) == on_time.rows(LINES) != [],
      f"{len(late.rows(LINES))} and {len(on_time.rows(LINES))} lines")

nightly = Workspace()
for day in range(1, 32):
    nightly.must("run", "monthly", "--as-of", f"2026-03-{day:02}", now=f"2026-03-{day:02}T06:00:00Z")
month_end = Workspace()
month_end.must("run", "monthly", "--as-of", "2026-03-31", now="2026-03-31T06:00:00Z")
check("a run every night of March bills what one run at its end bills", nightly.rows(LINES) == month_end.rows(LINES) != [])

for name, workspace in (("late", late), ("on time", on_time), ("nightly", nightly)):
    twice = workspace.rows("""SELECT one.line_id, other.line_id FROM book.invoice_line one JOIN book.invoice_line other USING (service_id, charge)
        WHERE one.line_id < other.line_id AND one.period_start < other.period_end AND other.period_start < one.period_end""")
    check(f"{name}: no day of a service is billed twice", not twice, twice[:3])
    holes = workspace.rows("""SELECT service_id FROM book.invoice_line GROUP BY service_id, charge
        HAVING sum(period_end - period_start) <> max(period_end) - min(period_start)""")
    check(f"{name}: no day between first and last is left out", not holes, holes[:3])

COSTS = "SELECT service_id, charge, sum(amount) FROM book.invoice_line GROUP BY ALL ORDER BY ALL"
NIGHTS = ("2026-01-29", "2026-01-30", "2026-01-31", "2026-02-01")


def rich():
    """Prepaid accounts of which each has enough, whenever it is debited."""
    workspace = Workspace(PURSE)
    wallets = workspace.folder / "data/wallets.csv"
    head, *rows = (row.split(",") for row in wallets.read_text().splitlines())
    for row in rows:
        row[head.index("opening_balance")] = "500.00"
    wallets.write_text("".join(",".join(row) + "\n" for row in (head, *rows)))
    return workspace


night_by_night, late = rich().on("nightly", *NIGHTS), rich().on("nightly", NIGHTS[-1])
check("prepaid nights that were missed cost what they would have cost in time", late.rows(COSTS) == night_by_night.rows(COSTS) != [],
      f"{late.rows(COSTS)} and {night_by_night.rows(COSTS)}")
short = night_by_night.rows("FROM book.wallet_shortfall")
check("and are paid", not short, short[:3])
done()
