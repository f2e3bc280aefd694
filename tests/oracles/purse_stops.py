"""Services that are stopped for want of money and started again, from docs/prepaid.md, "Stopped and started"."""
from collections import Counter
from fractions import Fraction

from days import NEVER
from purse_rows import NOTHING, Action


# -- which days a service is stopped on -----------------------------------------------------------------------------

def know(purse, as_of, service):
    """Sets on which days a service is stopped, and which of them are not charged tonight."""
    service.stops = stops(service, [(day, what) for of, day, what in purse.orders if of == service.id])
    # Choice: by `charge_all` days of a stop are open again once it has ended; while it lasts they wait for the start.
    service.off = current(service, as_of) if purse.debits.on_topup == "charge_all" else list(service.stops)


def stops(service, orders):
    """Pauses for nonpayment in the export and stops in the book, half-open."""
    # Choice: rows that overlap or touch are one pause; and a start on the day a pause begins ends it too.
    pauses = merged([(begin, end) for begin, end, cause in service.pauses if cause == "nonpayment"])
    starts = [day for day, what in orders if what == "start"]
    found = [(begin, min([end, *(day for day in starts if day >= begin)])) for begin, end in pauses]
    for nth, (begin, what) in enumerate(orders):
        if what == "stop":
            # Choice: a pause for nonpayment is meant, which may have begun before the stop or after; and where runs start services too, people still can.
            ends = [day for day, what in orders[nth:] if what == "start"][:1] + [end for _, end in pauses if end > begin]
            found.append((begin, min(ends, default=NEVER)))
    return [(begin, end) for begin, end in found if begin < end]


def merged(spans):
    found = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def current(service, day):
    """The stretch of stopped days that a day is in, as a list of one; or none."""
    return [(begin, end) for begin, end in merged(service.stops) if begin <= day < end]


# -- started again --------------------------------------------------------------------------------------------------

def go_on(purse, run, export):
    """Starts services that can pay the day of the run, or finds that they could be."""
    for service in sorted(export.services, key=lambda service: service.id):
        if service.is_there(run.as_of) and service.hold_until <= run.as_of and service.is_stopped(run.as_of) and not service.is_paused(run.as_of):
            usage = export.usage.get(service.id, {})
            is_clear, off = not purse.open_steps(run.as_of, service), service.off
            service.off = [] if purse.debits.on_topup == "charge_all" else [(begin, min(end, run.as_of)) for begin, end in off]
            steps = purse.open_steps(run.as_of, service)
            cost, held = cost_of(purse, service, usage, steps), purse.payable(run.as_of, service)
            # Choice: usage has no price for the day, also where the run debits that of the day itself; neither has what is charged once.
            is_enough = purse.eligible(service) and held >= cost and (held or "recurring" in service.charge)
            if is_clear and is_enough:
                run.actions.append(Action(service.id, "start", cost, purse.stops.start))
            if is_clear and is_enough and purse.stops.start:
                order(purse, run, service.id, "start")
                pay(purse, run, service, usage, steps)
            else:
                service.off = off
                run.stopped.add(service.id)


def debits_of(purse, steps):
    return [[step] for step in steps] if purse.debits.granularity == "day" else [steps]


def cost_of(purse, service, usage, steps):
    """What its debits take, each rounded by itself."""
    cost, passed = NOTHING, Counter()
    for debit in debits_of(purse, steps):
        for line in purse.rated(service, usage, debit, passed):
            cost += line.amount
            passed[line.period] += line.quantity
    return cost


def pay(purse, run, service, usage, steps):
    for debit in debits_of(purse, steps):
        lines = purse.rated(service, usage, debit)
        assert purse.pay(run, run.as_of, service, lines)
        purse.keep(run, service, lines, debit)


def order(purse, run, service, what):
    purse.orders.append((service, run.as_of, what))
    run.ordered.append((service, run.as_of, what))


# -- stopped --------------------------------------------------------------------------------------------------------

def candidates(run, export):
    """Finds services that could be stopped: for which something could not be debited, and that are not stopped already."""
    services = {service.id: service for service in export.services}
    for shortfall in run.shortfalls:
        # Choice: of one that has ended there is nothing to stop.
        if not services[shortfall.service].is_stopped(run.as_of) and services[shortfall.service].is_there(run.as_of):
            run.actions.append(Action(shortfall.service, "stop", shortfall.missing))


def decide(purses, runs, are_new=True):
    """Orders the stops that the runs of all accounts ask for, or none of them: then gives how many, and of how many that were rated."""
    rules = purses[0].stops
    wanted = [(purse, run, action) for purse, run in zip(purses, runs) for action in run.actions if action.what == "stop"]
    rated = sum(len(run.rated) for run in runs)
    at_most = max(1, Fraction(rules.at_most[:-1]) / 100 * rated) if isinstance(rules.at_most, str) else rules.at_most
    if not wanted or not rules.stop:
        return None
    if len(wanted) > at_most or rules.needs_fresh and not are_new:
        return len(wanted), rated
    for purse, run, action in wanted:
        action.is_ordered = True
        order(purse, run, action.service, "stop")
    return None
