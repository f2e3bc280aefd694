"""A model of prepaid wallets, from docs/prepaid.md alone: the wallets of one account over nights, a day at a time.

    purse.py

works out the examples of purse_examples.py, whose figures were computed by hand. Where the page leaves something open, a
comment that begins with "Choice:" says how it is read here.
"""
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from days import NEVER, Cycle
from money import rounded, usage_worth, worth

NOTHING = Decimal("0.00")


@dataclass
class Wallet:
    """A row of the wallets input; days are numbers."""
    id: str
    opening: Decimal
    limit: Decimal = NOTHING
    priority: int = None
    expires: int = NEVER
    scheme: str = None


@dataclass
class TopUp:
    id: str
    wallet: str
    moment: object  # the instant, for the order
    day: int
    amount: Decimal
    expires: int = NEVER


@dataclass
class Service:
    """A service with the charge of its scheme, as the night's export has it."""
    id: str
    scheme: str
    charge: dict
    cycle: Cycle
    begun: int
    ended: int = NEVER
    quantity: Fraction = Fraction(1)
    unit_price: Fraction = None
    pauses: list = field(default_factory=list)  # (from, to, cause)
    hold_until: int = 0

    @property
    def code(self):
        return self.charge["code"]

    @property
    def is_usage(self):
        return "usage" in self.charge

    @property
    def is_whole(self):
        """Whether its periods are not cut into days."""
        return self.charge.get("recurring", {}).get("proration") == "none"

    def period(self, day):
        return next(self.cycle.periods(day))

    def needs_to_know(self):
        """Whether what a later day costs depends on what was used before it."""
        return "graduated" in self.charge["price"] or "included" in self.charge["usage"] or "maximum" in self.charge


@dataclass
class Debits:
    """The `debit` of a prepaid run."""
    granularity: str = "run"
    on_insufficient: str = "skip"
    on_topup: str = "charge_active_days"
    usage_days: int = -1  # the last day of usage, seen from as_of


@dataclass
class Night:
    """What the export says of one account."""
    wallets: list
    services: list
    top_ups: list = ()
    usage: dict = field(default_factory=dict)  # service: {day: quantity}


@dataclass
class Line:
    service: str
    charge: str
    start: int
    end: int
    quantity: Fraction
    amount: Decimal
    period: tuple


@dataclass
class Transaction:
    wallet: str
    kind: str
    service: str
    charge: str
    start: int
    end: int
    amount: Decimal
    balance_after: Decimal


@dataclass
class Shortfall:
    service: str
    charge: str
    start: int
    end: int
    amount: Decimal
    missing: Decimal


@dataclass
class State:
    wallet: str
    opening: Decimal
    topped_up: Decimal = NOTHING
    refunded: Decimal = NOTHING
    debited: Decimal = NOTHING
    expired: Decimal = NOTHING
    closing: Decimal = NOTHING


@dataclass
class Lot:
    """A part of what a wallet holds, by the day it expires on."""
    wallet: Wallet
    left: Decimal
    expires: int
    number: int


@dataclass
class Run:
    """What a run does to one account; of `taken`, `claimed`, `counted` and `listed` it is taken back."""
    lines: list = field(default_factory=list)
    transactions: list = field(default_factory=list)
    shortfalls: list = field(default_factory=list)
    states: dict = field(default_factory=dict)
    unpayable: set = field(default_factory=set)  # services for which there is no wallet at all
    waived: int = 0                              # days billed at nothing
    taken: list = field(default_factory=list)    # (wallet, lot or None for its credit, amount, service, charge, from, to)
    claimed: list = field(default_factory=list)  # (service, day)
    counted: list = field(default_factory=list)  # (service, period, quantity)
    listed: list = field(default_factory=list)   # (service, day)
    found: tuple = ()                            # what was in wallets before it
    carried: list = field(default_factory=list)  # what canceled runs before it counted: it is among what was found
    top_ups: list = field(default_factory=list)  # (wallet, amount, the first day it can not be used)
    passed: dict = field(default_factory=lambda: defaultdict(Counter))  # by service and period: what was used on days that were listed before
    waiting: dict = field(default_factory=lambda: defaultdict(list))  # by service: steps that were not paid


class Purse:
    """The wallets and the billed days of one account."""

    def __init__(self, debits):
        self.debits = debits
        self.wallets, self.lots, self.debts = {}, [], {}
        self.counted_top_ups, self.lots_made = set(), 0
        self.claimed, self.listed = defaultdict(set), defaultdict(set)   # by service: days
        self.used = defaultdict(Fraction)                               # by service and period: quantity
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
        run = Run(carried=self.kept)
        self.kept = []
        self.open_wallets(run, export)
        run.found = deepcopy((self.lots, self.debts))
        self.count_top_ups(run, as_of, export)
        self.expire(run, as_of)
        turns = []
        for service in export.services:
            if service.hold_until > as_of:
                continue
            turns_of_it = self.turns(as_of, service)
            if turns_of_it and not self.eligible(service):
                # Choice: without any wallet of the account for it, expired or not, nothing of a service is tried; its other services are.
                run.unpayable.add(service.id)
                continue
            turns += turns_of_it
        left = set()
        for _, service, fresh, listed in sorted(turns, key=lambda turn: turn[0]):
            self.charge(run, as_of, service, export.usage.get(service.id, {}), fresh, listed, left)
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
            step = tuple(it for it in range(day, end) if is_open(it) and not self.is_paused(service, it))
            steps += [step] if step else []
            day = end
        return steps

    def is_paused(self, service, day):
        # Choice: a pause for nonpayment is a stop, whose days are charged all the same by `charge_all`.
        return any(begin <= day < end and not (cause == "nonpayment" and self.debits.on_topup == "charge_all") for begin, end, cause in service.pauses)

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
                    lines += self.recurring_lines(service, full, stretch)
        return lines

    def usage_line(self, service, usage, full, days, ahead):
        # Choice: rounded once is the difference that the debit's quantity makes, not each of two sums; a flat price is charged once in a period.
        before, quantity = self.used[service.id, full] + ahead, sum((usage.get(day, 0) for day in days), Fraction(0))
        cost = lambda quantity: usage_worth(service.charge, service.charge["price"], quantity, service.unit_price, False)
        # So that a maximum holds to the cent, it is then the difference that is made to a rounded sum.
        amount = cents(cost(before + quantity)) - cents(cost(before)) if "maximum" in service.charge else cents(cost(before + quantity) - cost(before))
        return Line(service.id, service.code, days[0], days[-1] + 1, quantity, amount, full)

    def recurring_lines(self, service, full, days):
        price, length = worth(service.charge["price"], service.quantity, service.unit_price), full[1] - full[0]
        if service.is_whole:
            is_first = not self.claimed[service.id] & set(range(*full))
            return [Line(service.id, service.code, days[0], days[-1] + 1, service.quantity, cents(price) if is_first else NOTHING, full)]
        # Choice: a day has its place in the period, wherever the service began in it and whatever was paused before.
        upto = lambda day: cents(price * (day - full[0]) / length)
        amount = sum((upto(day + 1) - upto(day) for day in days), NOTHING)
        return [Line(service.id, service.code, days[0], days[-1] + 1, service.quantity, amount, full)]

    # -- taking it from wallets -------------------------------------------------------------------------------------

    def eligible(self, service):
        return [wallet for wallet in self.wallets.values() if wallet.scheme in (None, service.scheme)]

    def place(self, service, wallet, expires):
        return wallet.scheme != service.scheme, expires, NEVER if wallet.priority is None else wallet.priority, wallet.id

    def sources(self, as_of, service):
        """(wallet, lot or None for its credit, how much), in the order in which they are taken."""
        # Choice: what expires first is asked of each part that a wallet holds, so two wallets can take turns.
        wallets = [wallet for wallet in self.eligible(service) if wallet.expires > as_of]
        lots = [lot for lot in self.lots if lot.left and lot.wallet in wallets]
        lots.sort(key=lambda lot: (*self.place(service, lot.wallet, lot.expires), lot.number))
        found = [(lot.wallet, lot, lot.left) for lot in lots]
        if self.debits.on_insufficient == "allow_negative":
            # Choice: a wallet's credit expires when the wallet does.
            for wallet in sorted(wallets, key=lambda wallet: self.place(service, wallet, wallet.expires)):
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
