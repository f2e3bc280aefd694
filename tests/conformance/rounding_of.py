"""taxes_rounding.json: amounts brought to the coins of a currency."""
from decimal import Decimal

from ask import NotApplicable, NotYet, price

MODES = {"half away from zero": "half_up", "half up": "half_up", "up": "up", "down": "down", "half even": "half_even"}


def rounded(value, currency, mode):
    """A price of one, for one, is that price rounded."""
    amount, _ = price({"recurring": {"timing": "advance", "proration": "daily"}, "price": {"flat": value}}, currency=currency, scheme={"rounding": MODES[mode]})
    return amount


def by_scale(given, expect):
    if given["scale"] != 2:
        raise NotYet("`round_to`: other places than those of the currency")
    return rounded(given["amount"], "USD", given["rounding"]), Decimal(expect["amount"])


def by_currency(given, expect):
    return rounded(given["amount"], given["currency"], given["rounding"]), Decimal(expect["amount"])


def openmeter(given, expect):
    if given["currency"] == "(custom)":
        raise NotApplicable("a currency of its own, outside of ISO 4217")
    return rounded(given["value"], given["currency"], "half up"), Decimal(expect["rounded"])


KINDS = {
    ("cgrates/cgrates", "round"): by_scale,
    ("flexprice/flexprice", "round to currency"): by_currency,
    ("openmeterio/openmeter", "round"): openmeter,
}
