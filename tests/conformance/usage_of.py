"""usage_rating.json: what usage costs in increments and blocks."""
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


KINDS = {
    ("cgrates/cgrates", "rated quantity"): increments,
    ("cgrates/cgrates", "unit rating"): units,
    ("killbill/killbill", "charge"): killbill,
}
