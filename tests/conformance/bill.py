"""What the cases about taxes are asked of: a run that bills an order, its lines and taxes read from the book as anyone can read it."""
import json
from decimal import Decimal

import duckdb

from ask import to_bill, write_inputs

SCHEME = {"kind": "scheme", "name": "s", "frequencies": ["monthly"], "charges": [{"code": "c", "one_time": {}, "price": {"flat": "1"}}]}
RUN = {"kind": "bill_run", "name": "r", "criteria": {"schemes": ["s"]}, "filters": "all", "invoices": {"series": "default", "credit_series": "credits"},
       "render": {"formats": []}, "checks": {"new_accounts": "off"}}


class Invoice:
    """The figures of a document: its lines in the order of the order, what is taken off each, its tax where it has one, (category, percent,
    base, tax) of each category, why nothing is taxed, the sums, and what of each credit is used."""

    def __init__(self, lines, taxes, sums, used, applied):
        own = [line for line in lines if line[1] is None]
        of = {line: [other for other in lines if line in other[:2]] for line, *_ in own}
        self.lines, self.used, self.applied = [amount for _, _, amount, _ in own], used, applied
        self.taxes, self.reasons = [tuple(tax) for *tax, _ in taxes], {reason for *_, reason in taxes}
        self.off = [-sum(amount for _, target, amount, _ in of[line] if target) for line, *_ in own]
        self.line_taxes = [sum(tax or 0 for *_, tax in of[line]) for line, *_ in own]
        self.net, self.tax, self.total = (Decimal(sums[name]) for name in ("net", "tax", "total"))


def bill(lines, rates, currency="EUR", by="document", discounts=(), credits=(), tax_rounding="half_up", **account):
    """Bills lines of (quantity, unit price, tax category) of one order to one account; `rates` as in a tax, `discounts` and `credits` as rows
    of theirs. The nth line has the charge `O:n`."""
    rows = {
        "accounts": [{"account_id": "A", "currency": currency, "name": "A", **account}],
        # An export without a service would be taken for a broken one: this one begins later.
        "subscriptions": [{"subscription_id": "S", "account_id": "A", "scheme": "s", "start_on": "2030-01-01"}],
        "services": [{"service_id": "S", "subscription_id": "S", "charge": "c"}],
        "orders": [{"order_id": "O", "account_id": "A", "status": "fulfilled", "fulfilled_on": "2026-01-10"}],
        "order_lines": [{"order_id": "O", "line": at, "description": "x", "quantity": quantity, "unit_price": price, "tax": category}
                        for at, (quantity, price, category) in enumerate(lines, 1)],
        "discounts": [{"discount_id": f"D{at}", "account_id": "A", **row} for at, row in enumerate(discounts, 1)],
        "credits": [{"credit_id": f"C{at}", "account_id": "A", "kind": "price", **row} for at, row in enumerate(credits, 1)],
    }
    workspace = to_bill(({**SCHEME, "currency": currency}, RUN, {"kind": "tax", "name": "tax", "rounding": tax_rounding, "rates": rates}), rows, currency=currency, tax_rounding=by)
    write_inputs(workspace, rows)
    sums = json.loads(workspace.must("run", "r", "--as-of", "2026-02-01", "--output", "json", exits=(0,)).stdout)
    read = lambda table, columns, order: duckdb.sql(f"SELECT {columns} FROM '{workspace.folder}/book/data/main/{table}/*.parquet' ORDER BY {order}").fetchall()
    parts = read("invoice_tax", "category, rate, base, tax, treatment", "category") if (workspace.folder / "book/data/main/invoice_tax").exists() else []
    used = read("allocation", "source_id, amount", "source_id") if (workspace.folder / "book/data/main/allocation").exists() else []
    applied = Decimal(0)
    if credits:
        workspace.must("continue", "r", "--until", "post", exits=(0,))
        (applied,), = read("invoice", "applied", "number")
    return Invoice(read("invoice_line", "line_id, reduces, amount, tax", "length(line_id), line_id"), parts, sums, dict(used), applied)
