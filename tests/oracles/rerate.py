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

import again
import changes
import commitments
from days import NEVER, in_month, minus, month_of, number, text, within
from due import Export, Parked, ParkedAlone, Terms, decimal, parts_due, selected
from invoices import Invoicing
from late import is_known, late_lines
from money import rounded
from past import Line, Past
from piece import Due
from rollover import Pots
from rows import meant
from sharing import Shared, differs
from workspace import Workspace


@dataclass
class Run:
    """What one run is expected to do."""
    lines: list = field(default_factory=list)
    excluded: set = field(default_factory=set)   # (account, service or order line, code)
    excepted: set = field(default_factory=set)   # (account, service, code)
    invoices: list = field(default_factory=list)
    allocations: dict = field(default_factory=dict)  # (account and group of an invoice, taken or given back, whose, source, id): how much
    settled: list = field(default_factory=list)  # (service, from, to): spoken for without a line; with the full period and the charge where nothing was used
    read: list = field(default_factory=list)     # (service, from, to): days of which late usage makes no difference
    pots: dict = field(default_factory=dict)     # service: what it has free of included quantities that go over
    suppressed: list = field(default_factory=list)  # lines that count as billed and are on no invoice
    waived_orders: set = field(default_factory=set)
    waits: bool = False  # something is held, or set aside by itself

    def wait(self, account, service, code):
        """Nothing of a service is billed after all."""
        self.lines, self.settled, self.read, self.pots, self.excluded, self.waits = [], [], [], {}, set(), True
        self.excepted.add((account, service, code))


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
        self.shared = Shared()  # what services have taken in this run
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
        commitments.settle(self, staged)
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
            self.run.excluded |= {aside for aside in outcome.excluded if account not in unbilled or aside[2] not in ("no_usage", "commitment_met")}
        self.over -= {service.id for service in self.export.services if self.owner(service) in unbilled}
        self.over -= {service for _, outcome in staged for _, service, code in outcome.excepted if code == "BW-R108"}
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
            outcome.wait(account, service.id, str(parked))
            self.shared.give_back(service.id)
        return outcome

    def bill_into(self, outcome, service):
        account = self.owner(service)
        exclude = lambda code: outcome.excluded.add((account, service.id, code))
        until, waived_before = self.held(account, service.id, service.hold_until)
        if until:
            exclude("held")
            outcome.waits = True
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
        outcome.lines += self.changed(terms)
        unknown, (terms.repriced, anew) = None, ({}, [])
        try:
            terms.repriced, anew = again.repriced(self, terms)
        except ParkedAlone as parked:
            unknown = parked
        outcome.lines += anew
        usage = sorted(self.export.usage.get(service.id, ()), key=lambda used: used[0])
        shared, in_run, in_run_rows = [], defaultdict(list), defaultdict(list)  # usage counted by earlier pieces of this run
        outcome.pots[service.id] = pots = Pots(self, service.id)
        for full, code, begin, end, line in late_lines(self, terms, self.judge_usage(terms, usage, account, outcome), in_run, in_run_rows, pots):
            shared.append((full, code))
            if line:
                outcome.lines.append(line)
            else:
                outcome.read.append((service.id, begin, end))
                exclude("no_usage")
        for full, _, _, pieces in parts:
            for begin, end, row, own, ready in pieces:
                if waived_before and ready < waived_before:
                    pots.of(terms.charge_on(begin), full)
                    outcome.settled.append((service.id, begin, end))
                    exclude("waived")
                    continue
                charge = terms.charge_on(begin)
                due = Due(self, terms, charge, row, full, begin, end)
                if "usage" in charge:
                    shared.append((full, charge["code"]))
                    due.in_run_rows, due.pots = in_run_rows, pots
                    due.together = [(a, b) for a, b, _, other, _ in pieces if other == own]
                    line = due.usage_line(usage, in_run, is_last=end == self.last_day(terms, own))
                    if line is None:
                        outcome.settled.append((service.id, begin, end, full, charge["code"]))
                        exclude("no_usage")
                        continue
                    outcome.lines.append(line)
                else:
                    outcome.lines.append(due.fixed_line())
        if unknown:
            raise unknown
        self.share_periods(terms, shared)
        once = "one_time" in terms.charge_on(max(terms.begun, 1))
        left = minus([(terms.begun, terms.begun + once)] if once else terms.life(), billed)
        if not outcome.lines and not outcome.settled and not outcome.read:
            if terms.ended <= self.to and (not left or terms.begun >= terms.ended):
                exclude("ended")
            elif within(terms.pauses, self.to, self.to + 1) and terms.begun <= self.to and not within(billed, self.to, self.to + 1):
                exclude("paused")
                return
        if terms.begun >= terms.ended or not minus(left, [piece[:2] for _, _, _, pieces in parts for piece in pieces]):
            self.over.add(service.id)

    def share_periods(self, terms, due):
        """Sets a service aside that shares what is included with one that has other periods than those it is due for."""
        due = [(full, code) for full, code in due if terms.charges[code]["usage"].get("shared")]
        services = self.export.of_subscription[terms.service.subscription_id] if due else ()
        others = [Terms(self.export, service, self.schemes, self.groups, self.past) for service in services]
        if any(differs(others, code, full) for full, code in due):
            raise ParkedAlone("BW-R109")

    def last_day(self, terms, own):
        """The end of the last unpaused day that a charge has of a full period."""
        left = minus([own], terms.pauses)
        return left[-1][1] if left else own[1]

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
            if line is None or line.kind not in ("recurring", "adjustment"):
                continue
            recurring = terms.charges.get(line.charge, {}).get("recurring", {})
            if again.retroactive(terms, terms.charges.get(line.charge, {})) != "adjust" and (recurring.get("cancel") != "credit_unused" or recurring.get("timing", "advance") != "advance"):
                continue
            for unused in minus([(begin, end)], terms.life()):
                outcome.lines.append(Line(line.account, line.subscription, line.service, line.charge, "credit", *unused, line.quantity, -changes.told(line, *unused),
                                          line.currency, line.category, group=self.group_key(terms.account, terms.subscription, terms.service.rows[-1]),
                                          credits=line))

    def changed(self, terms):
        """What billed days cost more or less today, where the scheme asks for that."""
        if "recurring" not in self.types:
            return []
        lines = list(changes.adjustments(self, terms))
        if any(again.retroactive(terms, terms.charges[line.charge]) == "park" for line in lines):
            raise ParkedAlone("BW-R107")
        return lines

    def judge_usage(self, terms, usage, account, outcome):
        """Usage outside the life, on no usage charge, under another meter, or too late; gives what is late and is billed by this run."""
        late = []
        service, life, billed = terms.service.id, terms.life(), self.past.spans(terms.service.id)
        for day, row in usage:
            if within(billed, day, day + 1):
                if not meant(terms.charge_on(day), row):
                    continue
                if any(begin <= day < end and row["usage_id"] in seen for begin, end, seen in self.past.counted[service]):
                    continue
                becomes = terms.charge_on(day)["usage"].get("late", "refuse")
                if becomes == "next_run" and is_known(self, terms, day):
                    late.append((day, row))
                elif becomes != "ignore":
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
        return late

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
                outcome.waits = True
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
        past.runs += 1
        for line in (*run.lines, *run.suppressed):
            line.run = past.runs
            line.crediting, line.returning = [], defaultdict(Decimal)
            if line.reduces is not None:
                continue
            if not line.commits:
                past.billed[line.account].append(line)
            if not line.service:
                past.orders.add(line.charge)
            elif line.is_usage:
                past.repriced[line.service].append(line)
            elif line.credits:
                past.reopen(line.service, line.start, line.end)
            else:
                if line.kind == "adjustment":
                    past.reopen(line.service, line.start, line.end)
                if line.kind != "late_usage":
                    past.claim(line.service, line.start, line.end, line)
                if line.kind == "usage":
                    past.read[line.service].append((line.start, line.end, line.period, line.charge))
                if line.taken:
                    past.shared.take(line.taken[0], line.service, line.taken[1])
                if line.kind in ("usage", "late_usage"):
                    past.lines[line.service].append(line)
                    past.usage[line.service, line.charge].append((line.start, line.end, line.quantity, line.is_raised))
                    past.rows[line.service, line.charge].append((line.start, line.end, *line.rows))
                    past.counted[line.service].append((line.start, line.end, self.export.usage_ids))
        for service, begin, end, *read in run.settled:
            past.claim(service, begin, end)
            past.read[service] += [(begin, end, *read)] if read else []
            past.counted[service].append((begin, end, self.export.usage_ids))
        past.pots.update(run.pots)
        for service, begin, end in run.read:
            past.counted[service].append((begin, end, self.export.usage_ids))
        past.orders |= run.waived_orders
        past.known |= {key for _, key, _ in run.excluded} | {account for account, _, _ in run.excepted}


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
