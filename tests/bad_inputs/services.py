"""SVC: rows of services."""
from attempt import Later, Try
from parquet import stored
from rows import add, literal, service

FILE = "in/services.csv"
HEADER = "service_id,account_id,product,start,end,amount"


def rows(workspace, text):
    return service(workspace, *(literal(row, HEADER) for row in several(text)))


def several(text):
    """`S1,A1,basic,0001-01-01, / 9999-12-31` stands for the row once more with another start."""
    first, *others = text.split(" / ")
    fields = first.split(",")
    return [first] + [",".join([f"S{n + 2}", fields[1], fields[2], start, ""]) for n, start in enumerate(others)]


def values(workspace, text):
    """`column=value` of a row in good order; a remark in brackets is none of it."""
    return service(workspace, literal(text.split(" (")[0], HEADER))


def row(**columns):
    return lambda workspace, _: service(workspace, columns)


def nobody(workspace, text):
    add(workspace, "services", {"service_id": "S1", "subscription_id": "C-ZZ", "charge": "basic", "start_on": "2026-01-01"})


def two_owners(workspace, _):
    service(workspace, {"account_id": "A1"}, {"account_id": "A2"})


def with_another(workspace, text):
    """The account has a service in good order too, which is billed."""
    service(workspace, literal(text, HEADER), {"service_id": "S2"})


def another_alone(workspace, _=None):
    service(workspace, {"service_id": "S2"})


def leap_day(workspace, text):
    """`basic-y` is basic by the year, from the day the subscription began."""
    (workspace.folder / "definitions/yearly.yaml").write_text(
        "kind: scheme\nname: yearly\ncurrency: EUR\nfrequencies: [annual]\nanchor: start_date\ncharges:\n"
        '  - { code: basic-y, recurring: { timing: advance, proration: daily }, price: { flat: "120.00" } }\n')
    workspace.edit("definitions/monthly.yaml", "[plans]", "[yearly]")
    workspace.edit("definitions/monthly.yaml", "days: 92", "days: 3660")
    service(workspace, literal(text, HEADER))
    workspace.edit("in/subscriptions.csv", "scheme\nC-A1,A1,plans", "scheme,frequency,start_on\nC-A1,A1,yearly,annual,2024-02-29")
    for other in ("B1", "B2", "B3"):
        workspace.edit("in/subscriptions.csv", f"{other},plans", f"{other},plans,,")


def anniversaries(workspace, _):
    starts = [str(start) for start, in workspace.rows("SELECT period_start FROM book.invoice_line WHERE service_id = 'S1' ORDER BY 1")]
    return "28 February, and the 29th in 2028", starts == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def twice_a_day(workspace, _):
    """basic, from 10 June plus, from the same day basic again."""
    workspace.edit("definitions/monthly.yaml", "days: 92", "days: 3660")
    change = {"unit_price": "", "start_on": "", "effective_on": "2026-06-10"}
    service(workspace, {"charge": "basic", "unit_price": "", "start_on": "2026-06-01"}, {"charge": "plus", **change}, {"charge": "basic", **change})


def no_day_twice(workspace, _):
    lines = workspace.rows("SELECT charge, period_start::VARCHAR, period_end::VARCHAR FROM book.invoice_line WHERE service_id = 'S1' ORDER BY 2")
    days = sum(workspace.rows("SELECT period_end - period_start FROM book.invoice_line WHERE service_id = 'S1' AND period_start < '2026-07-01'"), ())
    return "June is billed once, and as basic", {charge for charge, *_ in lines} == {"basic"} and sum(days) == 30


def float_price(workspace, _):
    stored(workspace, "services", "* REPLACE (0.30000000000000004::DOUBLE AS unit_price)")


CASES = {
    "SVC-001": Try(nobody, f"{FILE}, row 2", ("billed to nobody",)),
    "SVC-002": Try(rows, "A1 C-A1 S1", ("did you mean `basic`",)),
    "SVC-003": Try(two_owners, (f"{FILE}, row 2", f"{FILE}, row 3")),
    "SVC-004": Try(rows, f"{FILE}, row 2, start_on", ("no such day",)),
    "SVC-005": Try(rows, f"{FILE}, row 2, end_on", ("first day no longer billed",)),
    "SVC-007": Try(leap_day, then=anniversaries, as_of="2028-03-01"),
    "SVC-008": Try(rows, f"{FILE}, row 2, start_on", ("YYYY-MM-DD",)),
    "SVC-009": Try(rows, f"{FILE}, row 2, start_on", ("YYYY-MM-DD",)),
    "SVC-010": Try(rows, f"{FILE}, row 2, start_on", ("YYYY-MM-DD",)),
    "SVC-011": Try(rows, f"{FILE}, row 2, start_on", ("1970", "2199")),
    "SVC-012": Try(values, f"{FILE}, row 2, quantity", ("credit",)),
    "SVC-016": Try(values, f"{FILE}, row 2, quantity", ("1000",)),
    "SVC-017": Try(row(unit_price="1.0051234567"), f"{FILE}, row 2, unit_price", ("10 decimals", "9", "nothing is rounded on reading"),
                   because="a price of ours has nine decimals"),
    "SVC-018": Try(row(unit_price=" 12.50 "), f"{FILE}, row 2, unit_price", ("blanks",)),
    "SVC-019": Try(values, f"{FILE}, row 2, quantity", ("digits",)),
    "SVC-021": Later("exclusive groups of services are not built yet"),
    "SVC-022": Try(with_another, "A1 C-A1 S1", ("max_behind", "2006-01-01"), absent=another_alone),
    "SVC-024": Later("wallets: prepaid runs are not built yet"),
    "SVC-025": Later("wallets: prepaid runs are not built yet"),
    "SVC-026": Try(values, "A1 C-A1 S1", ("large",)),
    "SVC-028": Try(float_price, ("in/services.parquet", "unit_price"), ("binary float",)),
    "SVC-027": Try(twice_a_day, then=no_day_twice, as_of="2026-07-01"),
}
