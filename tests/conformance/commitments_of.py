"""commitments_discounts.json: what a period costs at least, and parts of it."""
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from ask import day_of, frequency, periods, price
from bill import bill
from conventions import LAGO
from lives import Life, billed


def factor(given, expect):
    part, = periods("monthly", day_of(given["from"]), day_of(given["to_inclusive"]) + timedelta(days=1), "calendar")
    exact = Fraction(part.days, part.period_days)
    return float(exact), float(expect["factor"])


def least(given, expect):
    """What is missing to the minimum: the price with it, less the price without."""
    stretch = {"from": day_of(given["billed_from"]), "to": day_of(given["billed_to_inclusive"]) + ONE_DAY} if "billed_from" in given else {}
    rate = Decimal(given.get("pricing_unit_rate", "1"))
    least = Decimal(given["minimum"].split()[0]) * rate
    def cost(**more):
        return price({"usage": {"meter": "m", **({"prorate": ["minimum"]} if more else {})}, "price": {"per_unit": str(rate)}, **more}, given["used"], **stretch)[0]

    return cost(minimum=str(least)) - cost(), Decimal(expect["true_up"] or "0")


def commitment(given, expect):
    """What is missing to a minimum of all charges where nothing else is charged: all of it, by its days."""
    start, end = day_of(given["billed_from"]), day_of(given["billed_to_inclusive"]) + ONE_DAY
    charge = {"recurring": {"timing": "arrears", "proration": "daily"}, "commits": "subscription", "price": {"flat": given["commitment"]}}
    scheme = {"frequencies": [frequency(given["period"])], "anchor": LAGO.anchor[given["alignment"]], "rounding": LAGO.rounding}
    amount, _ = price(charge, scheme=scheme, **{"from": start, "to": end})
    part, = periods(frequency(given["period"]), start, end, scheme["anchor"])
    return (amount, part.days, part.period_days), (Decimal(expect["commitment_prorated"]), int(expect["days"]), int(expect["period_days"]))


ONE_DAY = timedelta(days=1)
UNTAXED = [{"category": "t", "percent": "0"}]


def off(amounts, discounts=(), credits=(), currency="EUR", rates=UNTAXED, **more):
    return bill([("1", amount, "t") for amount in amounts], rates, currency, discounts=discounts, credits=credits, **more)


def coupons(given, expect):
    """Fixed and once is money that is used up, a price credit; else it is a discount, on so many invoices."""
    if "coupons_in_order" in given:
        rows = [{"priority": at, **({"percent": one["rate"]} if one["type"] == "percent" else {"amount": one["amount"]})} for at, one in enumerate(given["coupons_in_order"])]
        ours = off([given["net"]], rows)
        found = {"discount": sum(ours.off), "net_after": ours.net, "coupons_used": Decimal(len(ours.used))}
        return {name: found[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}
    coupon, lines = given["coupon"], [line if isinstance(line, dict) else {"amount": line, "in_scope": True} for line in given["lines"]]
    scope = {"charge": "O:1"} if "scope" in coupon else {}
    times = {"once": "1", "forever": ""}.get(coupon["frequency"], coupon.get("times_left"))
    amounts = [line["amount"] for line in lines]
    if coupon["type"] == "percent":
        ours = off(amounts, [{"percent": coupon["rate"], "invoices": times, **scope}])
    elif coupon["frequency"] == "once" and not scope:
        left = Decimal(coupon["amount"]) - Decimal(coupon.get("already_used", "0"))
        ours = off(amounts, credits=[{"amount": left}])
        after = left - ours.used.get("C1", 0)
        words = {"used up": Decimal(0)}.get(expect.get("coupon_after"))
        if "coupon_after" in expect and after != (words if words is not None else Decimal(expect["coupon_after"].split()[0])):
            return after, expect["coupon_after"]
    else:
        ours = off(amounts, [{"amount": coupon["amount"], "invoices": times, **scope}])
    theirs = [Decimal(share) for share in expect.get("share_per_line", [])]
    return (sum(ours.off), ours.off if theirs else []), (Decimal(expect["discount"]), theirs)


def meteroid_discounts(given, expect):
    if "taxable" in expect:
        ours = off(given["lines"], [{"amount": given["discount"]}], currency="USD")
        return [line - part for line, part in zip(ours.lines, ours.off)], [Decimal(amount) for amount in expect["taxable"]]
    rows = [{"priority": at, **({"percent": one.rstrip("%")} if "%" in one else {"amount": one})} for at, one in enumerate(given["coupons"])]
    return sum(off([given["net"]], rows, currency="USD").off), Decimal(expect["discount"])


def silver_discounts(given, expect):
    """Each percentage of the lines it is on; a line's own amount is worked out by the cases about it."""
    def amount(line):
        if "amount" in line:
            return Decimal(line["amount"])
        exact = Decimal(line.get("quantity", "1")) * Decimal(line["price"]) * line.get("days", 1) / line.get("period_days", 1)
        return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)

    names = [line.get("id") for line in given["lines"]]
    scope = lambda on: {} if on == "all" else {"charge": f"O:{names.index(on) + 1}"}
    rows = [{"percent": one["percent"], **scope(one["on"])} for one in given["discounts"]]
    rates = [{"category": "t", "percent": str(Decimal(given["tax_rate"]) * 100)}]
    ours = off([amount(line) for line in given["lines"]], rows, rates=rates, tax_rounding=given.get("rounding", "half up").replace(" ", "_"))
    found = {"net": ours.net, "total": ours.total}
    return {name: found[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}


def free_units(given, expect):
    """What was free before is not free again: usage billed up to the run goes on in its tiers and its allowance. At a price of one."""
    used = [(date(2025, 1, 5), given["quantity_before"]), (date(2025, 1, 15), given["quantity"])]
    charge = {"usage": {"meter": "m", "through": "window_to", "included": given["free_units"]}, "price": {"per_unit": "1"}}
    life = Life.charged(charge, date(2025, 1, 1), used)
    before, after = (bill.net for bill in billed([life], [date(2025, 1, 10), date(2025, 1, 20)]))
    ours = {"billed_quantity_before": before, "free_used_before": Decimal(given["quantity_before"]) - before, "billed_quantity": after, "free_used": Decimal(given["quantity"]) - after}
    return {name: ours[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}


KINDS = {
    ("getlago/lago-api", "minimum commitment"): commitment,
    ("openmeterio/openmeter", "free units across interim bills"): free_units,
    ("getlago/lago-api", "coupons"): coupons,
    ("meteroid-oss/meteroid", "discounts"): meteroid_discounts,
    ("silverapp/silver", "percentage discounts"): silver_discounts,
    ("getlago/lago-api", "proration factor"): factor,
    ("getlago/lago-api", "minimum per usage item"): least,
}
