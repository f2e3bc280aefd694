"""Usage that arrives for days that are billed, where its charge bills it by the next run; as docs/usage.md says it."""
from collections import defaultdict

from days import within
from piece import Due


def late_lines(night, terms, late, in_run, in_run_rows, pots):
    """(full period, charge, from, to, line or None) of what late rows, as (day, row), cost their periods more."""
    by_period = defaultdict(list)
    for day, row in late:
        by_period[read_by(night, terms, day)].append((day, row))
    for (full, code), rows in sorted(by_period.items()):
        billed = stretches(terms, parts_read(night, terms, full, code))
        for begin, end in billed:
            own = [(day, row) for day, row in rows if begin <= day < end]
            if not own:
                continue
            row = next(row for first, last, row in terms.service.segments if first < end <= last)
            due = Due(night, terms, terms.charges[code], row, full, begin, end)
            due.in_run_rows, due.pots = in_run_rows, pots
            line = due.late_line(own, in_run, max(end for _, end in billed))
            if line:
                line.adjusts = last_line(night, terms, full, code)
            yield full, code, begin, end, line


def stretches(terms, parts):
    """What is left today of parts of a period, as the rows of the service part it; the end of a window parts nothing."""
    together = []
    for begin, end in sorted(parts):
        if together and together[-1][1] == begin:
            begin = together.pop()[0]
        together.append((begin, end))
    left = [piece for begin, end in together for piece in within(terms.life(), begin, end)]
    return [piece for first, last, _ in terms.service.segments for piece in within(left, first, last)]


def last_line(night, terms, full, code):
    """The one that ends last of a period, of equals the one that came last."""
    lines = [line for line in night.past.lines[terms.service.id] if (line.period, line.charge) == (full, code)]
    return max(reversed(lines), key=lambda line: line.end, default=None)


def is_known(night, terms, day):
    """Whether it is known what the usage of a day that is billed came to with the rest of its period."""
    read = read_by(night, terms, day)
    if read is None or not within(terms.life(), day, day + 1):
        return False
    full, code = read
    if code != terms.charge_on(day)["code"] or full != next(terms.cycle.periods(day)):
        return False
    counted = [line for line in night.past.lines[terms.service.id] if (line.period, line.charge, line.kind) == (full, code, "usage") and line.quantity]
    return terms.charges[code]["usage"].get("aggregate") != "max" or len(counted) < 2


def read_by(night, terms, day):
    """The full period and the charge by which a day was billed."""
    return next(((full, code) for begin, end, full, code in night.past.read[terms.service.id] if begin <= day < end), None)


def parts_read(night, terms, full, code):
    return [(begin, end) for begin, end, *read in night.past.read[terms.service.id] if read == [full, code]]
