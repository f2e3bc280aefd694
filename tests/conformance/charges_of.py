"""charge_models.json: what a quantity costs under each pricing model."""
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from ask import NotApplicable, NotYet, day_of, price
from lives import Life, billed, by_months, months_after

USAGE = {"usage": {"meter": "m"}}
RECURRING = {"recurring": {"timing": "advance", "proration": "daily"}}


def text(number):
    """A fraction in plain digits."""
    exact = Fraction(number)
    digits = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(digits) != exact:
        raise ValueError(f"{exact} has no end in decimals")
    return f"{digits:f}"


def unrounded(amount, steps):
    """The figure before it was rounded to the currency, where a source shows that."""
    if len(steps) > 1 and steps[-1]["step"].startswith("rounded"):
        return Decimal(steps[-2]["result"])
    return amount


def events_price(model, quantities, each, currency="EUR", **usage):
    """What rows of usage cost that are charged one by one, an hour after the other."""
    events = [(f"2026-02-02T{hour:02}:00", quantity) for hour, quantity in enumerate(quantities)]
    amount, steps = price({"usage": {"meter": "m", "each": each, **usage}, "price": model}, currency=currency, events=events)
    return unrounded(amount, steps)


def usage_price(model, quantity, currency="EUR", **more):
    amount, steps = price({**USAGE, "price": model, **more}, quantity, currency)
    return unrounded(amount, steps)


def usage_tiers(model, quantity, currency="EUR"):
    """The price, and what each tier of it that is reached adds, with its flat part."""
    amount, steps = price({**USAGE, "price": model}, quantity, currency)
    parts = []
    for step in steps:
        if step["step"].startswith(("first tier", "up to ", "above ", "tier of ")):
            parts.append(Decimal(step["result"]))
        elif step["step"].startswith("flat part"):
            parts[-1] += Decimal(step["result"])
    return unrounded(amount, steps), parts


def tiers(bounds, **columns):
    """Tiers with these upper bounds, the last without, and the columns that each has."""
    made = []
    for at, bound in enumerate(bounds):
        tier = {"to": bound} if bound is not None else {}
        made.append(tier | {name: values[at] for name, values in columns.items() if values[at] is not None})
    return made


def billrun(given, expect):
    """Steps by their width, each started block whole, or its share; what lies beyond the last step is free."""
    made, bound = [], Fraction(0)
    for step in given["steps"]:
        per, each = Fraction(step["per_units"]), Fraction(step["price"])
        width = step.get("width") or (text(Fraction(step["to"]) - Fraction(step["from"])) if step.get("to") else None)
        bound = None if width is None or bound is None else bound + Fraction(width)
        whole = step["partial_block"] == "round up"
        made.append(({"to": text(bound)} if bound is not None else {}) | ({"package": text(per), "unit": text(each)} if whole else {"unit": text(each), "for": text(per)}))
    if bound is not None:
        made.append({"unit": "0"})
    if "access_fee" in given:
        made[0]["flat"] = given["access_fee"]
    return usage_price({"graduated": made}, given["quantity"], "USD"), Decimal(expect["amount"])


def billrun_phase(given, expect):
    """A price for some months from a start, billed in arrears up to one month, and then up to another."""
    first, end, before, through = (int(given[name]) for name in ("phase_from", "phase_to", "billed_from", "billed_to"))
    if first > end or before > through:
        raise NotApplicable("a stretch that runs backwards: refused")
    start = date(2020, 1, 1)
    life = Life(by_months(start, [(first, end, given["price"])]), start, timing="arrears", anchor="calendar")
    runs = [months_after(start, months) for months in dict.fromkeys((before, through)) if months]
    return billed([life], runs)[-1].net if before < through else Decimal(0), Decimal(expect["amount"])


def killbill_blocks(model, steps):
    """Kill Bill counts blocks of a size; a tier ends after so many of them, and the last one has no end."""
    bound, bounds = Fraction(0), []
    for step in steps:
        bound = None if step["max_blocks"] is None else bound + Fraction(step["block_size"]) * int(step["max_blocks"])
        bounds.append(None if bound is None else text(bound))
    bounds[-1] = None
    made = tiers(bounds, package=[step["block_size"] for step in steps], unit=[step["price_per_block"] for step in steps])
    return {"graduated" if model.startswith("graduated") else "volume": made}


def killbill_capacity(given, expect):
    """The lowest tier that has room for all of it is the highest that any of it needs: each measure is read as the tier it needs, and the largest of a month counts. Where a step was
    billed before, what needs a higher one comes later, and costs the difference."""
    steps = given["tiers"]
    fits = lambda step: " OR ".join(f"unit = '{unit}' AND CAST(quantity AS BIGINT) <= {most}" for unit, most in step["limits"].items())
    needs = [f"WHEN {fits(step)} THEN '{at}'" for at, step in enumerate(steps, 1) if step["limits"] != "unlimited"]
    measured = f"SELECT usage_id, service_id, used_at, CASE {' '.join(needs)} ELSE '{len(steps)}' END AS quantity FROM measured"
    stair = tiers([*map(str, range(1, len(steps))), None], flat=[step["price"] for step in steps])
    start = date(2026, 1, 1)
    nights = [months_after(start, 1)]
    life = lambda used, **more: Life.charged({"usage": {"meter": "m", "aggregate": "max", **more}, "price": {"volume": stair}}, start, used)
    if "already_billed" not in given:
        used = [(start, quantity, unit) for unit, quantity in given["quantities"].items()]
        return billed([life(used)], nights, measured=measured)[-1].net, Decimal(expect["total"])
    then, later = Decimal(given["already_billed"]), nights[0] + timedelta(days=1)
    room = next(step["limits"] for step in steps if Decimal(step["price"]) == then)
    used = [(start, quantity, unit, None if int(quantity) <= int(room[unit]) else later) for unit, quantity in given["quantities"].items()]
    before, bill = billed([life(used, late="next_run")], [*nights, later], measured=measured)
    return (before.net, bill.net, before.net + bill.net), (then, Decimal(expect["additional"]), Decimal(expect["gross"]))


def killbill_late(given, expect):
    """What was billed of each period before is the price of a first block: the rest of its usage comes later, and costs the difference."""
    start, end = day_of(given["effective_from"]), day_of(given["effective_to"])
    block = given["tiers"][0]
    charge = {"usage": {"meter": "m", "late": "next_run"}, "price": killbill_blocks(given["model"], given["tiers"])}
    nights = [day_of(one["to_exclusive"]) for one in given["already_billed"]]
    later = nights[-1] + timedelta(days=1)
    used = []
    for one in given["already_billed"]:
        days = [(day_of(day), Fraction(quantity)) for day, quantity in given["usage"] if day_of(one["from"]) <= day_of(day) < day_of(one["to_exclusive"])]
        known = Fraction(one["amount"]) / Fraction(block["price_per_block"]) * Fraction(block["block_size"])
        for day, quantity in days:
            in_time = min(known, quantity)
            known -= in_time
            used += [(day, text(in_time), None, None), (day, text(quantity - in_time), None, later)]
    life = Life.charged(charge, start, [row for row in used if row[1] != "0"], bill_day=given["billing_day"], end=end)
    *before, bill = billed([life], [*nights, later])
    if [sum(amount for *_, amount in one.lines) for one in before] != [Decimal(one["amount"]) for one in given["already_billed"]]:
        raise ValueError("what was billed before")
    return bill.lines, [(day_of(one["from"]), day_of(one["to_exclusive"]), Decimal(one["amount"])) for one in expect["lines"]]


def killbill(given, expect):
    if given["model"].startswith("capacity"):
        return killbill_capacity(given, expect)
    if "already_billed" in given:
        return killbill_late(given, expect)
    if "with_second_unit" in expect:
        raise NotApplicable("a second meter that the source tells in words only")
    of = given.get("units") or {"one": given}
    ours = {unit: usage_tiers(killbill_blocks(given["model"], one["tiers"]), one["quantity"], "USD") for unit, one in of.items()}
    told = {unit: expect.get(unit) or expect.get("per_tier") for unit in of}
    return ((sum(amount for amount, _ in ours.values()), {unit: parts for unit, (_, parts) in ours.items() if told[unit]}),
            (Decimal(expect["total"]), {unit: list(map(Decimal, parts)) for unit, parts in told.items() if parts}))


def killbill_windows(given, expect):
    """What is used in each period, at a price of one: a service a unit. They begin a period earlier, which takes what was used before."""
    windows = [day_of(window) for window in given["windows"]]
    start = months_after(windows[0], -1)
    ours, theirs = {}, {}
    for unit in {unit: None for _, unit, _ in given["usage"]}:
        used = [(day, quantity) for day, of, quantity in given["usage"] if of == unit]
        bills = billed([Life.charged({**USAGE, "price": {"per_unit": "1"}}, start, used, bill_day=given["billing_day"])], windows)[1:]
        ours[unit] = [bill.lines for bill in bills]
        # Where nothing was used there is no line: an exclusion says so.
        theirs[unit] = [[(day_of(one["from"]), day_of(one["to"]), Decimal(one[unit]))] if one[unit] != "0" else [] for one in expect["rolled_up"]]
    return ours, theirs


def amounts(given):
    """The amounts of the events: as told, or the steps of a running total, of which the last ones are told by their sum."""
    if "event_amounts" in given:
        return given["event_amounts"]
    sums = [Fraction(0), *map(Fraction, given["running_total"])]
    if len(sums) - 1 < int(given["events"]):
        sums.append(Fraction(given["amount_base"]))
    return [text(after - before) for before, after in zip(sums, sums[1:])]


def lago(given, expect):
    """Upper bounds as written: a fraction above one lies in the tier beyond."""
    model, theirs = given["model"], Decimal(expect.get("amount", "NaN"))
    steps = given.get("tiers", [])
    column = lambda name: [step.get(name) for step in steps]
    if model == "per unit":
        return usage_price({"per_unit": given["unit_amount"]}, given["quantity"]), theirs
    if model == "package":
        package = {"package": {"size": given["package_size"], "price": given["package_amount"]}}
        return usage_price(package, given["quantity"], usage={"meter": "m", "included": given["free_units"]}), theirs
    if model in ("graduated", "volume"):
        amount, parts = usage_tiers({model: tiers(column("to"), unit=column("unit_amount"), flat=column("flat_amount"))}, given["quantity"])
        told = expect.get("per_tier_with_flat")
        return (amount, parts if told else None), (theirs, told and list(map(Decimal, told)))
    if model == "graduated percentage":
        made = tiers(column("to"), percent=column("rate_percent"), flat=column("flat_amount"))
        if Fraction(given["amount_base"]) == 0:
            # The flat part of the first tier is due without usage: it is what a period costs at least.
            return usage_price({"graduated_percentage": made}, "0", minimum=column("flat_amount")[0]), theirs
        return usage_tiers({"graduated_percentage": made}, given["amount_base"]), (theirs, list(map(Decimal, expect["per_tier_with_flat"])))
    if model.startswith("dynamic"):
        return usage_price({"percentage": "100"}, text(Fraction(given["supplied_total_minor_units"]) / 100)), theirs
    if model == "percentage":
        if Fraction(given.get("free_amount") or 0):
            each = {"fee": given["fixed_fee_per_event"], "free": "included"}
            return events_price({"percentage": given["rate_percent"]}, amounts(given), each, included=given["free_amount"]), theirs
        if given.get("free_events") or given.get("per_event_min") or given.get("per_event_max"):
            each = {"fee": given["fixed_fee_per_event"], "free": given["free_events"] and int(given["free_events"]), "minimum": given.get("per_event_min"), "maximum": given.get("per_event_max")}
            each = {key: value for key, value in each.items() if value is not None}
            return events_price({"percentage": given["rate_percent"]}, amounts(given), each), theirs
        base = given.get("amount_base") or text(sum(map(Fraction, given["event_amounts"])))
        share = usage_price({"percentage": given["rate_percent"]}, base)
        # A fee for each event is a charge of its own, on a meter that counts them.
        fee = given.get("fixed_fee_per_event") or "0"
        return share + usage_price({"per_unit": fee}, given.get("events") or str(len(given["event_amounts"]))), theirs
    if "prorated" in model:
        raise NotApplicable("tiers by whole units and money by their prorated part: a counter walked event by event")
    raise NotYet(model)


def meteroid(given, expect):
    """Tiers by their first unit; a volume of whole units ends one below it."""
    model, theirs = given["model"], Decimal(expect["amount"])
    if model == "per unit":
        return usage_price({"per_unit": given["unit_amount"]}, given["quantity"], "USD"), theirs
    if model == "package":
        return usage_price({"package": {"size": given["package_size"], "price": given["package_amount"]}}, given["quantity"], "USD"), theirs
    steps = given["tiers"]
    firsts = [int(step["first_unit"]) - (model == "volume") for step in steps[1:]] + [None]
    made = tiers([first if first is None else str(first) for first in firsts], unit=[step["unit_amount"] for step in steps],
                 flat=[step.get("flat_amount") for step in steps])
    return usage_price({model: made}, given["quantity"], "USD"), theirs


def openmeter_charge(given):
    """A charge as the source has it, billed up to a run; but for a volume, which is not known before the end of its period."""
    model = given["model"]
    if model == "flat":
        return {"recurring": {"timing": given["timing"], "proration": "daily"}, "price": {"flat": given["amount"]}}
    if model == "per unit":
        written = {"per_unit": given["unit_amount"]}
    elif model == "package":
        written = {"package": {"size": given["package_size"], "price": given["package_amount"]}}
    elif model.startswith("dynamic"):
        written = {"percentage": text(Fraction(given["multiplier"]) * 100)}
    else:
        column = lambda name: [step.get(name, "0") for step in given["tiers"]]
        written = {model: tiers([step["up_to_inclusive"] for step in given["tiers"]], unit=column("unit_amount"), flat=column("flat_amount"))}
    # The flat part of the first tier of a volume is due without usage too: it is what a period costs at least.
    without = given["tiers"][0].get("flat_amount") if model == "volume" else None
    least = given.get("minimum_spend") or without
    least = {"minimum": least} if least else {}
    return {"usage": {"meter": "m", "through": "period_end" if model == "volume" else "window_to"}, "price": written, **least}


def openmeter(given, expect):
    """An interim bill is a run inside of a period, after one at its start; a minimum is due with the last of a period."""
    charge, quantity, theirs = openmeter_charge(given), given.get("quantity", "1"), Decimal(expect["total"])
    if given["bill"].startswith("interim"):
        life = Life.charged(charge, date(2025, 1, 1), [(date(2025, 1, 10), quantity)])
        bill = billed([life], [date(2025, 1, 1), date(2025, 1, 20)])[-1]
        return (bill.total, [amount for *_, amount in bill.lines]), (theirs, [Decimal(line["total"]) for line in expect["lines"]])
    amount, _ = price(charge, quantity, "USD")
    return amount, theirs


def openmeter_units(given, expect):
    """A unit that is converted is a price of its own: by the thousand, or for each thousand begun, full or to the nearest. Invoiced is what one costs 1.00 for."""
    factor, quantity = Fraction(given["factor"]), given["quantity"]
    partial = {"ceiling": "up", "half_up": "nearest", "floor": "down"}.get(given["rounding"])
    if partial:  # to so many decimals: by the tenth of a thousand, each of which costs a tenth
        part = Fraction(10) ** given["decimals"]
        written = {"package": {"size": text(factor / part), "partial": partial, "price": text(1 / part)}}
    else:
        written = {"per_unit": text(factor if given["operation"] == "multiply" else 1 / factor)}
    return usage_price(written, quantity), Decimal(expect["invoiced"])


def silver(given, expect):
    """The last days of a month of so many."""
    days, of = map(int, given["period_share"].split("/"))
    end = next(date(2015, month, 1) for month in range(2, 13) if (date(2015, month, 1) - timedelta(days=1)).day == of)
    charge = {"usage": {"meter": "m", "included": given["included_quantity"], "prorate": ["included"]}, "price": {"per_unit": given["price"]}}
    amount, _ = price(charge, given["quantity"], **{"from": end - timedelta(days=days), "to": end})
    return amount, Decimal(expect["amount"])


def utility(given, expect):
    if "lines" in given:
        raise NotApplicable("each line is rounded once, after tax: here a line is rounded, and then its tax")
    month = usage_price({"graduated": tiers([step["to"] for step in given["tiers"]], unit=[step["unit_amount"] for step in given["tiers"]])}, given["quantity_per_month"], "USD")
    return 12 * month, Decimal(expect["amount"])


PECULIAR = {}
KINDS = {
    ("BillRun/system", "charge"): billrun,
    ("BillRun/system", "price phase by period number"): billrun_phase,
    ("killbill/killbill", "charge"): killbill,
    ("killbill/killbill", "usage roll-up"): killbill_windows,
    ("getlago/lago-api", "charge"): lago,
    ("meteroid-oss/meteroid", "charge"): meteroid,
    ("openmeterio/openmeter", "charge"): openmeter,
    ("openmeterio/openmeter", "unit conversion"): openmeter_units,
    ("silverapp/silver", "charge"): silver,
    ("aguinane/qld-tariffs", "utility bill"): utility,
    ("NREL/REopt_API", "utility bill"): utility,
}
