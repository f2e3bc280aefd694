"""What has been billed so far, as the re-rater itself remembers it: it never asks the book."""
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from days import minus
from sharing import Shared


@dataclass
class Line:
    account: str
    subscription: str
    service: str
    charge: str
    kind: str
    start: int
    end: int
    quantity: object
    amount: Decimal
    currency: str
    category: str
    group: tuple = ()
    # What a later credit or adjustment of it needs: the row, what the whole period costs, how much of it was charged before, and how it was rounded.
    row: dict = None
    whole: object = None
    before: int = 0
    period: tuple = (0, 0)
    proration: str = "daily"
    rounding: object = "half_up"  # or with what it is rounded to multiples of
    number: int = 1         # which period of its service it is for
    rows: tuple = (0, 0, 0)  # of usage charged row by row: how many, what they cost unrounded, and the quantity of those not free
    run: int = 0            # the how manieth run made it
    is_usage: bool = False  # of an adjustment
    own_price: object = None  # of usage: the price of the service's own
    included: object = 0    # of usage: as its charge said it
    free: object = None     # of usage that shares what is included: what its service has taken
    is_raised: bool = False  # of usage: whether it was the last of its period, as it was known, and is brought to the minimum
    taken: tuple = None     # of usage that shares what is included: (subscription, charge, full period), and how much its service has taken
    commits: str = None     # of a commitment: whose lines count towards it
    carried: tuple = (None, None)  # of usage whose included quantity goes over: into its period, and out of it before
    billed: Decimal = None  # what they come to; what was billed before of an adjustment's days, or of earlier parts of a period
    continues: object = None  # of usage: the line before it in its period, which was billed in parts
    adjusts: object = None  # the line that said last what its days cost; of late usage the last of its period
    credits: object = None  # the line whose unused days this takes back
    reduces: object = None  # the line that this takes from, by the discount or credit `source`
    source: str = None
    tax: Decimal = None     # its own, where tax is rounded on each line
    # Of a line that something was taken off: how much by (kind, source), what of it went back, and what of the line is credited.
    off: dict = field(default_factory=lambda: defaultdict(Decimal), repr=False)
    returned: dict = field(default_factory=lambda: defaultdict(Decimal), repr=False)
    credited: Decimal = Decimal(0)
    raised: Decimal = Decimal(0)  # by adjustments
    # The same of the run at hand, which may still be carried.
    crediting: list = field(default_factory=list, repr=False)
    returning: dict = field(default_factory=lambda: defaultdict(Decimal), repr=False)


    @property
    def first(self):
        """The line that its days were billed by."""
        return self.adjusts.first if self.adjusts else self.continues.first if self.continues else self

    @property
    def takes_back(self):
        """The line of which it takes something back."""
        return self.credits or (self.adjusts if self.amount < 0 else None)


@dataclass
class Past:
    claims: dict = field(default_factory=dict)       # service: [(from, to, line or None)], what is billed now
    first: dict = field(default_factory=dict)        # service: the first day it was ever billed for
    orders: set = field(default_factory=set)         # (order, line) billed
    known: set = field(default_factory=set)          # services and orders an earlier run set aside, and accounts it parked
    usage: dict = field(default_factory=lambda: defaultdict(list))   # service and charge: [(from, to, quantity, whether it is at the minimum)], what was billed of its usage
    rows: dict = field(default_factory=lambda: defaultdict(list))    # the same: [(from, to, rows, cost, quantity of those not free)], of usage charged row by row
    read: dict = field(default_factory=lambda: defaultdict(list))    # service: [(from, to, full period, charge)], days of which usage was read
    pots: dict = field(default_factory=lambda: defaultdict(dict))    # service: what it has free by charge and full period, where that goes over
    lines: dict = field(default_factory=lambda: defaultdict(list))   # service: its lines of usage
    repriced: dict = field(default_factory=lambda: defaultdict(list))  # service: adjustments of its usage
    runs: int = 0
    counted: dict = field(default_factory=lambda: defaultdict(list))  # service: [(from, to, ids of the usage that run had)]
    shared: Shared = field(default_factory=Shared)
    billed: dict = field(default_factory=lambda: defaultdict(list))  # account: its lines so far that count towards commitments
    used: dict = field(default_factory=lambda: defaultdict(lambda: (Decimal(0), frozenset())))  # (source, id) of a discount or credit: (amount, nights)
    balances: dict = field(default_factory=lambda: defaultdict(Decimal))
    invoiced: set = field(default_factory=set)

    def spans(self, service):
        return [(begin, end) for begin, end, _ in self.claims.get(service, ())]

    def claim(self, service, begin, end, line=None):
        self.claims.setdefault(service, []).append((begin, end, line))
        self.first[service] = min(begin, self.first.get(service, begin))

    def reopen(self, service, begin, end):
        self.claims[service] = [(*piece, line) for start, stop, line in self.claims[service] for piece in minus([(start, stop)], [(begin, end)])]
