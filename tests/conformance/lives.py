"""What the cases over several runs are asked of: services with their starts and ends, billed by one run after the other."""
from datetime import date
from decimal import Decimal

import duckdb

from ask import to_bill, write_inputs
from conventions import KILLBILL

TAX = {"kind": "tax", "name": "tax", "rates": [{"category": "standard", "percent": "0"}]}
CHECKS = {name: "info" for name in ("new_accounts", "stale_dates", "uncovered", "vanished", "changed_without_date")}


class Life:
    """One service: its charge, how it is billed, from when, and until when, which is known from a day on."""

    def __init__(self, price, start, frequency="monthly", bill_day=None, end=None, known=None, timing="advance", proration="daily", quantity="1", anchor="bill_day", subscribed=None):
        credited = timing == "advance" and proration != "none"
        kind = {"one_time": {}} if timing == "once" else {"recurring": {"timing": timing, "proration": proration, "cancel": "credit_unused" if credited else "none"}}
        self.charge = {**kind, "price": price if isinstance(price, list) else {"per_unit": price}}
        self.start, self.subscribed = start, subscribed or start
        self.end, self.known = end, known or date.min
        self.frequency, self.bill_day, self.quantity, self.anchor = frequency, bill_day, quantity, anchor


def by_months(start, phases):
    """Price versions for phases of (first month, month after the last, price), counted from a start; beyond the last it costs nothing."""
    prices = []
    for first, end, price in sorted(phases):
        if first and not prices:
            prices.append({"per_unit": "0"})
        prices.append({**({"valid_from": months_after(start, first)} if first else {}), "per_unit": price})
        if end is not None:
            prices.append({"valid_from": months_after(start, end), "per_unit": "0"})
    return [price for price, after in zip(prices, [*prices[1:], {}]) if price.get("valid_from") != after.get("valid_from", "")]


def months_after(day, months):
    month = day.year * 12 + day.month - 1 + months
    return date(month // 12, month % 12 + 1, day.day)


def billed(lives, runs):
    """The lines of each run: (first day, day after the last, amount), sorted."""
    names = [f"s{at}" for at in range(len(lives))]
    run = {"kind": "bill_run", "name": "r", "window": {"from": "earliest", "to": "as_of", "stale": "bill", "max_behind": {"days": 3000}}, "criteria": {"schemes": names}, "filters": "all",
           "invoices": {"series": "default", "credit_series": "credits"}, "render": {"formats": []}, "checks": CHECKS}
    schemes = [{"kind": "scheme", "name": name, "currency": "USD", "frequencies": [life.frequency], "anchor": life.anchor, "first_period": KILLBILL.first_period,
                "charges": [{"code": "c", **life.charge}]} for name, life in zip(names, lives)]
    workspace = to_bill((run, TAX, *schemes), ("accounts", "subscriptions", "services"), currency="USD")
    for as_of in runs:
        pairs = list(zip(names, lives))
        write_inputs(workspace, {
            "accounts": [{"account_id": name, "currency": "USD", "name": name, "bill_day": life.bill_day} for name, life in pairs],
            "subscriptions": [{"subscription_id": name, "account_id": name, "scheme": name, "frequency": life.frequency, "start_on": life.subscribed} for name, life in pairs],
            "services": [{"service_id": name, "subscription_id": name, "charge": "c", "quantity": life.quantity, "start_on": life.start,
                          "end_on": life.end if life.end and life.known <= as_of else None} for name, life in pairs],
        })
        workspace.must("run", "r", "--as-of", as_of.isoformat(), exits=(0,), now=f"{as_of}T12:00:00Z")
    if not list((workspace.folder / "book/data/main").glob("invoice_line/*.parquet")):
        return [[] for _ in runs]
    read = duckdb.sql(f"SELECT run_id, period_start, period_end, amount FROM '{workspace.folder}/book/data/main/invoice_line/*.parquet' ORDER BY ALL").fetchall()
    # A second run of one day has a number of its own.
    of = lambda number, as_of: f"r@{as_of}" if runs.index(as_of) == number else f"r@{as_of}.{number - runs.index(as_of) + 1}"
    return [[(start, end, Decimal(amount)) for run_id, start, end, amount in read if run_id == of(number, as_of)] for number, as_of in enumerate(runs)]
