"""Usage that is counted by condition, or charged row by row: each row by itself, each increment at its own second."""
from collections import Counter
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import ceil

from money import worth

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def meant(charge, row):
    """Whether a charge counts a row. The conditions of the random workspace compare the quantity with a number."""
    condition = charge["usage"].get("where")
    if not condition:
        return True
    column, sign, number = condition.split()
    assert (column, sign) == ("quantity", ">"), condition
    return Fraction(row["quantity"]) > Fraction(number)


def begun(each, quantity):
    """The length of the first increment of a quantity, that of each other one, and how many others are begun."""
    first, then = Fraction(each.get("first", each.get("then", 0))), Fraction(each.get("then", 0))
    if not then and not first:
        return quantity, Fraction(0), 0
    return first, then, ceil(max(Fraction(0), quantity - first) / then)


def window_at(windows, instant, zone):
    """The number of the first that holds on the clock of a place."""
    local = instant.astimezone(zone)
    clock = local.strftime("%H:%M")
    for number, window in enumerate(windows):
        dates = window.get("dates")
        if dates and not {local.strftime("%m-%d"), local.strftime("%Y-%m-%d")} & set(map(str, dates)):
            continue
        if "days" in window and DAYS[local.weekday()] not in window["days"]:
            continue
        if window.get("from", "00:00") <= clock < window.get("to", "24:00"):
            return number
    raise AssertionError("the last window holds always")


def in_windows(windows, instant, first, then, count, zone):
    """How many increments after the first begin in each window. Windows begin and end with a minute."""
    begin, step = (timedelta(microseconds=int(length * 10 ** 6)) for length in (first, then))
    minutes = Counter((instant + begin + step * at).replace(second=0, microsecond=0) for at in range(count))
    found = Counter()
    for minute, many in minutes.items():
        found[window_at(windows, minute, zone)] += many
    return found


def rated(charge, price, rows, before, quantity_before, zone, taken=None):
    """(quantity, rows, cost, quantity of those not free) of rows as (instant, quantity), after `before` rows of the same period; quantities with increments begun.

    `taken` is what is included for them where that is shared.
    """
    each, total, cost, paid = charge["usage"]["each"], Fraction(0), Fraction(0), Fraction(0)
    included, is_free = Fraction(charge["usage"].get("included", 0)) if taken is None else taken, each.get("free") == "included"
    rows = sorted((instant, quantity) for instant, quantity in rows if quantity)
    for nth, (instant, quantity) in enumerate(rows, before):
        first, then, count = begun(each, quantity)
        whole = first + then * count
        total += whole
        if not is_free and nth < int(each.get("free", 0)):
            continue  # nor does it take of what is included
        paid += whole
        fee = Fraction(each.get("fee", 0))
        if windows := price.get("windows"):
            at_first = window_at(windows, instant, zone)
            others = in_windows(windows, instant, first, then, count, zone) if each.get("split") else {at_first: count}
            if tiers := windows[at_first].get("graduated"):
                own = worth({"graduated": tiers}, whole, None)  # each row begins them anew
            else:
                own = first * Fraction(windows[at_first]["unit"]) + then * sum(many * Fraction(windows[number]["unit"]) for number, many in others.items())
            fee = Fraction(windows[at_first].get("fee", fee))
        else:
            own = beyond(included, quantity_before + paid - whole, whole) * (Fraction(price["percentage"]) / 100 if "percentage" in price else Fraction(price["per_unit"]))
            fee = Fraction(0) if is_free and quantity_before + paid <= included else fee
        own += fee
        if "minimum" in each:
            own = max(own, Fraction(each["minimum"]))
        if "maximum" in each:
            own = min(own, Fraction(each["maximum"]))
        cost += own
    return total, len(rows), cost, paid


def beyond(included, before, quantity):
    """What of a quantity is no longer included, after that of earlier rows."""
    return max(Fraction(0), before + quantity - included) - max(Fraction(0), before - included)


def instant_used(written, ours, theirs):
    """A plain date is the beginning of that day."""
    if len(written) == 10:
        return datetime.fromisoformat(written).replace(tzinfo=ours).astimezone(timezone.utc)
    read = datetime.fromisoformat(written)
    return (read if read.tzinfo else read.replace(tzinfo=theirs)).astimezone(timezone.utc)
