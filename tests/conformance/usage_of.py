"""usage_rating.json: what usage costs in increments and blocks."""
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from ask import NotYet, day_of, periods, price
from charges_of import killbill_blocks, text, usage_price
from lives import Life, billed, months_after

RESERVED = "how long a call may last: reservations"


def increments(given, expect):
    """Increments that are begun, each at a price of what it holds."""
    size = str(given["increment_seconds"])
    return usage_price({"package": {"size": size, "price": size}}, given["usage_seconds"]), Decimal(expect["rated_seconds"])


def units(given, expect):
    """A price for so many units, charged by the increment begun."""
    increment = Fraction(given["increment_units"])
    each = Fraction(given["price"]) * increment / Fraction(given["per_units"])
    if "scale" in given and Fraction(expect["cost"]) != Fraction(expect["cost"]).limit_denominator(10 ** given["scale"]):
        raise NotYet("`round_to`: other places than those of the currency")
    return usage_price({"package": {"size": text(increment), "price": text(each)}}, given["quantity"]), Decimal(expect["cost"])


def killbill_windows(given, expect):
    """A run at the end of each month; what was used on that day belongs to the next. On one meter a capacity is a stair, usage after the end is set aside by name,
    and a month without usage is an exclusion with its reason where the source writes a line of zero."""
    if given["model"] == "capacity":
        written = {"volume": [{**({"to": step["limits"]["stones"]} if step["limits"] != "unlimited" else {}), "flat": step["price"]} for step in given["tiers"]]}
    else:
        written = killbill_blocks(given["model"], given["tiers"])
    start, end = day_of(given.get("effective_from", "2012-04-01")), given.get("effective_to")
    life = Life.charged({"usage": {"meter": "m"}, "price": written}, start, given["usage"], bill_day=given["billing_day"], end=day_of(end) if end else None)
    if "lines" in expect:
        line, = expect["lines"]
        bill = billed([life], [months_after(start, 1), months_after(start, 2)], exits=(0, 5))[-1]
        return bill.lines, [(day_of(line["from"]), day_of(line["to_exclusive"]), Decimal(line["amount"]))]
    runs = [day_of(run) for run in given["runs"]]
    return [bill.net for bill in billed([life], runs)], [Decimal(expect[f"run_{at}"].split()[0]) for at in range(1, len(runs) + 1)]


def killbill(given, expect):
    if "quantity" not in given:
        return killbill_windows(given, expect)
    return usage_price(killbill_blocks(given["model"], given["tiers"]), given["quantity"], given["currency"]), Decimal(expect["amount"])


def call(given, expect):
    """A call by the second: slabs are tiers with increments of their own, the connection fee is the flat part of the first."""
    windows = given["rate_windows"]
    if len(windows) > 1 or windows[0]["days"] != "any":
        raise NotYet("prices by time of day and weekday")
    seconds = (datetime.fromisoformat(given["end"]) - datetime.fromisoformat(given["start"])).seconds
    slabs, made = windows[0]["slabs"], []
    for slab, after in zip(slabs, [*slabs[1:], None]):
        increment = Fraction(slab["increment_seconds"])
        unit = text(Fraction(slab["price"]) * increment / Fraction(slab["per_seconds"]))
        made.append({**({"to": str(after["from_seconds"])} if after else {}), "package": text(increment), "unit": unit})
    made[0]["flat"] = windows[0]["connection_fee"]
    most = {"maximum": given["max_cost"]["amount"]} if "max_cost" in given else {}
    ours = usage_price({"graduated": made}, str(seconds), **most)
    if ours != round(ours, given.get("scale", 20)):
        raise NotYet("`round_to`: other places than those of the currency")
    return ours, Decimal(expect["cost"])


def call_pieces(given, expect):
    """What a slab costs is a step of the price."""
    seconds = lambda one: int((datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"])).total_seconds())
    slabs = given["slabs"]
    made = [{**({"to": str(after["from_seconds"])} if after else {}), "package": str(slab["increment_seconds"]), "unit": text(Fraction(slab["price"]) * slab["increment_seconds"] / slab["per_seconds"])}
            for slab, after in zip(slabs, [*slabs[1:], None])]
    _, steps = price({"usage": {"meter": "m"}, "price": {"graduated": made}}, str(seconds(given)))
    ours = [(int(step["calculation"].split(" x ")[0]), Decimal(step["result"])) for step in steps if " x " in (step["calculation"] or "")]
    return ours, [(seconds(piece), Decimal(piece["cost"])) for piece in expect["pieces"]]


def increments_added(given, expect):
    return usage_price({"per_unit": given["increment_cost"]}, str(given["increments"])), Decimal(expect["cost"])


def by_factor(given, expect):
    """A customer's share of a list price is a price of its own, as in the column `unit_price` of a service."""
    own = text(Fraction(given["price"]) * Fraction(given["factor"]))
    amount, _ = price({"usage": {"meter": "m"}, "price": {"per_unit": given["price"]}}, given["quantity"], unit_price=own)
    return amount, Decimal(expect["amount"])


def authorised(given, expect):
    raise NotYet(RESERVED)


def consumed_daily(given, expect):
    """A row of usage a day, billed once the month has ended; the invoice date is the day after."""
    start, last, invoiced = (day_of(given[name]) for name in ("effective_from", "consumption_created_to", "invoice_date"))
    used = [(start + timedelta(days=at), given["quantity_per_day"]) for at in range((last - start).days + 1)]
    bill, = billed([Life.charged({"usage": {"meter": "m"}, "price": {"per_unit": given["price"]}}, start, used, bill_day=1)], [invoiced])
    (begin, end, amount), = bill.lines
    after, = periods("monthly", end, months_after(end, 1), "bill_day", 1)
    return ((len(used), amount / Decimal(given["price"]), after.end, after.start),
            (expect["consumption_entries"], Decimal(expect["invoiced_quantity"]), day_of(expect["next_invoice_date"]), day_of(expect["next_consumption_date"])))


def included_for_a_month(given, expect):
    """An allowance that ends is a service that ends, and goes on under a charge without; billed up to the day after each use. At a price of one it tells what is charged."""
    allowance, = given["allowances"]
    until = months_after(datetime.strptime(f"1 {allowance['id']}", "%d %B %Y").date(), 1)
    step, = given["prices"]["data"]
    used = [(row["at"], row["quantity"]) for row in given["usage"]]
    days = [date.fromisoformat(when[:10]) for when, _ in used]
    before, after = ([row for row, day in zip(used, days) if (day < until) == early] for early in (True, False))

    def costs(written):
        charge = lambda **free: {"usage": {"meter": "m", "through": "window_to", **free}, "price": written}
        lives = [Life.charged(charge(included=allowance["units"]), days[0], before, bill_day=1, end=until), Life.charged(charge(), until, after, bill_day=1)]
        return [bill.net for bill in billed(lives, [day + timedelta(days=1) for day in days], zone="Asia/Jerusalem")]

    amounts, charged = costs({"package": {"size": step["per_units"], "price": step["price"]}}), costs({"per_unit": "1"})
    return ([(Decimal(quantity) - paid, paid, amount) for (_, quantity), paid, amount in zip(used, charged, amounts)],
            [tuple(Decimal(result[name]) for name in ("included", "charged", "amount")) for result in expect["results"]])


def included(given, expect):
    """All that share an allowance are one meter, with what is included added up; each record costs what all cost so far, less before."""
    if any("at" in row for row in given["usage"]):
        return included_for_a_month(given, expect)
    used, ours, theirs = defaultdict(Fraction), [], []
    for row, result in zip(given["usage"], expect["results"]):
        pools = [one for one in given["allowances"] if row["product"] in one["products"]]
        key = tuple(sorted(pools[0]["products"])) if pools else row["product"]
        free = sum((Fraction(one["units"]) for one in pools), Fraction(0))
        steps = given["prices"][row["product"]]
        written = {"graduated": [{**({"to": step["to_unit"]} if step["to_unit"] else {}), "package": step["per_units"], "unit": step["price"]} for step in steps]}
        cost = lambda quantity: usage_price(written, text(quantity), usage={"meter": "m", "included": text(free)})
        before = used[key]
        used[key] += Fraction(row["quantity"])
        charged = max(used[key] - free, 0) - max(before - free, 0)
        ours.append((Fraction(row["quantity"]) - charged, charged, cost(used[key]) - cost(before)))
        theirs.append((Fraction(result["included"]), Fraction(result["charged"]), Decimal(result["amount"])))
    return ours, theirs


KINDS = {
    ("BillRun/system", "included units over a sequence"): included,
    ("BillRun/system", "price override by factor"): by_factor,
    ("cgrates/cgrates", "authorised duration"): authorised,
    ("cgrates/cgrates", "call rating pieces"): call_pieces,
    ("cgrates/cgrates", "sum of increments"): increments_added,
    ("tryton/tryton", "daily consumption billed monthly"): consumed_daily,
    ("cgrates/cgrates", "call rating"): call,
    ("cgrates/cgrates", "rated quantity"): increments,
    ("cgrates/cgrates", "unit rating"): units,
    ("killbill/killbill", "charge"): killbill,
}
