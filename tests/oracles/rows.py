"""Usage that is counted by condition, or charged row by row: each row by itself, each increment at its own second."""
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import ceil

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
    """The beginnings of a quantity's increments, and what all of them come to."""
    first, then = Fraction(each.get("first", each.get("then", 0))), Fraction(each.get("then", 0))
    if not then and not first:
        return [Fraction(0)], quantity
    beyond = max(Fraction(0), quantity - first)
    count = ceil(beyond / then)
    return [Fraction(0)] + [first + then * at for at in range(count)], first + then * count


def window_at(windows, instant, zone):
    """The first that holds on the clock of a place."""
    local = instant.astimezone(zone)
    clock = local.strftime("%H:%M:%S")
    for window in windows:
        dates = window.get("dates")
        if dates and not {local.strftime("%m-%d"), local.strftime("%Y-%m-%d")} & set(map(str, dates)):
            continue
        if "days" in window and DAYS[local.weekday()] not in window["days"]:
            continue
        if window.get("from", "00:00") <= clock < window.get("to", "24:00"):
            return window
    raise AssertionError("the last window holds always")


def rated(charge, price, rows, before, zone):
    """(quantity, rows, cost) of rows as (instant, quantity), after `before` rows of the same period; the quantity with its increments begun."""
    each, total, cost = charge["usage"]["each"], Fraction(0), Fraction(0)
    rows = sorted((instant, quantity) for instant, quantity in rows if quantity)
    for nth, (instant, quantity) in enumerate(rows, before):
        starts, whole = begun(each, quantity)
        total += whole
        if nth < int(each.get("free", 0)):
            continue
        fee, own = Fraction(each.get("fee", 0)), Fraction(0)
        if "windows" in price:
            ends = [*starts[1:], whole]
            for start, end in zip(starts, ends):
                at = instant + timedelta(microseconds=int(start * 10 ** 6)) if each.get("split") else instant
                own += (end - start) * Fraction(window_at(price["windows"], at, zone)["unit"])
            fee = Fraction(window_at(price["windows"], instant, zone).get("fee", fee))
        else:
            own = whole * (Fraction(price["percentage"]) / 100 if "percentage" in price else Fraction(price["per_unit"]))
        own += fee
        if "minimum" in each:
            own = max(own, Fraction(each["minimum"]))
        if "maximum" in each:
            own = min(own, Fraction(each["maximum"]))
        cost += own
    return total, len(rows), cost


def instant_used(written, ours, theirs):
    """A plain date is the beginning of that day."""
    if len(written) == 10:
        return datetime.fromisoformat(written).replace(tzinfo=ours).astimezone(timezone.utc)
    read = datetime.fromisoformat(written)
    return (read if read.tzinfo else read.replace(tzinfo=theirs)).astimezone(timezone.utc)
