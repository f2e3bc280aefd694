"""What the cases about taxes are asked of: a run that bills an order, its lines and taxes read from the book as anyone can read it."""
import csv
import json
from decimal import Decimal

import duckdb
import yaml

from ask import Workspace

SETTINGS = """\
timezone = "UTC"
currency = "{currency}"
rounding = "{rounding}"
tax_rounding = "{by}"
[seller]
name = "Conformance"
[defaults]
tax = "tax"
[series.default]
pattern = "{{seq}}"
[series.credits]
pattern = "C{{seq}}"
[inputs.accounts]
path = "accounts.csv"
[inputs.subscriptions]
path = "subscriptions.csv"
[inputs.services]
path = "services.csv"
[inputs.orders]
path = "orders.csv"
[inputs.order_lines]
path = "order_lines.csv"
"""
SCHEME = {"kind": "scheme", "name": "s", "frequencies": ["monthly"], "charges": [{"code": "c", "one_time": {}, "price": {"flat": "1"}}]}
RUN = {"kind": "bill_run", "name": "r", "criteria": {"schemes": ["s"]}, "filters": "all", "invoices": {"series": "default", "credit_series": "credits"},
       "render": {"formats": []}, "checks": {"new_accounts": "off"}}
TABLES = {"accounts": ["account_id", "currency", "name", "tax_exempt", "country", "region"], "subscriptions": ["subscription_id", "account_id", "scheme", "start_on"],
          "services": ["service_id", "subscription_id", "charge"], "orders": ["order_id", "account_id", "status", "fulfilled_on"],
          "order_lines": ["order_id", "line", "description", "quantity", "unit_price", "tax"]}


class Invoice:
    """The figures of a document: its lines in the order of the order, (percent, base, tax) of each category, and the sums."""

    def __init__(self, lines, taxes, sums):
        self.lines, self.taxes = lines, taxes
        self.net, self.tax, self.total = (Decimal(sums[name]) for name in ("net", "tax", "total"))


def bill(lines, rates, currency="EUR", by="document", rounding="half_up", **account):
    """Bills lines of (quantity, unit price, tax category) of one order to one account; `rates` as in a tax."""
    workspace = Workspace.empty()
    (workspace.folder / "definitions").mkdir()
    (workspace.folder / "templates").mkdir()
    (workspace.folder / "billwright.toml").write_text(SETTINGS.format(currency=currency, rounding=rounding, by=by))
    for definition in ({**SCHEME, "currency": currency}, RUN, {"kind": "tax", "name": "tax", "rates": rates}):
        (workspace.folder / f"definitions/{definition['kind']}.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
    # An export without a service would be taken for a broken one: this one begins later.
    rows = {"subscriptions": [{"subscription_id": "S", "account_id": "A", "scheme": "s", "start_on": "2030-01-01"}], "services": [{"service_id": "S", "subscription_id": "S", "charge": "c"}],
            "accounts": [{"account_id": "A", "currency": currency, "name": "A", **account}], "orders": [{"order_id": "O", "account_id": "A", "status": "fulfilled", "fulfilled_on": "2026-01-10"}],
            "order_lines": [{"order_id": "O", "line": at, "description": "x", "quantity": quantity, "unit_price": price, "tax": category} for at, (quantity, price, category) in enumerate(lines, 1)]}
    for table, columns in TABLES.items():
        with open(workspace.folder / f"{table}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows.get(table, []))
    sums = json.loads(workspace.must("run", "r", "--as-of", "2026-02-01", "--output", "json", exits=(0,)).stdout)
    read = lambda table, columns, order: duckdb.sql(f"SELECT {columns} FROM '{workspace.folder}/book/data/main/{table}/*.parquet' ORDER BY {order}").fetchall()
    parts = read("invoice_tax", "category, rate, base, tax", "category") if (workspace.folder / "book/data/main/invoice_tax").exists() else []
    return Invoice([line for line, in read("invoice_line", "amount", "length(line_id), line_id")], parts, sums)
