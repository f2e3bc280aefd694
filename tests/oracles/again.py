"""Usage that was billed and costs something else today; as docs/usage.md says it, from what was counted and not from tonight's usage."""
from decimal import Decimal
from fractions import Fraction

from days import minus, within
from due import ParkedAlone, decimal
from money import usage_worth
from piece import Due


def retroactive(terms, charge):
    return charge.get("retroactive", terms.scheme.get("retroactive", "ignore"))


def repriced(night, terms):
    """({(full period, charge): whether it is over}, lines of the difference) of all periods that can be priced anew."""
    over, lines = {}, []
    for full, code in sorted({tuple(read) for _, _, *read in night.past.read[terms.service.id]}):
        charge = terms.charges.get(code)
        if charge and "usage" in charge and "usage" in night.types and retroactive(terms, charge) != "ignore":
            found = of_period(night, terms, charge, full)
            if found:
                over[full, code] = found[0]
                lines += found[1]
    if any(retroactive(terms, terms.charges[line.charge]) == "park" for line in lines):
        raise ParkedAlone("BW-R107")
    return over, lines


def of_period(night, terms, charge, full):
    """(whether it is over, its lines); None where it stays as it was billed."""
    service, code = terms.service.id, charge["code"]
    pieces = [(*piece, row) for first, last, row in terms.service.segments if row["charge"] == code for piece in within(within(terms.life(), *full), first, last)]
    if not pieces or full != next(terms.cycle.periods(pieces[0][0])) or is_open(night, terms, charge, full):
        return None
    billed = night.past.spans(service)
    parts = [(*part, row) for begin, end, row in pieces for part in within(billed, begin, end)]
    read = [(begin, end) for begin, end, *of in night.past.read[service] if tuple(of) == (full, code)]
    own = lambda lines: [line for line in lines if line.charge == code and full[0] <= line.start < full[1]]
    counted, before = own(night.past.lines[service]), own(night.past.repriced[service])
    if not parts or minus([part[:2] for part in parts], read) or any(line.period != full for line in counted):
        return None
    if counted and "rollover" in charge["usage"] and any(line.included != charge["usage"].get("included", 0) for line in counted):
        raise ParkedAlone("BW-R107")
    is_over = bool(within(billed, pieces[-1][1] - 1, pieces[-1][1]))
    groups = grouped(parts)
    starts = [full[0], *(parts[0][0] for parts in groups[1:]), full[1]]
    if len(groups) > 1 and goes_on(charge) and any(line.kind == "late_usage" and line.start < starts[-2] for line in counted):
        return None
    lines, quantity, days = [], Fraction(0), 0
    for at, parts in enumerate(groups):
        begin, end, is_last = starts[at], starts[at + 1], at == len(groups) - 1
        its = [line for line in counted if begin <= line.start < end]
        if not is_last and any(line.end > end for line in its):
            raise ParkedAlone("BW-R107")
        due = Due(night, terms, charge, parts[-1][2], full, parts[0][0], parts[-1][1])
        if not parts[-1][2].get("effective_on") and its:
            prices = {line.own_price for line in its}
            if len(prices) > 1:
                return None
            due.unit_price = prices.pop()
        raised = lambda until: any(line.is_raised and line.start < until for line in (*counted, *before))
        days_before, quantity_before = days, quantity
        days += sum(stop - start for start, stop, _ in parts)
        quantity += sum((Fraction(line.quantity) for line in its), Fraction(0))
        free = [line.free for line in counted if line.start < end and line.free is not None]
        share = lambda counted_days: Fraction(counted_days, full[1] - full[0])
        cost = lambda used, until, is_final: usage_worth(charge, due.price, used, due.unit_price, is_final, share(until), min_free(charge, free, counted))
        upto, already = cost(quantity, days, is_last and is_over or raised(end)), cost(quantity_before, days_before, bool(at) and raised(begin))
        told = sum((line.amount for line in (*its, *(line for line in before if begin <= line.start < end))), Decimal(0)) + due.round_it(already)
        if due.round_it(upto) != told:
            line = due.line("adjustment", quantity - quantity_before, due.round_it(upto) - told, period=full, billed=told,
                            is_raised=upto != cost(quantity, days, False), carried=carried(counted, end))
            line.is_usage = True
            known = [line for line in (*its, *before) if begin <= line.start < end]
            line.adjusts = max(known, key=lambda line: (line.run, line.kind == "adjustment", line.end, line.start), default=None)
            lines.append(line)
    return is_over, lines


def grouped(parts):
    """Neighboring parts that have one price of the service's own."""
    key = lambda row: (bool(row.get("effective_on")), row.get("effective_on") and decimal(row.get("unit_price")))
    groups = []
    for part in parts:
        if groups and key(groups[-1][-1][2]) == key(part[2]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def goes_on(charge):
    """Whether what was used before matters to what more of it costs."""
    usage, prices = charge["usage"], charge["price"] if isinstance(charge["price"], list) else [charge["price"]]
    return bool(Fraction(usage.get("included", 0)) or "each" in usage or {"minimum", "maximum"} & set(charge)
                or any(not {"flat", "per_unit"} & set(price) for price in prices))


def min_free(charge, free, counted):
    """What is free where that is shared or has gone over, by what its lines said of it: None where it is not."""
    if charge["usage"].get("shared"):
        return max(free, default=Fraction(0))
    if any(line.carried[0] is not None for line in counted):
        carried_in, carried_out = (max((Fraction(line.carried[at] or 0) for line in counted), default=Fraction(0)) for at in (0, 1))
        return carried_in + max(Fraction(0), Fraction(charge["usage"].get("included", 0)) - carried_out)
    return None


def carried(counted, until):
    those = [line.carried for line in counted if line.start < until and line.carried[0] is not None]
    return (max(told[0] for told in those), max(told[1] for told in those)) if those else (None, None)


def is_open(night, terms, charge, full):
    """Whether the part of a period that a charge has is not over yet, where it is billed once it is."""
    if charge["usage"].get("through") == "window_to":
        return False
    same = [end for begin, end, row in terms.service.segments if row["charge"] == charge["code"] and begin < full[1]]
    return min(full[1], terms.ended, same[-1]) > night.to
