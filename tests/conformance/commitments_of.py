"""commitments_discounts.json: what a period costs at least, and parts of it."""
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from ask import NotYet, day_of, periods
from charges_of import usage_price


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


KINDS = {
    ("getlago/lago-api", "proration factor"): factor,
    ("getlago/lago-api", "minimum per usage item"): least,
}
