"""Which days of which charges are due, from last night's export, the definition and the past."""
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from days import NEVER, Cycle, in_month, minus, month_of, number, within
from rows import instant_used
from workspace import true_for


class Parked(Exception):
    """An account that cannot be billed, with the code."""


class ParkedAlone(Exception):
    """A service that cannot be billed; the rest of its account can."""


def decimal(written, default=None):
    if written is None:
        return default
    try:
        assert written.strip("0123456789.-") == ""
        return Decimal(written)
    except (AssertionError, InvalidOperation):
        raise Parked("BW-V141") from None


def flag(written):
    return (written or "").lower() in ("true", "yes", "1")


class Service:
    """The rows of one service, in the order they come into force."""

    def __init__(self, rows):
        with_day = {row.get("effective_on"): row for row in rows}  # of two changes on one day the later row counts
        self.rows = [with_day[day] for day in sorted(with_day, key=lambda day: day or "")]
        self.id, self.subscription_id = self.rows[0]["service_id"], self.rows[0]["subscription_id"]
        last = lambda column: next((row[column] for row in reversed(self.rows) if row.get(column)), None)
        self.start_on, self.end_on = number(self.rows[0].get("start_on")), number(last("end_on"))
        self.next_bill_on, self.hold_until = number(last("next_bill_on")), number(last("hold_until"))
        starts = [0, *(number(row["effective_on"]) for row in self.rows[1:])]
        self.segments = list(zip(starts, [*starts[1:], NEVER], self.rows))  # (first day, day after the last, row): what holds when

    def is_sound(self):
        """Whether its quantities and prices are numbers."""
        try:
            for row in self.rows:
                decimal(row.get("quantity")), decimal(row.get("unit_price"))
            return True
        except Parked:
            return False

    def ends(self, export):
        """The first day it is no longer billed for: its own end, its subscription's, or the account's."""
        subscription = export.subscriptions[self.subscription_id]
        ends = self.end_on, number(subscription.get("end_on")), number(export.accounts[subscription["account_id"]].get("canceled_on"))
        return min((end for end in ends if end), default=NEVER)


class Export:
    """The inputs of one night."""

    def __init__(self, workspace):
        self.accounts = {row["account_id"]: row for row in workspace.rows("accounts")}
        self.subscriptions = {row["subscription_id"]: row for row in workspace.rows("subscriptions")}
        by_service = defaultdict(list)
        for row in workspace.rows("services"):
            by_service[row["service_id"]].append(row)
        self.services = [Service(rows) for _, rows in sorted(by_service.items())]
        self.of_subscription = defaultdict(list)
        for service in self.services:
            self.of_subscription[service.subscription_id].append(service)
        self.pauses_of_service, self.pauses_of_account = defaultdict(list), defaultdict(list)
        for row in workspace.rows("pauses"):
            span = number(row["from"]), number(row.get("to")) or NEVER
            if row.get("service_id"):
                self.pauses_of_service[row["service_id"]].append(span)
            else:
                self.pauses_of_account[row["account_id"]].append(span)
        self.orders = {row["order_id"]: row for row in workspace.rows("orders")}
        self.order_lines = workspace.rows("order_lines")
        zone = workspace.settings["inputs"].get("usage", {}).get("zone")
        ours, theirs = ZoneInfo(workspace.settings["timezone"]), zone and ZoneInfo(zone)
        self.usage, seen = defaultdict(list), set()
        for row in workspace.rows("usage"):
            if row["usage_id"] in seen:
                continue
            seen.add(row["usage_id"])
            row["instant"] = instant_used(row["used_at"], ours, theirs)
            self.usage[row["service_id"]].append((day_used(row["used_at"], ours, theirs), row))
        self.usage_ids = seen


def day_used(written, ours, theirs):
    """The day an instant has in the workspace's zone; a plain date is that day."""
    if len(written) == 10:
        return number(written)
    instant = datetime.fromisoformat(written)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=theirs)
    return instant.astimezone(ours).toordinal()


def selected(export, definition, groups):
    """Numbers of services and ids of accounts whose rows the criteria and filters let through, the latter for orders."""
    criteria, filters = definition["criteria"], definition["filters"]
    filters = {} if filters == "all" else filters
    lets = lambda listed, value: listed in (None, "all") or value in listed

    def account_passes(account):
        return (lets(criteria.get("account_status"), account.get("status") or "active")
                and lets(criteria.get("classifications"), account.get("classification"))
                and lets(criteria.get("payment_preferences"), account.get("payment_preference"))
                and lets(criteria.get("presentment_preferences"), account.get("presentment_preference"))
                and lets(filters.get("accounts"), account["account_id"]) and lets(filters.get("groups"), account.get("group")))

    accounts = {key for key, account in export.accounts.items() if account_passes(account)}
    services, joined = [], []
    for at, service in enumerate(export.services):
        subscription = export.subscriptions.get(service.subscription_id)
        if subscription is None or subscription["account_id"] not in accounts:
            continue
        if (subscription["scheme"] in criteria["schemes"] and lets(criteria.get("frequencies"), subscription.get("frequency") or "monthly")
                and lets(filters.get("subscriptions"), service.subscription_id) and not filters.get("orders")):
            services.append(at)
            joined.append(together(export.accounts[subscription["account_id"]], subscription, service.rows[0]))
    orders = set() if filters.get("subscriptions") else accounts
    if filters.get("where") and joined:
        true = true_for(filters["where"], joined)
        services = [at for place, at in enumerate(services) if place in true]
        columns = [column for column in joined[0]]
        rows = [{**dict.fromkeys(columns), **together(export.accounts[key], {}, {})} for key in sorted(orders)]
        true = true_for(filters["where"], rows)
        orders = {key for place, key in enumerate(sorted(orders)) if place in true}
    return services, orders


def together(account, subscription, service):
    """Columns as a `where` sees them: the account's by name, then others where the name is free, each also with its table's name."""
    seen = {}
    for table, row in (("account", account), ("subscription", subscription), ("service", service)):
        for column, value in row.items():
            seen.setdefault(column, value)
            seen.setdefault(f"{table}_{column}", value)
    return seen


class Terms:
    """What one service is billed under: its life, its cycle, its scheme."""

    def __init__(self, export, service, schemes, groups, past):
        self.service, self.parts = service, []  # its lines of usage of this run
        self.subscription = export.subscriptions[service.subscription_id]
        self.account = export.accounts[self.subscription["account_id"]]
        self.scheme = schemes[self.subscription["scheme"]]
        self.charges = {charge["code"]: charge for charge in self.scheme["charges"]}
        self.frequency = self.subscription.get("frequency") or "monthly"
        group = groups.get(self.account.get("group"), {})
        self.advance_days = group.get("advance_days")
        self.pauses = export.pauses_of_service[service.id] + export.pauses_of_account[self.account["account_id"]]
        start = service.start_on or number(self.subscription.get("start_on"))
        paid_from = start and start + self.trial_days()  # what is used of it before is free
        stated, first = service.next_bill_on or paid_from, past.first.get(service.id)
        # Once billed, it began with the first day billed; but not at the end of a pause it began in.
        began_paused = first and stated and any(begin <= stated < first <= end for begin, end in self.pauses)
        begun = stated if began_paused else first or stated
        if begun is None:
            raise Parked("BW-V150")
        self.begun, self.ended = begun, service.ends(export)
        # Its periods count from its first day that is not free, whoever billed the first of them.
        self.started = min(begun, paid_from or begun)
        bill_day = int(self.account.get("bill_day") or group.get("bill_day") or date.fromordinal(begun).day)
        anchor = self.scheme.get("anchor", "bill_day")
        if anchor == "calendar":
            self.cycle = Cycle(self.frequency, first=number("2001-01-01"))
        elif anchor == "start_date":
            self.cycle = Cycle(self.frequency, first=number(self.subscription.get("start_on")) or begun)
        else:
            self.cycle = Cycle(self.frequency, start=begun, day=bill_day)

    def trial_days(self):
        """How many days from its start are free, by the charge it starts with."""
        return int(self.charges.get(self.service.rows[0]["charge"], {}).get("recurring", {}).get("trial_days", 0))

    def life(self):
        """Days it is to be billed for, pauses taken out."""
        return minus([(self.begun, self.ended)] if self.begun < self.ended else [], self.pauses)

    def number_of(self, full):
        """Which period of the service a full period is; the first may be a part of one."""
        return self.cycle.count_of(full[0]) - self.cycle.count_of(self.started) + 1

    def charge_on(self, day):
        row = next(row for begin, end, row in self.service.segments if begin <= day < end)
        if row["charge"] not in self.charges:
            raise Parked("BW-X106")
        return self.charges[row["charge"]]


def parts_due(terms, billed, to, advance_days, types):
    """(full period, part of it in the life, ready day, unbilled unpaused pieces with the row that holds for them, the part that their charge has and their own ready day), oldest first.

    Only parts with unbilled days; a part whose unbilled days are all paused comes with no pieces.
    """
    segments = terms.service.segments
    charge = terms.charge_on(max(terms.begun, 1))
    if "one_time" in charge:
        day = terms.begun
        if day < terms.ended and not within(billed, day, day + 1):
            pieces = [(day, day + 1, next(row for begin, end, row in segments if begin <= day < end), (day, day + 1), day)]  # a pause does not undo it
            if day <= to and "one_time" in types:
                yield (day, day + 1), (day, day + 1), day, pieces
        return
    unbilled = minus([(terms.begun, terms.ended)] if terms.begun < terms.ended else [], billed)
    if not unbilled:
        return
    for full in terms.cycle.periods(unbilled[0][0]):
        part = max(full[0], terms.begun), min(full[1], terms.ended)
        if part[0] >= part[1] or part[0] > to + max(0, advance_days):
            return
        pieces, ready = [], None
        for begin, end in within(unbilled, *part):
            for seg_from, seg_to, row in segments:
                for piece in within([(begin, end)], seg_from, seg_to):
                    charge = terms.charge_on(piece[0])
                    is_usage = "usage" in charge
                    if ("usage" if is_usage else "recurring") not in types:
                        continue
                    advance = not is_usage and charge["recurring"].get("timing", "advance") == "advance"
                    # Another charge has a part of its own; another quantity or price has not.
                    same = [(a, b) for a, b, other in segments if all(between["charge"] == row["charge"] for c, d, between in segments
                                                                      if min(a, seg_from) <= c and d <= max(b, seg_to))]
                    own = max(part[0], same[0][0]), min(part[1], same[-1][1])
                    piece_ready = own[0] if advance else own[1]
                    through_to = is_usage and charge["usage"].get("through") == "window_to"
                    if through_to and piece_ready > to:
                        piece, piece_ready = (piece[0], min(piece[1], to)), to
                    if piece[0] >= piece[1] or piece_ready > to + (advance_days if advance else 0):
                        continue
                    ready = piece_ready if ready is None else min(ready, piece_ready)
                    pieces += [(*unpaused, row, own, piece_ready) for unpaused in minus([piece], terms.pauses)]
        if ready is not None:
            yield full, part, ready, sorted(pieces, key=lambda piece: piece[:2])
