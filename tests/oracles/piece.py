"""What a piece of a full period costs: one line, or nothing where nothing was used."""
from decimal import Decimal
from fractions import Fraction

from aggregates import adds_up, aggregated
from days import minus, text, within
from due import Parked, ParkedAlone, decimal
from money import counted, part, periods_in_price, rounded, usage_worth, version_at, worth
from past import Line
from rows import meant, rated
from sharing import free, pool_of


class Due:
    """One piece of a full period, about to get its price."""

    def __init__(self, night, terms, charge, row, full, begin, end):
        self.night, self.terms, self.charge, self.row = night, terms, charge, row
        self.full, self.begin, self.end = full, begin, end
        self.quantity = Fraction(decimal(row.get("quantity"), Decimal(1)))
        self.unit_price = decimal(row.get("unit_price"))
        self.unit_price = None if self.unit_price is None else Fraction(self.unit_price)
        self.rounding = terms.scheme.get("rounding", night.workspace.settings["rounding"]), terms.scheme.get("round_to")
        self.price = version_at(charge, text(self.first_day()), terms.number_of(full))
        if not {"flat", "per_unit"} & set(self.price) and self.unit_price is not None:
            raise ParkedAlone("BW-R105")

    def first_day(self):
        """The first day of the full period on which the service has this charge: a charge it changes to costs what it costs by then."""
        return self.with_charge(self.full[1])[0][0]

    def with_charge(self, until):
        """Days of the full period on which the service has this charge, up to a day."""
        same = [(begin, end) for begin, end, row in self.terms.service.segments if row["charge"] == self.row["charge"]]
        return within(same, max(self.full[0], self.terms.begun), until)

    def round_it(self, exact):
        return rounded(exact, self.terms.scheme["currency"], self.rounding)

    def line(self, kind, quantity, amount, **more):
        terms = self.terms
        line = Line(terms.account["account_id"], terms.subscription["subscription_id"], terms.service.id, self.charge["code"], kind, self.begin, self.end,
                    Decimal(quantity.numerator) / Decimal(quantity.denominator), amount, terms.scheme["currency"],
                    self.charge.get("tax", terms.scheme.get("tax", "standard")),
                    group=self.night.group_key(terms.account, terms.subscription, self.row), rounding=self.rounding,
                    number=1 if "one_time" in self.charge else terms.number_of(self.full), own_price=self.unit_price,
                    included=self.charge.get("usage", {}).get("included", 0), **more)
        if kind in ("usage", "late_usage"):
            line.continues = self.line_before()
            terms.parts.append(line)
        return line

    def line_before(self):
        """The line that its period was billed by before, if any of it was."""
        known = [line for line in (*self.night.past.lines[self.terms.service.id], *self.terms.parts)
                 if line.charge == self.charge["code"] and line.period == self.full and line.start < self.begin and not line.adjusts]
        known = known if any(line.quantity for line in known) else []
        return max(known, key=lambda line: line.start, default=None)

    def fixed_line(self):
        """A recurring or a one-time charge."""
        whole = worth(self.price, self.quantity, self.unit_price)
        if whole is None:
            raise Parked("BW-R104")
        if "one_time" in self.charge:
            return self.line("one_time", self.shown(), self.round_it(whole))
        whole *= periods_in_price(self.price, self.terms.frequency)
        proration = self.charge["recurring"].get("proration", "daily")
        before = self.days_before(proration)
        days = lambda *stretch: counted([stretch], self.full, proration)
        amount = part(whole, before, days(self.begin, self.end), days(*self.full), proration, self.round_it)
        return self.line("recurring", self.shown(), amount, whole=whole, before=before, period=self.full, proration=proration, row=self.row, commits=self.charge.get("commits"))

    def shown(self):
        """The quantity on the line: a flat price is for one, whatever the quantity of the service."""
        return Fraction(1) if "flat" in self.price else self.quantity

    def days_before(self, proration):
        """Unpaused days of the same full period and the same charge before this piece."""
        return counted(minus(self.with_charge(self.begin), self.terms.pauses), self.full, proration)

    def share(self, until):
        """Of the full period, the unpaused days up to one on which the service has this charge."""
        return Fraction(counted(minus(self.with_charge(until), self.terms.pauses), self.full, "daily"), self.full[1] - self.full[0])

    def key(self):
        return self.terms.service.id, self.charge["code"]

    def usage_line(self, usage, in_run, is_last):
        """None where nothing was used and no minimum is due."""
        used = self.meant_on(usage, [(self.begin, self.end)])
        if "each" in self.charge["usage"]:
            return self.line_of_rows([(row["instant"], Fraction(decimal(row["quantity"]))) for row in used])
        if adds_up(self.charge):
            quantity = aggregated(self.charge, used, [], self.full, self.night.zone)
        elif self.end == self.together[-1][1]:  # what does not add up stands on the last part
            quantity = aggregated(self.charge, self.meant_on(usage, self.together), self.together, self.full, self.night.zone)
        else:
            quantity = Fraction(0)
        return self.line_of_quantity("usage", quantity, in_run, is_last)

    def late_line(self, late, in_run, billed_to):
        """Rows that arrived for billed days, of a period that is billed up to a day; None where they make no difference."""
        used = self.meant_on(late, [(self.begin, self.end)])
        if "each" in self.charge["usage"]:
            return self.line_of_rows([(row["instant"], Fraction(decimal(row["quantity"]))) for row in used], "late_usage")
        quantity = aggregated(self.charge, used, [], self.full, self.night.zone)
        if not adds_up(self.charge):
            before = sum((Fraction(counted) for begin, _, counted, _ in (*self.night.past.usage[self.key()], *in_run[self.key()]) if self.full[0] <= begin < self.full[1]), Fraction(0))
            quantity = max(Fraction(0), quantity - before)
        return self.line_of_quantity("late_usage", quantity, in_run, False, (billed_to, billed_to))

    def line_of_quantity(self, kind, quantity, in_run, is_last, until=None):
        """What a quantity costs after that of earlier parts of the period."""
        earlier = [*self.night.past.usage[self.key()], *in_run[self.key()]]
        earlier = [(counted, was_raised) for begin, end, counted, was_raised in earlier if self.full[0] <= begin < self.full[1]]
        before, had_minimum = sum((Fraction(counted) for counted, _ in earlier), Fraction(0)), any(was_raised for _, was_raised in earlier)
        had_minimum = had_minimum or self.was_repriced_to_minimum()
        pool, pot = pool_of(self), self.pots.of(self.charge, self.full)
        had, has, carried = None, None, (None, None)
        if pool:
            had, has = free(self, pool, before + quantity)
        if pot:
            had, has, carried, pot.used = pot.free(), pot.free(), pot.told(), before + quantity
        cost = lambda quantity, until, is_final, included=has: usage_worth(self.charge, self.price, quantity, self.unit_price, is_final, self.share(until), included)
        # What counts by days has counted all that are billed, those behind a late row too.
        so_far, billed = until or (self.end, self.begin)
        upto, already = cost(before + quantity, so_far, is_last or had_minimum), cost(before, billed, had_minimum, had)
        if upto is None:
            raise Parked("BW-R104")
        amount = self.round_it(upto) - self.round_it(already)
        if not quantity and not amount:
            return None
        is_told = had_minimum or earlier and "prorate" in self.charge["usage"]  # what its earlier parts cost is not plain to see from their quantity
        is_raised = upto != cost(before + quantity, so_far, False)
        in_run[self.key()].append((self.begin, self.end, quantity, is_raised))
        billed = self.round_it(already) if is_told else None
        return self.line(kind, quantity, amount, period=self.full, is_raised=is_raised, billed=billed, taken=self.taken(pool, has), free=has if pool else None, carried=carried)

    def was_repriced_to_minimum(self):
        """Whether its period was brought to its minimum when it was priced anew, now or before."""
        repriced = self.night.past.repriced[self.terms.service.id]
        return ("minimum" in self.charge and self.terms.repriced.get((self.full, self.charge["code"]), False)
                or any(line.is_raised and line.charge == self.charge["code"] and self.full[0] <= line.start < self.full[1] for line in repriced))

    def taken(self, pool, quantity):
        """What its service has taken by now of what it shares; others of this run take what is left."""
        if pool:
            self.night.shared.take(pool, self.terms.service.id, quantity)
        return pool and (pool, quantity)

    def meant_on(self, usage, days):
        """The rows on some days that the charge counts."""
        rows = [row for day, row in usage if within(days, day, day + 1) and meant(self.charge, row)]
        if any((row.get("status") or "processed") != "processed" for row in rows):
            raise ParkedAlone("BW-R302")
        return rows

    def line_of_rows(self, rows, kind="usage"):
        """What rows cost that are charged one by one; None where there are none."""
        earlier = [*self.night.past.rows[self.key()], *self.in_run_rows[self.key()]]
        earlier = [counted for begin, end, *counted in earlier if self.full[0] <= begin < self.full[1]]
        before, cost_before, quantity_before = (sum((counted[at] for counted in earlier), Fraction(0)) for at in range(3))
        pool, has = pool_of(self), None
        if pool:
            used = rated(self.charge, self.price, rows, int(before), quantity_before, self.night.zone)[3]
            _, has = free(self, pool, quantity_before + used)
        quantity, count, cost, paid = rated(self.charge, self.price, rows, int(before), quantity_before, self.night.zone, has)
        if not count:
            return None
        self.in_run_rows[self.key()].append((self.begin, self.end, count, cost, paid))
        return self.line(kind, quantity, self.round_it(cost_before + cost) - self.round_it(cost_before), period=self.full, rows=(count, cost, paid), taken=self.taken(pool, has))
