"""What is ahead of wallets, from docs/prepaid.md, "What is ahead": those that have fallen low, and how long each lasts."""
from collections import defaultdict
from copy import copy
from fractions import Fraction
from math import lcm

import purse_stops
from money import rounded, worth
from purse_rows import Estimate


def look(purse, run, export):
    """After all of a night is decided."""
    low = purse.ahead.low_balance
    run.notices = [(state.wallet, state.closing) for state in run.states.values() if low and state.opening + state.topped_up >= low > state.closing]
    for service in export.services:
        purse_stops.know(purse, run.as_of, service)
    by_scheme = defaultdict(Fraction)
    for service in export.services:
        by_scheme[service.scheme] += per_day(purse, run, service)
    lasting = Lasting(purse, {scheme: amount for scheme, amount in sorted(by_scheme.items()) if amount})
    rates, out = lasting.rates(run.as_of + 1), lasting.days_out(run.as_of + 1, purse.ahead.horizon)
    for wallet in purse.wallets:
        day = out.get(wallet)
        run.estimates.append(Estimate(wallet, purse.balance(wallet), rates[wallet], purse.ahead.horizon if day is None else day - run.as_of - 1, day))


def per_day(purse, run, service):
    """What a service takes out of wallets every day from the next one on."""
    # Choice: a service counts as it is on that day, as far as is known, and one that is held like any other.
    day = run.as_of + 1
    if not service.is_there(day) or is_off(purse, run, service) or service.is_paused(day):
        return Fraction(0)
    if service.is_usage:
        debited = [(before.as_of, -it.amount) for before in purse.runs for it in before.transactions if it.kind == "debit" and it.service == service.id]
        if not debited:
            return Fraction(0)
        # Choice: "its first" is the first of its days that were debited; from it to the last one, what was in a pause too.
        days = run.as_of + purse.debits.usage_days + 1 - min(purse.claimed[service.id])
        return Fraction(sum(amount for of, amount in debited if of > run.as_of - purse.ahead.lookback)) / min(purse.ahead.lookback, days)
    if "recurring" not in service.charge:
        return Fraction(0)
    begin, end = service.period(day)
    # Choice: the price of a period is what all of its days cost, in whole cents.
    return Fraction(rounded(worth(service.charge["price"], service.quantity, service.unit_price), "EUR", "half_up")) / (end - begin)


def is_off(purse, run, service):
    """Whether a service is stopped when the run begins and not started in it, or on the next day by the export; one that the run itself stops is not."""
    own = [(on, what) for of, on, what in purse.orders if of == service.id]
    tonight = [(on, what) for of, on, what in run.ordered if of == service.id]
    before = [order for order in own if order not in tonight]
    is_started = (run.as_of, "start") in tonight
    begun = any(begin <= run.as_of < end for begin, end in purse_stops.stops(service, before))
    return begun and not is_started or any(begin <= run.as_of + 1 < end for begin, end in purse_stops.stops(service, before + [it for it in tonight if it[1] == "start"]))


class Lasting:
    """The wallets of an account, emptied by the same amounts every day; counted in such parts of a cent that nothing is left over."""

    def __init__(self, purse, by_scheme):
        self.parts = 100 * lcm(*(amount.denominator for amount in by_scheme.values()))
        self.by_scheme = {scheme: int(amount * self.parts) for scheme, amount in by_scheme.items()}
        self.lots = [copy(lot) for lot in purse.lots if lot.left]
        for lot in self.lots:
            lot.left = int(lot.left * self.parts)
        self.of_wallet = {wallet: [lot for lot in self.lots if lot.wallet.id == wallet] for wallet in purse.wallets}
        self.order = {scheme: sorted((lot for lot in self.lots if lot.wallet.scheme in (None, scheme)), key=lambda lot: (*purse.place(scheme, lot.wallet, lot.expires), lot.number))
                      for scheme in by_scheme}

    def holds(self, wallet):
        return any(lot.left for lot in self.of_wallet[wallet])

    def expire(self, day):
        for lot in self.lots:
            if lot.expires <= day:
                lot.left = 0

    def rates(self, day):
        """What each wallet pays a day, to begin with."""
        self.expire(day)
        found = defaultdict(Fraction)
        for scheme, amount in self.by_scheme.items():
            for first in [lot.wallet.id for lot in self.order[scheme] if lot.left][:1]:
                found[first] += Fraction(amount, self.parts)
        return found

    def days_out(self, day, horizon):
        """The first day that a wallet does not pay whole, by wallet; none for what lasts that long."""
        out = {}
        for day in range(day, day + horizon):
            self.expire(day)
            out |= {wallet: day for wallet in self.of_wallet if wallet not in out and not self.holds(wallet)}
            if len(out) == len(self.of_wallet):
                break
            for scheme, amount in self.by_scheme.items():
                for lot in self.order[scheme]:
                    if not amount:
                        break
                    taken = min(amount, lot.left)
                    lot.left, amount = lot.left - taken, amount - taken
                    # Choice: what one wallet lacks of the last day, the next one pays; it also lacks what it was empty for by then.
                    if amount and not self.holds(lot.wallet.id):
                        out.setdefault(lot.wallet.id, day)
        return out
