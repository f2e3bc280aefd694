"""usage_rating.json: what usage costs in increments and blocks."""
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ask import NotYet
from charges_of import killbill_blocks, text, usage_price


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


def killbill(given, expect):
    if "quantity" not in given:
        raise NotYet("asked of plans over several runs")
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


def included(given, expect):
    """All that share an allowance are one meter, with what is included added up; each record costs what all cost so far, less before."""
    used, ours, theirs = defaultdict(Fraction), [], []
    for row, result in zip(given["usage"], expect["results"]):
        if "at" in row:
            raise NotYet("an allowance of one month")
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
    ("cgrates/cgrates", "call rating"): call,
    ("cgrates/cgrates", "rated quantity"): increments,
    ("cgrates/cgrates", "unit rating"): units,
    ("killbill/killbill", "charge"): killbill,
}
