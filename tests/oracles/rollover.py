"""What is included and not used goes over into the next period; as docs/usage.md says it, remembered month by month as it happens."""
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass
class Pot:
    """What one charge of one service has free in one full period."""
    own: Fraction
    carried_in: Fraction = Fraction(0)
    carried_out: Fraction = Fraction(0)
    used: Fraction = Fraction(0)

    def free(self):
        return self.carried_in + self.own - self.carried_out

    def told(self):
        """What had gone over, as a line says it."""
        return tuple(Decimal(carried.numerator) / Decimal(carried.denominator) for carried in (self.carried_in, self.carried_out))

    def left(self):
        """Of its own, which is used last."""
        return min(self.own, max(Fraction(0), self.free() - self.used))


class Pots(dict):
    """Those of a service by charge and full period, apart from what is remembered until it is known that the service is billed."""

    def __init__(self, night, service):
        super().__init__(deepcopy(night.past.pots[service]))

    def of(self, charge, full):
        """Made when a day of the period is first billed: then it takes over what is left of the one before. None where nothing goes over."""
        if "rollover" not in charge.get("usage", ()):
            return None
        code = charge["code"]
        if (code, full) not in self:
            made = Pot(Fraction(charge["usage"]["included"]))
            for (other, period), before in self.items():
                if other == code and period[1] == full[0]:
                    if not before.used:
                        before.own = made.own  # no line says what was included in it
                    made.carried_in = before.carried_out = before.left()
            self[code, full] = made
        return self[code, full]
