"""Days as numbers, periods as half-open pairs of them, and the cycle in which a charge is billed."""
import calendar
from datetime import date

NEVER = date.max.toordinal()
MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12, "month": 1, "quarter": 3, "half_year": 6, "year": 12}
DAYS = {"daily": 1, "weekly": 7, "day": 1, "week": 7}
SOME_MONDAY = date(2001, 1, 1).toordinal()  # also the first day of a month, quarter, half-year and year


def number(text):
    """The number of a day written YYYY-MM-DD; None where nothing is written."""
    return date.fromisoformat(text).toordinal() if text else None


def text(day):
    return date.fromordinal(day).isoformat()


def in_month(month, day):
    """The given day of a month counted from year 0, or that month's last one where it is shorter."""
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1])).toordinal()


def month_of(day):
    when = date.fromordinal(day)
    return when.year * 12 + when.month - 1


def day_of_month(day):
    return date.fromordinal(day).day


class Cycle:
    """Boundaries so many months or days apart, all of them counted from the first."""

    def __init__(self, frequency, first=None, start=None, day=None):
        """Through `first`, or through the first `day` of a month that is not before `start`."""
        self.months, self.days = MONTHS.get(frequency), DAYS.get(frequency)
        if self.days:
            self.first = start if first is None else first
            return
        if first is not None:
            start, day = first, date.fromordinal(first).day
        self.day, self.first_month = day, month_of(start)
        if in_month(self.first_month, day) < start:
            self.first_month += 1

    def boundary(self, count):
        if self.days:
            return self.first + count * self.days
        return in_month(self.first_month + count * self.months, self.day)

    def count_of(self, day):
        """Which full period holds the day."""
        if self.days:
            return (day - self.first) // self.days
        count = (month_of(day) - self.first_month) // self.months
        return count - 1 if self.boundary(count) > day else count

    def periods(self, day):
        """Full periods, from the one that holds the day on."""
        count = self.count_of(day)
        while True:
            yield self.boundary(count), self.boundary(count + 1)
            count += 1


def minus(spans, taken):
    """What is left of spans; both are half-open pairs, `taken` in any order."""
    for lost_from, lost_to in taken:
        spans = [piece for begin, end in spans for piece in ((begin, min(end, lost_from)), (max(begin, lost_to), end)) if piece[0] < piece[1]]
    return spans


def within(spans, begin, end):
    """The parts of spans inside [begin, end)."""
    return [(max(a, begin), min(b, end)) for a, b in spans if max(a, begin) < min(b, end)]


def length(spans):
    return sum(b - a for a, b in spans)
