"""prorations.json: what a part of a period costs, as the days of it and the days of its whole period, and as an amount."""
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import changes_of
from ask import NotApplicable, day_of, frequency, periods, price
from conventions import BILLRUN, KILLBILL, LAGO, SILVER
from lives import Life, billed

ONE_DAY, LONG = timedelta(days=1), timedelta(days=1200)


def share(part):
    return Fraction(part.days, part.period_days)


def to_places(exact, places, rounding=ROUND_HALF_UP):
    """A fraction as a source keeps it."""
    exact = Fraction(exact)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1).scaleb(-places), rounding)


def billrun_months(given, expect):
    """Calendar months, each of its own length; both ends count."""
    start, last = day_of(given["from"]), day_of(given["to"])
    if last < start:
        raise NotApplicable("a stretch that runs backwards: refused (BW-C102)")
    return sum(map(share, periods("monthly", start, last + ONE_DAY, BILLRUN.anchor[None]))), Fraction(expect["exact"])


def flexprice_days(given, expect):
    """Wall-clock days, whatever the clocks do in the night."""
    start, end = day_of(given["from"]), day_of(given["to"])
    if start == end:
        raise NotApplicable("a stretch without a day: refused (BW-C102)")
    return sum(part.days for part in periods("annual", start, end, "calendar")), int(expect["days"])


def flexprice_cap(given, expect):
    raise NotApplicable("a credit is worked out from the line it takes back, and cannot be more than it")


def killbill_billed(given, expect):
    """Every period that begins by the target, in advance; a source keeps each part at nine decimals."""
    start, end, target = (day_of(given[name]) if given[name] else None for name in ("effective_from", "effective_to", "target_date"))
    if "error" in expect:
        raise NotApplicable("an end before the start, or a target before it: the first is refused by name (BW-V131), with the second nothing is due")
    parts = periods(frequency(given["period"]), start, end or max(target, start) + LONG, KILLBILL.anchor[None], given["billing_day"], KILLBILL.first_period)
    ours = sum(to_places(share(part), 9) for part in parts if part.start <= target)
    return ours, Decimal(expect["periods_billed"])


def of_thirty(start, end, anchor):
    """How many days of 30 a month: what they cost where a month costs 30."""
    charge = {"recurring": {"timing": "advance", "proration": "30_360"}, "price": {"flat": "30"}}
    return price(charge, **{"from": start, "to": end, "anchor": anchor})[0]


def killbill_factor(given, expect):
    start, end = day_of(given["stub_from"]), day_of(given["stub_to_exclusive"])
    anchor = start.day if given["stub"] == "trailing" else end.day
    if given["proration"]["basis"] == "fixed_days":
        days = of_thirty(start, end, anchor)
        return ((days, 30, to_places(Fraction(days) / 30, 9)),
                (Decimal(expect["days"]), int(expect["divisor"]), Decimal(expect["factor"]).quantize(Decimal("1e-9"))))
    parts = periods(frequency(given["period"]), start, end, "bill_day", anchor)
    if len(parts) > 1:
        raise NotApplicable("one part of three months over one period: days are cut where a period ends")
    part, = parts
    return ((part.days, part.period_days, to_places(share(part), 9)),
            (int(expect["days"]), int(expect["divisor"]), Decimal(expect["factor"]).quantize(Decimal("1e-9"))))


def killbill_days(given, expect):
    if given["days_in_month_fixed"] != 30:
        raise NotApplicable("months of 28 days")
    start, end = day_of(given["from"]), day_of(given["to_exclusive"])
    return of_thirty(start, end, end.day), Decimal(expect["days"])


def meteroid_factor(given, expect):
    if "stub_from" in given:
        start, end = day_of(given["stub_from"]), day_of(given["stub_to_exclusive"])
        if start == end:
            raise NotApplicable("a stretch without a day: refused (BW-C102)")
        if end > day_of(given["period_to_exclusive"]):
            raise NotApplicable("a part longer than its period: days are cut where a period ends")
        part, = periods("monthly", start, end, "bill_day", day_of(given["period_from"]).day)
    else:
        start = day_of(given["effective_from"])
        day = day_of(given.get("run_date", given["effective_from"]))
        parts = periods(frequency(given["period"]), start, day + LONG, "bill_day", given["billing_day"])
        part = next(part for part in parts if part.start <= day < part.end)
    return share(part), Fraction(expect["factor"])


def exact_of(steps, amount):
    """The last figure before rounding: the calculation of the step by days, or what was asked for."""
    by_days = [step for step in steps if step["step"].endswith(" days")]
    if not by_days:
        return Fraction(amount)
    price, rest = by_days[-1]["calculation"].split(" x ")
    days, period = rest.split(" / ")
    return Fraction(price) * int(days) / int(period)


def recurring(amount):
    return {"recurring": {"timing": "advance", "proration": "daily"}, "price": {"flat": amount}}


def lago_charge(given, expect):
    """Days of the whole calendar period in which they lie; a trial takes its days from the start. A window that begins before the start counts as given."""
    length, started = frequency(given["period"]), day_of(given["started"])
    if "tax_percent" in given:
        bill, = billed([Life(given["price"], started, length, timing=given["timing"], anchor=LAGO.anchor["calendar"])], [started], tax=given["tax_percent"])
        part = periods(length, started, bill.lines[0][1], LAGO.anchor["calendar"])[0]
        return (bill.total, part.days, part.period_days), (Decimal(expect["total_with_tax"]), int(expect["days"]), int(expect["period_days"]))
    first, last = day_of(given["bill_from"]), day_of(given["bill_to_inclusive"])
    if "terminated" in given:
        last = min(last, day_of(given["terminated"][:10]))
    trial = given.get("trial_days") or given.get("trial_ends")
    if trial:
        first = max(first, started + timedelta(days=int(trial.split()[0])))
    scheme = {"frequencies": [length], "anchor": LAGO.anchor["calendar"], "rounding": LAGO.rounding}
    if first > last:
        return (Decimal(0), 0), (Decimal(expect["amount"]), int(expect["days"]))
    amount, steps = price(recurring(given["price"]), scheme=scheme, **{"from": first, "to": last + ONE_DAY})
    part, = periods(length, first, last + ONE_DAY, "calendar")
    return ((amount, to_places(exact_of(steps, amount), 12), part.days, part.period_days),
            (Decimal(expect["amount"]), to_places(Fraction(expect["unrounded"]), 12), int(expect["days"]), int(expect["period_days"])))


def silver_charge(given, expect):
    first = day_of(given.get("charged_from", given["effective_from"]))
    last = day_of(given["charged_to_inclusive"])
    length = frequency(given["period"])
    scheme = {"frequencies": [length], "anchor": SILVER.anchor[None], "rounding": SILVER.rounding}
    amount, steps = price(recurring(given["price"]), scheme=scheme, **{"from": first, "to": last + ONE_DAY})
    exact = exact_of(steps, amount)
    ours, theirs = {}, {name: Decimal(value) for name, value in expect.items()}
    if "factor" in expect:
        ours["factor"] = to_places(exact / Fraction(given["price"]), 4, ROUND_HALF_EVEN)
    if "recurring" in expect:
        usage, _ = price({"usage": {"meter": "m"}, "price": {"per_unit": given["usage"]["price"]}}, given["usage"]["charged_quantity"])
        ours |= {"recurring": to_places(exact, 4, ROUND_HALF_EVEN), "usage": usage, "total": amount + usage}
    ours.setdefault("total" if "total" in expect else "amount", amount)
    if "amount" in ours and ours["amount"] != theirs["amount"]:
        ours["amount"] = to_places(exact, -Decimal(expect["amount"]).as_tuple().exponent, ROUND_HALF_EVEN)
    return ours, theirs


DRIFTS = "the period is counted back from a month end that was cut short; here month ends do not drift (P49)"
PECULIAR = {"kb-pror-018": DRIFTS, "kb-pror-071": DRIFTS}
KINDS = {
    **changes_of.KINDS,
    ("BillRun/system", "fraction of months"): billrun_months,
    ("flexprice/flexprice", "day count"): flexprice_days,
    ("flexprice/flexprice", "credit cap"): flexprice_cap,
    ("killbill/killbill", "periods billed"): killbill_billed,
    ("killbill/killbill", "proration factor"): killbill_factor,
    ("killbill/killbill", "day count"): killbill_days,
    ("getlago/lago-api", "prorated recurring charge"): lago_charge,
    ("meteroid-oss/meteroid", "proration factor"): meteroid_factor,
    ("silverapp/silver", "prorated recurring charge"): silver_charge,
}
