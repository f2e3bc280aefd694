"""What prices come to: exact fractions, and one rounding."""
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from days import DAYS, MONTHS, day_of_month, month_of

PLACES = {"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}


def rounded(exact, currency, rounding):
    """To the minor unit, or as (how, to multiples of); a half goes away from zero or to the even neighbor, or anything up or down."""
    places = PLACES.get(currency, 2)
    mode, coin = rounding if isinstance(rounding, tuple) else (rounding, None)
    if coin:
        return rounded(exact / Fraction(coin), "JPY", mode) * Decimal(coin).quantize(Decimal(1).scaleb(-places))
    exact *= 10 ** places
    whole, rest = divmod(abs(exact), 1)
    if mode == "up" and rest or mode.startswith("half") and (rest * 2 > 1 or rest * 2 == 1 and (mode == "half_up" or whole % 2)):
        whole += 1
    return Decimal(int(-whole if exact < 0 else whole)).scaleb(-places)


def version_at(charge, day_text, period):
    """The price in force on a day, or in a period of the service; before the first version that one holds."""
    prices = charge["price"] if isinstance(charge["price"], list) else [charge["price"]]
    if any("from_period" in price for price in prices):
        return [price for price in prices if int(price.get("from_period", 1)) <= period][-1]
    prices = sorted(prices, key=lambda price: price.get("valid_from", ""))
    return ([price for price in prices if price.get("valid_from", "") <= day_text] or prices[:1])[-1]


def worth(price, quantity, unit_price):
    """What a quantity costs under a price, unrounded; for one `per`. None where the service has to name a price and does not."""
    if tiers := price.get("graduated") or price.get("graduated_percentage"):
        total, below = Fraction(0), Fraction(0)
        for tier in tiers:
            bound = Fraction(tier["to"]) if tier.get("to") else None
            if quantity > below:
                total += at_tier(tier, (quantity if bound is None else min(quantity, bound)) - below)
            below = quantity if bound is None else bound
        return total
    if "volume" in price:
        reached = [tier for tier in price["volume"] if "to" not in tier or quantity <= Fraction(tier["to"])][0]
        return at_tier(reached, quantity) if quantity > 0 else Fraction(0)
    if "package" in price:
        package = price["package"]
        return at_tier({**package, "package": package["size"], "unit": package["price"]}, quantity)
    if "percentage" in price:
        return quantity * Fraction(price["percentage"]) / 100
    listed = price.get("flat", price.get("per_unit"))
    if unit_price is None and listed == "from_service":
        return None
    rate = Fraction(listed) if unit_price is None else unit_price
    return rate * quantity if "per_unit" in price else rate


def at_tier(tier, quantity):
    """What lies in one tier, by its percentage, by its unit, or by the packages charged of it."""
    size = Fraction(tier.get("package", 1))
    if "package" in tier:
        quantity = packages(quantity / size, tier.get("partial", "up")) * size
    unit = Fraction(tier.get("unit", 0)) / Fraction(tier.get("for", size))
    return quantity * (unit + Fraction(tier.get("percent", 0)) / 100) + Fraction(tier.get("flat", 0))


def packages(exact, partial):
    """How many are charged where the last is not full."""
    return {"up": ceil(exact), "down": floor(exact), "nearest": floor(exact + Fraction(1, 2))}[partial]


def periods_in_price(price, frequency):
    """How many times the time a price is for fits into a period."""
    per = price.get("per")
    if not per:
        return Fraction(1)
    lengths = MONTHS if frequency in MONTHS else DAYS
    return Fraction(lengths[frequency], lengths[per])


def part(whole, before, days, period_days, proration, round_it):
    """What some days of a period cost: the difference of two rounded sums, so that the parts of a period add up to it."""
    if proration == "none":
        upto = lambda days: whole if days else Fraction(0)
    else:
        upto = lambda days: whole * days / period_days
    return round_it(upto(before + days)) - round_it(upto(before))


def days_360(start, end, full):
    """Days from one day of a full period to another where every month has 30: positions in it, which end with the period."""
    def position(day):
        whole = 30 * (month_of(full[1]) - month_of(full[0]))
        if day == full[1]:
            return whole
        return min(whole, 30 * (month_of(day) - month_of(full[0])) + day_of_month(day) - day_of_month(full[0]))
    return position(end) - position(start)


def counted(stretches, full, proration):
    """How many days stretches of a full period count for."""
    return sum(days_360(begin, end, full) if proration == "30_360" else end - begin for begin, end in stretches)


def usage_worth(charge, price, quantity, unit_price, is_final, share=Fraction(1), included=None):
    """What the usage of a full period costs so far: free of what is included, at least the minimum once no day is left, at most the maximum.

    Of those that are prorated counts the share of the period that its days so far are. `included` is how much is free where that is shared or goes over.
    """
    usage = charge["usage"]
    stated = {"included": usage.get("included", 0), "minimum": charge.get("minimum"), "maximum": charge.get("maximum")}
    so_far = {name: Fraction(value) * (share if name in usage.get("prorate", ()) else 1) for name, value in stated.items() if value is not None}
    counted = max(Fraction(0), quantity - (so_far["included"] if included is None else included))
    total = worth(price, counted, unit_price) if counted else Fraction(0)
    if total is None:
        return None
    if is_final:
        total = max(total, so_far.get("minimum", total))
    return min(total, so_far.get("maximum", total))
