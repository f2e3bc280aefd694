"""What services of a subscription have included in common, and who takes how much of it; as docs/usage.md says it."""
from collections import defaultdict
from fractions import Fraction

from days import within


class Shared:
    """By (subscription, charge, full period): how much of what is included each service has taken."""

    def __init__(self):
        self.taken = defaultdict(dict)

    def of(self, pool):
        return self.taken.get(pool, {})

    def take(self, pool, service, quantity):
        self.taken[pool][service] = max(quantity, self.of(pool).get(service, quantity))

    def give_back(self, service):
        """What a service took of which nothing is billed after all."""
        for taken in self.taken.values():
            taken.pop(service, None)


def pool_of(due):
    """Which services it shares with, and for which days; None where it shares nothing."""
    if due.charge["usage"].get("shared") != "subscription":
        return None
    return due.terms.subscription["subscription_id"], due.charge["code"], due.full


def free(due, pool, quantity):
    """(of the usage before, of that and some more) how much is included for a service: what it took stays its own, and what others took is gone."""
    taken = {**due.night.past.shared.of(pool), **due.night.shared.of(pool)}
    own = taken.pop(due.terms.service.id, Fraction(0))
    left = Fraction(due.charge["usage"]["included"]) - sum(taken.values(), Fraction(0))
    return own, min(quantity, max(own, left))


def differs(others, code, full):
    """Whether a service that shares has other periods, in the days that it has of a full one."""
    for other in others:
        with_charge = [(begin, end) for begin, end, row in other.service.segments if row["charge"] == code]
        days = [piece for begin, end in within([(other.begun, other.ended)] if other.begun < other.ended else [], *full)
                for piece in within(with_charge, begin, end)]
        if any(next(other.cycle.periods(begin)) != full for begin, _ in days):
            return True
    return False
