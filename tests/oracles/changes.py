"""Days that were billed and cost something else today; as docs/invoices.md and docs/definitions.md (retroactive) say it."""
from days import within
from again import retroactive
from money import counted, part, rounded
from piece import Due


def adjustments(night, terms):
    """Lines of the difference, for each stretch of days that one line has told the price of."""
    for begin, end, line in sorted(night.past.claims.get(terms.service.id, ()), key=lambda claim: claim[0]):
        if line is None or line.kind not in ("recurring", "adjustment"):
            continue
        if line.period != next(terms.cycle.periods(line.start)):
            continue  # what was billed by another bill day stays
        for seg_from, seg_to, row in terms.service.segments:
            for piece in within(within(terms.life(), begin, end), seg_from, seg_to):
                if row["charge"] != line.charge or retroactive(terms, terms.charges[line.charge]) == "ignore":
                    continue  # what a service is charged by is not changed for days that are billed
                if is_open(night, terms, line):
                    continue  # an end was taken back: its days are priced with the rest of them
                if not row.get("effective_on"):  # such a row says nothing of them
                    row = {**row, "quantity": line.row.get("quantity"), "unit_price": line.row.get("unit_price")}
                today = Due(night, terms, terms.charges[line.charge], row, line.period, *piece).fixed_line()
                billed = told(line, *piece)
                if today.amount != billed:
                    today.kind, today.amount, today.billed, today.adjusts = "adjustment", today.amount - billed, billed, line
                    yield today


def is_open(night, terms, line):
    """Whether the part of its period that is charged in arrears goes on."""
    charge = terms.charges[line.charge]
    if charge.get("recurring", {}).get("timing", "advance") == "advance":
        return False
    same = [end for _, end, row in terms.service.segments if row["charge"] == line.charge]
    return min(line.period[1], terms.ended, *same[-1:]) > night.to


def told(line, begin, end):
    """What some of its days cost by a line."""
    days = lambda *stretch: counted([stretch], line.period, line.proration)
    return part(line.whole, line.before + days(line.start, begin), days(begin, end), days(*line.period), line.proration,
                lambda exact: rounded(exact, line.currency, line.rounding))
