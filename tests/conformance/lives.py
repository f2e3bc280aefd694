"""What the cases over several runs are asked of: services with what becomes of them, billed by one run after the other."""
import json
from datetime import date, datetime, time, timezone
from decimal import Decimal

import duckdb

from ask import to_bill, write_inputs
from conventions import KILLBILL

CHECKS = {name: "info" for name in ("new_accounts", "stale_dates", "uncovered", "vanished", "changed_without_date", "bill_date_changed", "usage_complete")}


class Life:
    """One service: its charge, how it is billed, from when and until when, and what an export tells of it later than of the rest.

    `since` is when the service is first told of, `known` when its end is, `moved` when another bill day is, and which; `held` when a hold is, and until when it holds."""

    def __init__(self, price, start, frequency="monthly", bill_day=None, end=None, known=None, timing="advance", proration="daily", quantity="1", anchor="bill_day", subscribed=None,
                 quantities=(), since=None, moved=None, held=None):
        credited = timing == "advance" and proration != "none"
        kind = {"one_time": {}} if timing == "once" else {"recurring": {"timing": timing, "proration": proration, "cancel": "credit_unused" if credited else "none"}}
        self.charge = {**kind, "price": price if isinstance(price, list) else {"per_unit": price}}
        self.start, self.subscribed = start, subscribed or start
        self.end, self.known = end, known
        self.frequency, self.bill_day, self.anchor = frequency, bill_day, anchor
        self.quantities, self.since, self.moved, self.held, self.used = ((None, quantity), *quantities), since, moved, held, ()

    @classmethod
    def charged(cls, charge, start, used=(), **more):
        """A service by its whole charge, and what was used of it: (when, quantity), of which unit where there are several, and since when it is told of where that is later."""
        life = cls(None, start, **more)
        life.charge, life.used = charge, used
        return life

    def rows(self, name, now):
        """What an export says of it at a time, by table."""
        told = lambda since: since is None or moment(since) <= now
        if not told(self.since):
            return {}
        service = {"service_id": name, "subscription_id": name, "charge": "c", "start_on": self.start, "end_on": self.end if self.end and told(self.known) else None,
                   "hold_until": self.held[1] if self.held and moment(self.held[0]) <= now < moment(self.held[1]) else None}
        used = [{"usage_id": f"{name}-{at}", "service_id": name, **{name: value for name, value in zip(("used_at", "quantity", "unit"), row) if value is not None}} for at, row in enumerate(self.used) if told((*row, None, None)[3])]
        return {
            "accounts": [{"account_id": name, "currency": "USD", "name": name, "bill_day": self.moved[1] if self.moved and told(self.moved[0]) else self.bill_day}],
            "subscriptions": [{"subscription_id": name, "account_id": name, "scheme": name, "frequency": self.frequency, "start_on": self.subscribed}],
            "services": [{**service, "quantity": quantity, "effective_on": day} for day, quantity in self.quantities if told(day)],
            "usage": used, "measured": used,
        }


class Bill:
    """What one run billed: its lines as (first day, day after the last, amount), sorted, and their sums."""

    def __init__(self, lines, sums):
        self.lines = lines
        self.net, self.tax, self.total = (Decimal(sums[name]) for name in ("net", "tax", "total"))


def moment(day):
    """A run of a day is made at noon, and what is known on a day is known by then."""
    return day if isinstance(day, datetime) else datetime.combine(day, time(12), timezone.utc)


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


def billed(lives, runs, zone="UTC", tax="0", window_to="as_of", exits=(0,), measured=None):
    """A bill for each run, which is a day or a time. What a run cannot bill it sets aside by name, where 5 is among its exits. What was used is
    what a SELECT makes of it, where it is measured in several units."""
    names = [f"s{at}" for at in range(len(lives))]
    run = {"kind": "bill_run", "name": "r", "window": {"from": "earliest", "to": window_to, "stale": "bill", "max_behind": {"days": 3000}}, "criteria": {"schemes": names}, "filters": "all",
           "invoices": {"series": "default", "credit_series": "credits"}, "render": {"formats": []}, "checks": CHECKS}
    schemes = [{"kind": "scheme", "name": name, "currency": "USD", "frequencies": [life.frequency], "anchor": life.anchor, "first_period": KILLBILL.first_period,
                "charges": [{"code": "c", **life.charge}]} for name, life in zip(names, lives)]
    tables = ["accounts", "subscriptions", "services"] + ["measured" if measured else "usage"] * any("usage" in life.charge for life in lives)
    workspace = to_bill((run, {"kind": "tax", "name": "tax", "rates": [{"category": "standard", "percent": tax}]}, *schemes), [*tables, *([("usage", measured)] if measured else [])], currency="USD", timezone=zone)
    told = []
    for now in map(moment, runs):
        exports = [life.rows(name, now) for name, life in zip(names, lives)]
        write_inputs(workspace, {table: [row for rows in exports for row in rows.get(table, [])] for table in tables})
        told.append(json.loads(workspace.must("run", "r", "--output", "json", exits=exits, now=now.isoformat()).stdout))
    written = workspace.folder / "book/data/main/invoice_line"
    read = duckdb.sql(f"SELECT run_id, period_start, period_end, amount FROM '{written}/*.parquet' ORDER BY ALL").fetchall() if written.exists() else []
    bills, seen = [], set()
    for answer in told:
        # A run that finds nothing new answers with the run before it.
        new = answer["run_id"] not in seen
        seen.add(answer["run_id"])
        lines = [(start, end, Decimal(amount)) for run_id, start, end, amount in read if new and run_id == answer["run_id"]]
        bills.append(Bill(lines, answer if new else dict.fromkeys(("net", "tax", "total"), "0")))
    return bills
