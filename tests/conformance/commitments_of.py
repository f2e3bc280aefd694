"""commitments_discounts.json: what a period costs at least, and parts of it."""
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from ask import NotYet, day_of, periods
from charges_of import usage_price
from lives import Life, billed


def factor(given, expect):
    part, = periods("monthly", day_of(given["from"]), day_of(given["to_inclusive"]) + timedelta(days=1), "calendar")
    exact = Fraction(part.days, part.period_days)
    return float(exact), float(expect["factor"])


def least(given, expect):
    """What is missing to the minimum: the price with it, less the price without."""
    if given.get("billed_days", given.get("period_days")) != given.get("period_days") or "billed_from" in given:
        raise NotYet("a minimum that is prorated")
    rate = Decimal(given.get("pricing_unit_rate", "1"))
    least = Decimal(given["minimum"].split()[0]) * rate
    cost = lambda **more: usage_price({"per_unit": str(rate)}, given["used"], **more)
    return cost(minimum=str(least)) - cost(), Decimal(expect["true_up"] or "0")


def free_units(given, expect):
    """What was free before is not free again: usage billed up to the run goes on in its tiers and its allowance. At a price of one."""
    used = [(date(2025, 1, 5), given["quantity_before"]), (date(2025, 1, 15), given["quantity"])]
    charge = {"usage": {"meter": "m", "through": "window_to", "included": given["free_units"]}, "price": {"per_unit": "1"}}
    life = Life.charged(charge, date(2025, 1, 1), used)
    before, after = (bill.net for bill in billed([life], [date(2025, 1, 10), date(2025, 1, 20)]))
    ours = {"billed_quantity_before": before, "free_used_before": Decimal(given["quantity_before"]) - before, "billed_quantity": after, "free_used": Decimal(given["quantity"]) - after}
    return {name: ours[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}


KINDS = {
    ("openmeterio/openmeter", "free units across interim bills"): free_units,
    ("getlago/lago-api", "proration factor"): factor,
    ("getlago/lago-api", "minimum per usage item"): least,
}
