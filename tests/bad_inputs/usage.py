"""USE: rows of usage."""
import random

from attempt import AS_OF, Try
from proof import Workspace
from rows import add, literal

FILE = "in/usage.csv"
HEADER = "usage_id,service_id,quantity,meter"
CALLS = """\
  - code: calls
    description: Calls
    usage: { meter: minutes, through: period_end }
    price: { per_unit: "0.10" }
"""


def with_usage(workspace, _=None):
    """The workspace with a usage charge, a service of it in good order, and one day of its usage."""
    plans = workspace.folder / "definitions/plans.yaml"
    plans.write_text(plans.read_text() + CALLS)
    workspace.edit("definitions/monthly.yaml", "filters: all", "filters: all\ncharges: [recurring, usage]")
    settings = workspace.folder / "billwright.toml"
    settings.write_text(settings.read_text() + f'\n[inputs.usage]\npath = "{FILE}"\nzone = "Europe/Berlin"\n')
    add(workspace, "services", {"service_id": "U-B1", "subscription_id": "C-B1", "charge": "calls", "start_on": "2026-01-01"})
    (workspace.folder / FILE).write_text("usage_id,service_id,used_at,quantity,meter\nE-B1,U-B1,2026-01-15,7,minutes\n")


def a1(workspace):
    """A1, which has a service S1 with usage, and nothing used yet."""
    with_usage(workspace)
    add(workspace, "accounts", {"account_id": "A1", "currency": "EUR", "name": "Ann Ahl", "address": "Hafen 9", "country": "DE"})
    add(workspace, "subscriptions", {"subscription_id": "C-A1", "account_id": "A1", "scheme": "plans"})
    add(workspace, "services", {"service_id": "S1", "subscription_id": "C-A1", "charge": "calls", "start_on": "2026-01-01"})


def row(workspace, text):
    """A row of the catalogue; a remark in brackets is none of it."""
    a1(workspace)
    add(workspace, "usage", {"used_at": "2026-01-20T10:00:00", **literal(text.split(" (")[0], HEADER)})


def used_at(timestamp):
    def put(workspace, _):
        a1(workspace)
        add(workspace, "usage", {"usage_id": "E1", "service_id": "S1", "used_at": timestamp, "quantity": "5"})
    return put


def in_the_future(workspace, text):
    """`E1,S1,2026-12-01`: here the third is the time."""
    workspace.edit("definitions/monthly.yaml", "days: 92", "days: 3660")
    a1(workspace)
    usage_id, service_id, day = text.split(" with ")[0].split(",")
    add(workspace, "usage", {"usage_id": usage_id, "service_id": service_id, "used_at": day, "quantity": "5"})


def ten_thousand(workspace, _):
    with_usage(workspace)
    rows = [f"E{n},U-B1,2026-01-{n % 31 + 1:02}T{n % 24:02}:{n % 60:02}:00,{n % 97}.5,minutes\n" for n in range(10_000)]
    (workspace.folder / FILE).write_text("usage_id,service_id,used_at,quantity,meter\n" + "".join(rows))


SETTLED = [f"book/data/main/{table}" for table in ("invoice", "invoice_line", "invoice_tax", "journal", "watermark")] + ["out"]


def same_whatever_the_order(workspace, _):
    """The command has billed the rows as they were; shuffled they give the same bytes."""
    gold = workspace.content(*SETTLED)
    differing = []
    for seed in range(20):
        fresh = Workspace("tests/bad_inputs/workspace")
        fresh.must("run", "monthly", "--as-of", "2026-01-01", exits=(0,))
        ten_thousand(fresh, "")
        head, *rows = (fresh.folder / FILE).read_text().splitlines(keepends=True)
        random.Random(seed).shuffle(rows)
        (fresh.folder / FILE).write_text(head + "".join(rows))
        fresh.must("run", "monthly", "--as-of", AS_OF, exits=(0,))
        differing += [seed] if fresh.content(*SETTLED) != gold else []
    return f"20 orders of rows, the same bytes; others: {differing}", not differing


CASES = {
    "USE-007": Try(in_the_future, "", ("1",), as_of="2026-07-01"),
    "USE-009": Try(row, f"{FILE}, row 2", ("quantity",), absent=with_usage),
    "USE-012": Try(used_at("2026-10-25T02:30:00"), f"{FILE}, row 2", ("offset",), absent=with_usage),
    "USE-013": Try(used_at("2016-12-31T23:59:60Z"), f"{FILE}, row 2", ("59",), absent=with_usage),
    "USE-014": Try(used_at("1780000000000"), f"{FILE}, row 2", absent=with_usage),
    "USE-017": Try(row, "A1 C-A1 S1", ("minutes",), absent=with_usage),
    "USE-021": Try(ten_thousand, then=same_whatever_the_order),
}
