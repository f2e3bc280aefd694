"""A model of prepaid wallets, from docs/prepaid.md alone: the wallets of one account over nights, a day at a time.

    purse.py

works out the examples of purse_examples.py, whose figures were computed by hand. Where the page leaves something open, a
comment that begins with "Choice:" says how it is read here.
"""
from collections import Counter, defaultdict
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction

import purse_ahead
import purse_stops
from days import NEVER
from money import rounded, usage_worth, worth
from purse_rows import NOTHING, Ahead, Line, Lot, Run, Shortfall, State, Stops, Transaction


class Purse:
    """The wallets and the billed days of one account."""

    def __init__(self, debits, stops=Stops(), ahead=Ahead()):
        self.debits, self.stops, self.ahead = debits, stops, ahead
        self.wallets, self.lots, self.debts = {}, [], {}
        self.counted_top_ups, self.lots_made = set(), 0
        self.claimed, self.listed = defaultdict(set), defaultdict(set)   # by service: days
        self.used = defaultdict(Fraction)                               # by service and period: quantity
        self.orders = []                                                # (service, day, stop or start), in their order
        self.runs, self.kept = [], []

    # -- what a wallet holds ----------------------------------------------------------------------------------------

    def balance(self, wallet):
        return sum((lot.left for lot in self.lots if lot.wallet.id == wallet), NOTHING) - self.debts[wallet]

    def put(self, wallet, amount, expires):
        """Pays what the wallet owes first; the rest can be used until it expires, or the wallet does."""
        owed = min(self.debts[wallet.id], amount)
        self.debts[wallet.id] -= owed
        self.lots_made += 1
        self.lots.append(Lot(wallet, amount - owed, min(expires, wallet.expires), self.lots_made))

    def book(self, run, wallet, kind, amount, service=None, charge=None, start=None, end=None):
        """Writes a transaction down that was made already."""
        run.transactions.append(Transaction(wallet, kind, service, charge, start, end, amount, self.balance(wallet)))
        what = {"top_up": "topped_up", "refund": "refunded", "debit": "debited", "expiry": "expired"}[kind]
        state = run.states[wallet]
        setattr(state, what, getattr(state, what) + abs(amount))

    # -- a night ----------------------------------------------------------------------------------------------------

    def night(self, as_of, export):
        """All of a night that is about this account alone; `purse_stops.decide` goes over those of all accounts, and `purse_ahead.look` follows."""
        run = Run(as_of, carried=self.kept)
        self.kept = []
        self.open_wallets(run, export)
        run.found = deepcopy((self.lots, self.debts))
        self.count_top_ups(run, as_of, export)
        self.expire(run, as_of)
        turns = []
        for service in export.services:
            purse_stops.know(self, as_of, service)
            if service.hold_until > as_of:
                continue
            turns_of_it = self.turns(as_of, service)
            if turns_of_it and not self.eligible(service):
                # Choice: without any wallet of the account for it, expired or not, nothing of a service is tried; its other services are.
                run.unpayable.add(service.id)
                continue
            turns += turns_of_it
            run.rated |= {service.id} if turns_of_it else set()
        left = set()
        for _, service, fresh, listed in sorted(turns, key=lambda turn: turn[0]):
            self.charge(run, as_of, service, export.usage.get(service.id, {}), fresh, listed, left)
        purse_stops.go_on(self, run, export)
        purse_stops.candidates(run, export)
        for wallet, state in run.states.items():
            state.closing = self.balance(wallet)
        self.runs.append(run)
        return run

    def open_wallets(self, run, export):
        for wallet in sorted(export.wallets, key=lambda wallet: wallet.id):
            if wallet.id not in self.wallets:
                self.wallets[wallet.id] = wallet
                self.start(wallet)
        for wallet in self.wallets:
            run.states[wallet] = State(wallet, self.balance(wallet))

    def start(self, wallet):
        self.debts[wallet.id] = max(NOTHING, -wallet.opening)
        self.put(wallet, max(NOTHING, wallet.opening), NEVER)

    def count_top_ups(self, run, as_of, export):
        for top_up in sorted(export.top_ups, key=lambda it: (it.moment, it.id)):
            if top_up.day <= as_of and top_up.id not in self.counted_top_ups:
                self.counted_top_ups.add(top_up.id)
                self.put(self.wallets[top_up.wallet], top_up.amount, top_up.expires)
                run.top_ups.append((top_up.wallet, top_up.amount, top_up.expires))
                self.book(run, top_up.wallet, "top_up", top_up.amount)

    def expire(self, run, as_of):
        for wallet in self.wallets:
            gone = [lot for lot in self.lots if lot.wallet.id == wallet and lot.left and lot.expires <= as_of]
            amount = sum((lot.left for lot in gone), NOTHING)
            for lot in gone:
                run.taken.append((wallet, lot, lot.left, None, None, None, None))
                lot.left = NOTHING
            if amount:
                self.book(run, wallet, "expiry", -amount)

    # -- one charge of a service ------------------------------------------------------------------------------------

    def turns(self, as_of, service):
        """(when its turn comes, service, steps to be paid, steps that were listed before and may be let go)."""
        steps = self.open_steps(as_of, service)
        # Choice: an earlier run that was canceled listed nothing.
        is_listed = lambda step: self.debits.on_topup == "waive" and "one_time" not in service.charge and step[0] in self.listed[service.id] and step[-1] < as_of
        parted = lambda steps: ([step for step in steps if not is_listed(step)], [step for step in steps if is_listed(step)])
        if self.debits.granularity == "day":
            night = lambda step: step[0] - (self.debits.usage_days if service.is_usage else 0)
            return [((night(step), service.is_usage, service.id, service.code, step), service, *parted([step])) for step in steps]
        return [((0, service.is_usage, service.id, service.code, ()), service, *parted(steps))] if steps else []

    def charge(self, run, as_of, service, usage, fresh, listed, left):
        """Makes a debit as far as it fits, and lets days of before go; what is left is a shortfall."""
        waits, passed = service.id in left and service.is_usage, run.passed[service.id]
        before = self.rated(service, usage, listed, passed)
        rest = fresh if waits else self.pay_steps(run, as_of, service, usage, fresh)
        could = lambda: sum((line.amount for line in before), NOTHING) <= self.payable(as_of, service)
        if listed and not waits and not rest and (fresh or could()):
            # Choice: what was used on days that are let go does not count towards tiers.
            self.claim(run, service, [day for step in listed for day in step])
            run.waived += len(listed)
            listed = []
        if rest or listed:
            ahead = Counter()
            for step in run.waiting[service.id] if waits else []:
                for day in step:
                    ahead[service.period(day)] += usage.get(day, 0)
            amount = sum((line.amount for line in (before if listed else []) + self.rated(service, usage, rest, ahead)), NOTHING)
            self.fall_short(run, as_of, service, sorted(listed + rest), rest, amount)
            left.add(service.id)
        for line in before:
            passed[line.period] += line.quantity

    def fall_short(self, run, as_of, service, steps, fresh, amount):
        """Choice: a debit over several periods is one shortfall, from its first day to its last; and so are all days of a charge."""
        before = next((it for it in run.shortfalls if (it.service, it.charge) == (service.id, service.code)), None)
        if before is None:
            before = Shortfall(service.id, service.code, steps[0][0], steps[-1][-1] + 1, NOTHING, NOTHING)
            run.shortfalls.append(before)
        before.start, before.end = min(before.start, steps[0][0]), max(before.end, steps[-1][-1] + 1)
        before.amount += amount
        before.missing = max(NOTHING, before.amount - max(NOTHING, self.payable(as_of, service)))
        run.waiting[service.id] += fresh
        self.list(run, service, steps)

    def open_steps(self, as_of, service):
        """What is due and was not billed, the oldest first, in the least parts it can be paid in: tuples of days."""
        is_open = lambda day: day not in self.claimed[service.id]
        if "one_time" in service.charge:
            day = service.begun
            return [(day,)] if day <= as_of and day < service.ended and is_open(day) else []
        last = as_of + self.debits.usage_days if service.is_usage else as_of
        steps, day = [], service.begun
        while day <= last and day < service.ended:
            end = min(service.period(day)[1], service.ended) if service.is_whole else day + 1
            open_days = [it for it in range(day, end) if is_open(it) and not service.is_paused(it) and not any(begin <= it < end for begin, end in service.off)]
            # What begins later, behind a pause, is not due yet.
            step = tuple(it for stretch in stretches(open_days) if stretch[0] <= last for it in stretch)
            steps += [step] if step else []
            day = end
        return steps

    def pay_steps(self, run, as_of, service, usage, debit):
        """Makes a debit, or of `partial_days` as much of it as fits; gives the steps that are left."""
        parts = [[step] for step in debit] if self.debits.on_insufficient == "partial_days" else [debit] if debit else []
        while parts:
            lines = self.rated(service, usage, parts[0])
            if not self.pay(run, as_of, service, lines):
                break
            self.keep(run, service, lines, parts[0])
            parts = parts[1:]
        return [step for part in parts for step in part]

    def list(self, run, service, debit):
        for step in debit:
            for day in step:
                if day not in self.listed[service.id]:
                    self.listed[service.id].add(day)
                    run.listed.append((service.id, day))

    def keep(self, run, service, lines, debit):
        """A debit that was paid, or is nothing: its days are billed, and lines are kept that are of any use."""
        self.claim(run, service, [day for step in debit for day in step])
        for line in lines:
            if line.amount or service.is_usage and service.needs_to_know() and line.quantity:
                run.lines.append(line)
                if service.is_usage:
                    self.used[service.id, line.period] += line.quantity
                    run.counted.append((service.id, line.period, line.quantity))

    def claim(self, run, service, days):
        self.claimed[service.id] |= set(days)
        run.claimed += [(service.id, day) for day in days]

    # -- what days cost ---------------------------------------------------------------------------------------------

    def rated(self, service, usage, debit, ahead=()):
        """The lines of a debit: one for each stretch of days of a period; of `partial_days` one for each day."""
        if not debit:
            return []
        if not service.is_usage and "recurring" not in service.charge:
            day = debit[0][0]
            return [Line(service.id, service.code, day, day + 1, service.quantity, cents(worth(service.charge["price"], service.quantity, service.unit_price)), (day, day + 1))]
        ahead, lines = Counter(ahead), []
        by_day = self.debits.on_insufficient == "partial_days" and not service.is_whole
        for steps in [[step] for step in debit] if by_day else [debit]:
            by_period = defaultdict(list)
            for step in steps:
                by_period[service.period(step[0])] += step
            for full, stretch in ((full, stretch) for full, days in by_period.items() for stretch in stretches(days)):
                if service.is_usage:
                    lines.append(self.usage_line(service, usage, full, stretch, ahead[full]))
                    ahead[full] += lines[-1].quantity
                else:
                    lines += self.recurring_lines(service, full, stretch, is_first=stretch[0] == by_period[full][0])
        return lines

    def usage_line(self, service, usage, full, days, ahead):
        # Choice: rounded once is the difference that the debit's quantity makes, not each of two sums; a flat price is charged once in a period.
        before, quantity = self.used[service.id, full] + ahead, sum((usage.get(day, 0) for day in days), Fraction(0))
        cost = lambda quantity: usage_worth(service.charge, service.charge["price"], quantity, service.unit_price, False)
        # So that a maximum holds to the cent, it is then the difference that is made to a rounded sum.
        amount = cents(cost(before + quantity)) - cents(cost(before)) if "maximum" in service.charge else cents(cost(before + quantity) - cost(before))
        return Line(service.id, service.code, days[0], days[-1] + 1, quantity, amount, full)

    def recurring_lines(self, service, full, days, is_first):
        price, length = worth(service.charge["price"], service.quantity, service.unit_price), full[1] - full[0]
        if service.is_whole:
            is_first = is_first and not self.claimed[service.id] & set(range(*full))
            return [Line(service.id, service.code, days[0], days[-1] + 1, service.quantity, cents(price) if is_first else NOTHING, full)]
        # Choice: a day has its place in the period, wherever the service began in it and whatever was paused before.
        upto = lambda day: cents(price * (day - full[0]) / length)
        amount = sum((upto(day + 1) - upto(day) for day in days), NOTHING)
        return [Line(service.id, service.code, days[0], days[-1] + 1, service.quantity, amount, full)]

    # -- taking it from wallets -------------------------------------------------------------------------------------

    def eligible(self, service):
        return [wallet for wallet in self.wallets.values() if wallet.scheme in (None, service.scheme)]

    def place(self, scheme, wallet, expires):
        return wallet.scheme != scheme, expires, NEVER if wallet.priority is None else wallet.priority, wallet.id

    def sources(self, as_of, service):
        """(wallet, lot or None for its credit, how much), in the order in which they are taken."""
        # Choice: what expires first is asked of each part that a wallet holds, so two wallets can take turns.
        wallets = [wallet for wallet in self.eligible(service) if wallet.expires > as_of]
        lots = [lot for lot in self.lots if lot.left and lot.wallet in wallets]
        lots.sort(key=lambda lot: (*self.place(service.scheme, lot.wallet, lot.expires), lot.number))
        found = [(lot.wallet, lot, lot.left) for lot in lots]
        if self.debits.on_insufficient == "allow_negative":
            # Choice: a wallet's credit expires when the wallet does.
            for wallet in sorted(wallets, key=lambda wallet: self.place(service.scheme, wallet, wallet.expires)):
                found.append((wallet, None, max(NOTHING, wallet.limit - self.debts[wallet.id])))
        return found

    def payable(self, as_of, service):
        """Choice: what another wallet owes makes what one holds no less."""
        return sum((amount for _, _, amount in self.sources(as_of, service)), NOTHING)

    def pay(self, run, as_of, service, lines):
        """Takes what lines cost, if there is as much."""
        if sum((line.amount for line in lines), NOTHING) > self.payable(as_of, service):
            return False
        for line in lines:
            needed, by_wallet = line.amount, defaultdict(lambda: NOTHING)
            for wallet, lot, held in self.sources(as_of, service):
                amount = min(needed, held)
                if not amount:
                    continue
                if lot:
                    lot.left -= amount
                else:
                    self.debts[wallet.id] += amount
                needed -= amount
                by_wallet[wallet.id] += amount
                run.taken.append((wallet.id, lot, amount, service.id, service.code, line.start, line.end))
            for wallet, amount in by_wallet.items():
                self.book(run, wallet, "debit", -amount, service.id, service.code, line.start, line.end)
        return True

    # -- taking a run back ------------------------------------------------------------------------------------------

    def cancel(self):
        """Takes the latest run back; gives what that does, as a run of refunds."""
        canceled, run = self.runs.pop(), Run()
        for wallet in self.wallets:
            run.states[wallet] = State(wallet, self.balance(wallet))
        # Choice: wallets are as if the run had not been, with the top-ups that it and what was canceled before it counted.
        self.lots, self.debts = canceled.found
        again, self.kept = canceled.top_ups + self.kept, canceled.carried + canceled.top_ups + self.kept
        for wallet in self.wallets.values():
            if wallet.id not in self.debts:
                self.start(wallet)
        for wallet, amount, expires in again:
            self.put(self.wallets[wallet], amount, expires)
        balances = {wallet: state.opening for wallet, state in run.states.items()}
        for wallet, _, amount, *what in canceled.taken:
            self.book(run, wallet, "refund", amount, *what)
            balances[wallet] += amount
            run.transactions[-1].balance_after = balances[wallet]
        for service, day in canceled.claimed:
            self.claimed[service].discard(day)
        for service, day in canceled.listed:
            self.listed[service].discard(day)
        run.taken_back = canceled.ordered
        for order in canceled.ordered:
            self.orders.remove(order)
        for service, period, quantity in canceled.counted:
            self.used[service, period] -= quantity
        for wallet, state in run.states.items():
            state.closing = self.balance(wallet)
        return run


def cents(exact):
    return rounded(Fraction(exact), "EUR", "half_up")


def stretches(days):
    """Days that follow one another, without a pause or a billed day in between."""
    found = []
    for day in days:
        if found and found[-1][-1] + 1 == day:
            found[-1].append(day)
        else:
            found.append([day])
    return found


if __name__ == "__main__":
    from purse_examples import examples
    examples()
    print("the worked examples hold")
