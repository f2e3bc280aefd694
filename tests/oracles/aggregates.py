"""Usage that does not add up from day to day: what all rows of a period come to that are billed together."""
from datetime import date, datetime
from fractions import Fraction

from days import within

MILLION = Fraction(10 ** 6)


def adds_up(charge):
    """Whether the quantities of parts of a period are together that of the period."""
    return charge["usage"].get("aggregate", "sum") in ("sum", "count")


def aggregated(charge, rows, days, full, zone):
    """The quantity of rows, which lie on the given days of a full period."""
    how, quantities = charge["usage"].get("aggregate", "sum"), [Fraction(row["quantity"]) for row in rows]
    if how == "sum":
        return sum(quantities, Fraction(0))
    if how == "count":
        return Fraction(len(rows))
    if isinstance(how, dict):
        return Fraction(len({row[how["unique"]] for row in rows} - {None}))
    levels = sorted((row["instant"], quantity) for row, quantity in zip(rows, quantities))  # of several at once the largest is the last
    if how == "max":
        return max(quantities, default=Fraction(0))
    if how == "last":
        return levels[-1][1] if levels else Fraction(0)
    return round(average(levels, days, full, zone) * MILLION + Fraction(1, 10 ** 30)) / MILLION  # as it stands on the line


def average(levels, days, full, zone):
    """Of a level over a full period: nothing before the first row, and on days that are none of the given."""
    total, clock = 0, lambda day: second(day, zone)
    ends = [at.timestamp() for at, _ in levels[1:]] + [clock(full[1])]
    billed = [(clock(begin), clock(end)) for begin, end in days]
    for (at, level), end in zip(levels, ends):
        total += level * sum(Fraction(b - a) for a, b in within(billed, at.timestamp(), end))
    return total / Fraction(clock(full[1]) - clock(full[0]))


def second(day, zone):
    """The beginning of a day in real time, so that a day on which clocks go forward has 23 hours."""
    when = date.fromordinal(day)
    return datetime(when.year, when.month, when.day, tzinfo=zone).timestamp()
