"""What goes into the model of prepaid wallets, and what comes out of it: rows, each in the words of docs/prepaid.md."""
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from days import NEVER, Cycle

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
    stops: list = field(default_factory=list)   # (from, to), by the book and the export
    off: list = field(default_factory=list)     # those of these days that are not charged tonight

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

    def is_stopped(self, day):
        return any(begin <= day < end for begin, end in self.stops)

    def is_paused(self, day):
        """Whether its customer has paused it."""
        return any(begin <= day < end for begin, end, cause in self.pauses if cause != "nonpayment")

    def is_there(self, day):
        return self.begun <= day < self.ended

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
class Stops:
    """The `stop_services` and `start_services` of a prepaid run."""
    stop: bool = False
    start: bool = False
    at_most: object = "2%"  # of the services it has rated, or how many
    needs_fresh: bool = True


@dataclass
class Ahead:
    """Its `estimate` and `notices`."""
    low_balance: Decimal = Decimal("5.00")
    horizon: int = 180
    lookback: int = 30


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
class Action:
    """A service that is or could be stopped, for which `amount` was missing, or started, which costs as much."""
    service: str
    what: str
    amount: Decimal
    is_ordered: bool = False


@dataclass
class Estimate:
    wallet: str
    balance: Decimal
    per_day: Fraction
    days: int
    runs_out_on: int  # None for what is capped


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
    """What a run does to one account; of `taken`, `claimed`, `counted`, `listed` and `ordered` it is taken back."""
    as_of: int = 0
    lines: list = field(default_factory=list)
    transactions: list = field(default_factory=list)
    shortfalls: list = field(default_factory=list)
    states: dict = field(default_factory=dict)
    unpayable: set = field(default_factory=set)  # services for which there is no wallet at all
    waived: int = 0                              # days billed at nothing
    rated: set = field(default_factory=set)      # services of which anything was tried
    refused: list = field(default_factory=list)  # on the first account of a night: (how many could not be stopped, of how many that were rated)
    actions: list = field(default_factory=list)
    stopped: set = field(default_factory=set)    # services that are stopped and stay so
    notices: list = field(default_factory=list)  # (wallet, what it holds), for wallets that have fallen low
    estimates: list = field(default_factory=list)
    taken: list = field(default_factory=list)    # (wallet, lot or None for its credit, amount, service, charge, from, to)
    claimed: list = field(default_factory=list)  # (service, day)
    counted: list = field(default_factory=list)  # (service, period, quantity)
    listed: list = field(default_factory=list)   # (service, day)
    ordered: list = field(default_factory=list)  # (service, day, stop or start)
    taken_back: list = field(default_factory=list)  # the same, of the run that was canceled
    found: tuple = ()                            # what was in wallets before it
    carried: list = field(default_factory=list)  # what canceled runs before it counted: it is among what was found
    top_ups: list = field(default_factory=list)  # (wallet, amount, the first day it can not be used)
    passed: dict = field(default_factory=lambda: defaultdict(Counter))  # by service and period: what was used on days that were listed before
    waiting: dict = field(default_factory=lambda: defaultdict(list))  # by service: steps that were not paid
