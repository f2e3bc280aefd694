"""A second opinion: rates a workspace again, from the same files and the design alone, and compares line by line with the book.

    rerate.py WORKSPACE DEFINITION AS_OF ..

bills each day with the release binary, rates it with `Oracle`, and prints what differs. A folder WORKSPACE/exports/AS_OF
is that night's export and replaces data/ first. Nothing here comes from the engine's code; `Oracle` remembers what it
billed by itself and never reads the book.
"""
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from days import NEVER, in_month, minus, month_of, number, text, within
from due import Export, Parked, ParkedAlone, Terms, decimal, parts_due, selected
from invoices import Invoicing
from money import counted, part, periods_in_price, rounded, usage_worth, version_at, worth
from past import Line, Past
from rows import meant, rated
from workspace import Workspace


@dataclass
class Run:
    """What one run is expected to do."""
    lines: list = field(default_factory=list)
    excluded: set = field(default_factory=set)   # (account, service or order line, code)
    excepted: set = field(default_factory=set)   # (account, service, code)
    invoices: list = field(default_factory=list)
    allocations: dict = field(default_factory=dict)  # (account and group of an invoice, taken or given back, whose, source, id): how much
    settled: list = field(default_factory=list)  # (service, from, to): spoken for without a line
    waived_orders: set = field(default_factory=set)


class Oracle:
    def __init__(self, folder):
        self.folder, self.past = folder, Past()

    def run(self, name, as_of, flags=None):
        """What a run of a definition does, given all the runs asked of this oracle before; it remembers it as done."""
        workspace = Workspace(self.folder)
        definition = {**workspace.definitions["bill_run", name], **(flags or {})}
        night = _Night(workspace, Export(workspace), definition, number(as_of), self.past)
        run = night.billed()
        night.remember(run)
        return run


class _Night:
    def __init__(self, workspace, export, definition, as_of, past):
        self.workspace, self.export, self.definition, self.as_of, self.past = workspace, export, definition, as_of, past
        self.schemes, self.groups = workspace.of_kind("scheme"), workspace.of_kind("group")
        self.types = set(definition.get("charges", ["recurring", "one_time", "usage"]))
        window = definition.get("window", {})
        self.to = window_day(window.get("to", "as_of"), as_of)
        self.since = None if window.get("from", "earliest") == "earliest" else window_day(window["from"], as_of)
        self.stale_is_billed = window.get("stale", "hold") == "bill"
        self.max_behind = window.get("max_behind", {}).get("days", 92)
        self.holds = [hold for hold in workspace.of_kind("hold").values() if "billing" in hold["what"]]
        self.zone = ZoneInfo(workspace.settings["timezone"])
        self.run, self.name = Run(), (definition["name"], as_of)
        self.parked_accounts, self.parked_by_usage = set(), set()
        self.over = set()  # services and order lines of which nothing is left to bill after this run

    def billed(self):
        services, with_orders = selected(self.export, self.definition, self.groups)
        services = [self.export.services[at] for at in services if self.is_of_types(self.export.services[at])]
        bad = [(self.owner(service), service.id) for service in self.export.services if not service.is_sound()]
        looked_at = {self.owner(service) for service in services} | {account for account in with_orders if self.selected_lines(account)}
        self.run.excepted |= {(account, service, "BW-V141") for account, service in bad if account in looked_at}
        self.parked_accounts |= {account for account, _ in bad}
        staged = []
        for service in services:
            account = self.owner(service)
            if account in self.parked_accounts:
                continue
            try:
                staged.append((account, self.bill_service(service)))
            except Parked as parked:
                self.run.excepted.add((account, service.id, str(parked)))
                self.parked_accounts.add(account)
        for account in with_orders:
            staged.append((account, self.bill_orders(account)))
        unbilled, unsent = self.parked_accounts | self.parked_by_usage, set()
        for account, outcome in staged:  # what has nothing to send is not kept back
            if outcome.lines and account not in unbilled and self.export.accounts[account].get("invoice_to") in unbilled:
                unsent.add(account)
        self.run.excepted |= {(account, "", "BW-X119") for account in unsent}
        unbilled |= unsent
        for account, outcome in staged:
            if account in self.parked_accounts:
                continue  # nobody looks any closer
            self.run.excepted |= outcome.excepted
            self.run.excluded |= {aside for aside in outcome.excluded if account not in unbilled or aside[2] != "no_usage"}
        self.over -= {service.id for service in self.export.services if self.owner(service) in unbilled}
        kept = [outcome for account, outcome in staged if account not in unbilled]
        Invoicing(self).invoice(kept)
        return self.run

    def owner(self, service):
        return self.export.subscriptions[service.subscription_id]["account_id"]

    def is_of_types(self, service):
        """Whether it has a charge of a kind that this run does not leave alone."""
        charges = {charge["code"]: charge for charge in self.schemes[self.export.subscriptions[service.subscription_id]["scheme"]]["charges"]}
        return any(self.types & charges.get(row["charge"], {}).keys() for row in service.rows)

    # -- one service ------------------------------------------------------------------------------------------------

    def bill_service(self, service):
        """Lines, settled days and exclusions of one service."""
        outcome = Run()
        try:
            self.bill_into(outcome, service)
        except ParkedAlone as parked:
            account = self.owner(service)
            outcome = Run(excepted=outcome.excepted | {(account, service.id, str(parked))})
        return outcome

    def bill_into(self, outcome, service):
        account = self.owner(service)
        exclude = lambda code: outcome.excluded.add((account, service.id, code))
        until, waived_before = self.held(account, service.id, service.hold_until)
        if until:
            exclude("held")
            return
        terms = Terms(self.export, service, self.schemes, self.groups, self.past)
        advance_days = terms.advance_days if terms.advance_days is not None else self.definition.get("advance_days", 0)
        billed = self.past.spans(service.id)
        parts = list(parts_due(terms, billed, self.to, advance_days, self.types))
        if self.is_stale(account, service.id, parts):
            exclude("stale")
            return
        if any(pieces and self.to - ready > self.max_behind for _, _, ready, pieces in parts):
            raise ParkedAlone("BW-R201")
        self.credit(terms, outcome)
        usage = sorted(self.export.usage.get(service.id, ()), key=lambda used: used[0])
        self.judge_usage(terms, usage, account, outcome)
        in_run, in_run_rows = [], []  # usage counted by earlier pieces of this run
        for full, whole_part, ready, pieces in parts:
            for begin, end, row in pieces:
                if waived_before and ready < waived_before:
                    outcome.settled.append((service.id, begin, end))
                    exclude("waived")
                    continue
                charge = terms.charge_on(begin)
                due = _Due(self, terms, charge, row, full, whole_part, begin, end)
                if "usage" in charge:
                    due.in_run_rows = in_run_rows
                    line = due.usage_line(usage, in_run, is_last=end == self.last_day(terms, whole_part))
                    if line is None:
                        outcome.settled.append((service.id, begin, end))
                        exclude("no_usage")
                        continue
                    outcome.lines.append(line)
                else:
                    outcome.lines.append(due.fixed_line())
        once = "one_time" in terms.charge_on(max(terms.begun, 1))
        left = minus([(terms.begun, terms.begun + once)] if once else terms.life(), billed)
        if not outcome.lines and not outcome.settled:
            if terms.ended <= self.to and (not left or terms.begun >= terms.ended):
                exclude("ended")
            elif within(terms.pauses, self.to, self.to + 1) and terms.begun <= self.to and not within(billed, self.to, self.to + 1):
                exclude("paused")
                return
        if terms.begun >= terms.ended or not minus(left, [piece[:2] for _, _, _, pieces in parts for piece in pieces]):
            self.over.add(service.id)

    def last_day(self, terms, whole_part):
        """The end of the last unpaused day of a full period inside the life."""
        left = minus([whole_part], terms.pauses)
        return left[-1][1] if left else whole_part[1]

    def is_stale(self, account, key, parts):
        return (bool(parts) and self.since is not None and not self.stale_is_billed and parts[0][2] < self.since
                and key not in self.past.first and key not in self.past.orders and not self.past.known & {account, key})

    def held(self, account, service, hold_until=None):
        """(the day a hold of tonight ends or None, the day before which past holds waive what was ready)"""
        until, waived = (hold_until if hold_until and hold_until > self.as_of else None), None
        for hold in self.holds:
            if account in hold.get("accounts", ()) or service in hold.get("services", ()):
                end = number(hold["until"])
                if end > self.as_of:
                    until = max(end, until or end)
                elif hold.get("release", "defer") == "waive":
                    waived = max(end, waived or end)
        return until, waived

    def credit(self, terms, outcome):
        """Takes back days billed in advance that lie outside the life by now."""
        if "recurring" not in self.types:
            return
        for begin, end, line in sorted(self.past.claims.get(terms.service.id, ()), key=lambda claim: claim[0]):
            if line is None or line.kind != "recurring":
                continue
            recurring = terms.charges.get(line.charge, {}).get("recurring", {})
            if recurring.get("cancel") != "credit_unused" or recurring.get("timing", "advance") != "advance":
                continue
            for unused in minus([(begin, end)], terms.life()):
                days = lambda *stretch: counted([stretch], line.period, line.proration)
                before = line.before + days(line.start, unused[0])
                amount = -part(line.whole, before, days(*unused), days(*line.period), line.proration,
                               lambda exact: rounded(exact, line.currency, line.rounding))
                outcome.lines.append(Line(line.account, line.subscription, line.service, line.charge, "credit", *unused, line.quantity, amount,
                                          line.currency, line.category, group=self.group_key(terms.account, terms.subscription, terms.service.rows[-1]),
                                          credits=line))

    def judge_usage(self, terms, usage, account, outcome):
        """Usage outside the life, on no usage charge, under another meter, or too late."""
        if not usage:
            return
        service, life, billed = terms.service.id, terms.life(), self.past.spans(terms.service.id)
        for day, row in usage:
            if within(billed, day, day + 1):
                if not meant(terms.charge_on(day), row):
                    continue
                if not any(begin <= day < end and row["usage_id"] in seen for begin, end, seen in self.past.counted[service]):
                    outcome.excepted.add((account, service, "BW-R301"))
                continue
            if day < terms.begun and terms.service.next_bill_on:
                continue  # somebody else has billed it
            charge = terms.charge_on(max(day, 1)) if within(life, day, day + 1) else None
            if charge is None or "usage" not in charge:
                outcome.excepted.add((account, service, "BW-X108"))
            elif row.get("meter") and row["meter"] != charge["usage"].get("meter"):
                outcome.excepted.add((account, service, "BW-V144"))
                self.parked_by_usage.add(account)

    # -- orders -----------------------------------------------------------------------------------------------------

    def bill_orders(self, account_id):
        outcome, account = Run(), self.export.accounts[account_id]
        for row in self.selected_lines(account_id):
            order, name = self.export.orders[row["order_id"]], f"{row['order_id']}:{row['line']}"
            if order["status"] != "fulfilled" or name in self.past.orders:
                self.over.add(name)
                continue
            ready = number(row.get("bill_on")) or number(order.get("fulfilled_on"))
            until, waived_before = self.held(account_id, None)
            if ready is None:
                outcome.excepted.add((account_id, "", "BW-V150"))
            elif ready > self.to:
                continue
            elif until:
                outcome.excluded.add((account_id, name, "held"))
            elif ready >= (number(account.get("canceled_on")) or NEVER):
                outcome.excluded.add((account_id, name, "ended"))
                self.over.add(name)
            elif waived_before and ready < waived_before:
                outcome.excluded.add((account_id, name, "waived"))
                outcome.waived_orders.add(name)
                self.over.add(name)
            elif self.is_stale(account_id, name, [(None, None, ready, None)]):
                outcome.excluded.add((account_id, name, "stale"))
            else:
                self.over.add(name)
                quantity = decimal(row.get("quantity"), Decimal(1))
                amount = rounded(Fraction(quantity) * Fraction(decimal(row["unit_price"])), account["currency"], self.workspace.settings["rounding"])
                outcome.lines.append(Line(account_id, None, "", name, "one_time", ready, ready + 1, quantity, amount, account["currency"],
                                          row.get("tax") or "standard", group=self.group_key(account, {}, {}),
                                          rounding=self.workspace.settings["rounding"]))
        return outcome

    def selected_lines(self, account):
        """Lines of those orders of a selected account that this run asks for."""
        wanted = self.definition["filters"].get("orders") if self.definition["filters"] != "all" else None
        return [row for row in self.order_lines_of(account) if "one_time" in self.types and (not wanted or row["order_id"] in wanted)]

    def order_lines_of(self, account):
        if not hasattr(self, "_order_lines"):
            self._order_lines = {}
            for row in self.export.order_lines:
                self._order_lines.setdefault(self.export.orders[row["order_id"]]["account_id"], []).append(row)
        return self._order_lines.get(account, [])

    # -- both -------------------------------------------------------------------------------------------------------

    def group_key(self, account, subscription, service):
        """Values of the columns that share an invoice, after the account itself."""
        values = []
        for column in self.definition.get("invoices", {}).get("group_by", ["account"]):
            if column == "account":
                continue
            for table, row in (("account", account), ("subscription", subscription), ("service", service)):
                short = column.removeprefix(f"{table}_")
                if column in row or short in row and short != column:
                    values.append(row.get(column, row.get(short)))
                    break
            else:
                values.append(None)
        return tuple(values)

    def remember(self, run):
        past = self.past
        for line in run.lines:
            line.crediting, line.returning = [], defaultdict(Decimal)
            if line.reduces is not None:
                continue
            if not line.service:
                past.orders.add(line.charge)
            elif line.credits:
                past.reopen(line.service, line.start, line.end)
            else:
                past.claim(line.service, line.start, line.end, line)
                if line.kind == "usage":
                    past.usage[line.service].append((line.start, line.end, line.quantity))
                    past.rows[line.service].append((line.start, line.end, *line.rows))
                    past.counted[line.service].append((line.start, line.end, self.export.usage_ids))
        for service, begin, end in run.settled:
            past.claim(service, begin, end)
            past.counted[service].append((begin, end, self.export.usage_ids))
        past.orders |= run.waived_orders
        past.known |= {key for _, key, _ in run.excluded} | {account for account, _, _ in run.excepted}


class _Due:
    """One piece of a full period, about to get its price."""

    def __init__(self, night, terms, charge, row, full, whole_part, begin, end):
        self.night, self.terms, self.charge, self.row = night, terms, charge, row
        self.full, self.part, self.begin, self.end = full, whole_part, begin, end
        self.quantity = Fraction(decimal(row.get("quantity"), Decimal(1)))
        self.unit_price = decimal(row.get("unit_price"))
        self.unit_price = None if self.unit_price is None else Fraction(self.unit_price)
        self.mode = terms.scheme.get("rounding", night.workspace.settings["rounding"])
        self.price = version_at(charge, text(self.first_day()))[0]
        if not {"flat", "per_unit"} & set(self.price) and self.unit_price is not None:
            raise Parked("BW-R105")

    def first_day(self):
        """The first day of the full period on which the service has this charge: a charge it changes to costs what it costs by then."""
        same = [(begin, end) for begin, end, row in self.terms.service.segments if row["charge"] == self.row["charge"]]
        return min(begin for begin, _ in within(same, *self.part))

    def round_it(self, exact):
        return rounded(exact, self.terms.scheme["currency"], self.mode)

    def line(self, kind, quantity, amount, **more):
        terms = self.terms
        return Line(terms.account["account_id"], terms.subscription["subscription_id"], terms.service.id, self.charge["code"], kind, self.begin, self.end,
                    Decimal(quantity.numerator) / Decimal(quantity.denominator), amount, terms.scheme["currency"],
                    self.charge.get("tax", terms.scheme.get("tax", "standard")),
                    group=self.night.group_key(terms.account, terms.subscription, self.row), rounding=self.mode,
                    number=1 if "one_time" in self.charge else terms.number_of(self.full), **more)

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
        return self.line("recurring", self.shown(), amount, whole=whole, before=before, period=self.full, proration=proration)

    def shown(self):
        """The quantity on the line: a flat price is for one, whatever the quantity of the service."""
        return Fraction(1) if "flat" in self.price else self.quantity

    def days_before(self, proration):
        """Unpaused days of the same full period and the same charge before this piece."""
        same = [(a, b) for a, b, row in self.terms.service.segments if row["charge"] == self.row["charge"]]
        days = within(same, self.part[0], self.begin)
        return counted(minus(days, self.terms.pauses), self.full, proration)

    def usage_line(self, usage, in_run, is_last):
        """None where nothing was used and no minimum is due."""
        used = [row for day, row in usage if self.begin <= day < self.end and meant(self.charge, row)]
        if any((row.get("status") or "processed") != "processed" for row in used):
            raise ParkedAlone("BW-R302")
        quantities = [Fraction(decimal(row["quantity"])) for row in used]
        if "each" in self.charge["usage"]:
            return self.line_of_rows([(row["instant"], quantity) for row, quantity in zip(used, quantities)])
        quantity = Fraction(len(used)) if self.charge["usage"].get("aggregate") == "count" else sum(quantities, Fraction(0))
        earlier = [*self.night.past.usage[self.terms.service.id], *in_run]
        before = sum((Fraction(counted) for begin, end, counted in earlier if self.full[0] <= begin < self.full[1]), Fraction(0))
        upto = usage_worth(self.charge, self.price, before + quantity, self.unit_price, is_last)
        already = usage_worth(self.charge, self.price, before, self.unit_price, False)
        if upto is None:
            raise Parked("BW-R104")
        amount = self.round_it(upto) - self.round_it(already)
        if not quantity and not amount:
            return None
        in_run.append((self.begin, self.end, quantity))
        return self.line("usage", quantity, amount)


    def line_of_rows(self, rows):
        """What rows cost that are charged one by one; None where there are none."""
        earlier = [*self.night.past.rows[self.terms.service.id], *self.in_run_rows]
        earlier = [(count, cost) for begin, end, count, cost in earlier if self.full[0] <= begin < self.full[1]]
        before, cost_before = sum(count for count, _ in earlier), sum((cost for _, cost in earlier), Fraction(0))
        quantity, count, cost = rated(self.charge, self.price, rows, before, self.night.zone)
        if not count:
            return None
        self.in_run_rows.append((self.begin, self.end, count, cost))
        return self.line("usage", quantity, self.round_it(cost_before + cost) - self.round_it(cost_before), rows=(count, cost))


def window_day(written, as_of):
    """A date, a word, or {date: .., plus_days: n}."""
    if isinstance(written, dict):
        return window_day(written["date"], as_of) + int(written.get("plus_days", 0))
    if written == "as_of":
        return as_of
    if written[:1].isdigit():
        return number(written)
    edge, which = written.split("_of_")
    months = {"previous_month": -1, "month": 0, "next_month": 1}[which]
    return in_month(month_of(as_of) + months, 1 if edge == "first" else 31)


if __name__ == "__main__":
    from compare import main
    main()
