"""Rows put first into the inputs of a workspace, so that a bad one is row 2 as the catalogue says."""
import csv
import io

from attempt import COLUMNS


def add(workspace, table, *rows):
    """Puts rows, maps from column to value, before all others; a column the table lacks becomes its last."""
    path = workspace.folder / "in" / f"{table}.csv"
    with path.open(newline="") as source:
        reader = csv.DictReader(source)
        header, others = list(reader.fieldnames), list(reader)
    header += [column for row in rows for column in row if column not in header]
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, dict.fromkeys(header), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, *others])


def account(workspace, *rows):
    """Accounts, each with a subscription and a basic plan of its own; fields that are not given are in good order."""
    good = {"currency": "EUR", "name": "Ann Ahl", "emails": "ann@example.com", "address": "Hafen 9", "country": "DE"}
    add(workspace, "accounts", *({"account_id": "A1", **good, **row} for row in rows))
    ids = list(dict.fromkeys(row.get("account_id", "A1") for row in rows))
    names = ["A1" if len(ids) == 1 else f"A1-{n + 1}" for n in range(len(ids))]
    add(workspace, "subscriptions", *({"subscription_id": f"C-{name}", "account_id": one, "scheme": "plans"} for name, one in zip(names, ids)))
    add(workspace, "services", *({"service_id": f"S-{name}", "subscription_id": f"C-{name}", "charge": "basic", "start_on": "2026-02-01"}
                                 for name in names))


def service(workspace, *rows):
    """Services of accounts in good order: `account_id` names one, A1 where it is left out."""
    known = {"A1", *(row["account_id"] for row in rows if row.get("account_id", "ZZ") != "ZZ")}
    good = {"currency": "EUR", "name": "Ann Ahl", "emails": "ann@example.com", "address": "Hafen 9", "country": "DE"}
    add(workspace, "accounts", *({"account_id": one, **good} for one in sorted(known)))
    add(workspace, "subscriptions", *({"subscription_id": f"C-{one}", "account_id": one, "scheme": "plans"} for one in sorted(known)))
    add(workspace, "services", *({"service_id": "S1", "charge": "seat", "quantity": "1", "unit_price": "1", "start_on": "2026-02-01",
                                  "subscription_id": f"C-{row.get('account_id', 'A1')}", **without(row, "account_id")} for row in rows))


def without(row, *columns):
    return {column: value for column, value in row.items() if column not in columns}


def literal(text, header):
    """A row of the catalogue by its header, or `column=value, column=value`, in our columns."""
    if "=" in text.split(",")[0]:
        pairs = (part.split("=", 1) for part in text.split(", "))
    else:
        pairs = zip(header.split(","), next(csv.reader(io.StringIO(text))))
    return {COLUMNS.get(column, column): value for column, value in pairs if value or column == "account_id"}
