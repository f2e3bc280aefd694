"""Lines to invoices: who gets them, what is carried or left out, tax, totals and dates."""
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from days import in_month, month_of, number
from reductions import Reductions
from taxes import Taxation


@dataclass
class Invoice:
    account: str
    lines: list
    document_type: str
    currency: str
    invoice_date: int
    posting_date: int
    due_date: int
    net: Decimal
    tax: Decimal
    total: Decimal
    prior_balance: Decimal
    taxes: list
    applied: Decimal = Decimal(0)

    @property
    def group(self):
        """What its lines have in common, after the account."""
        return self.lines[0].group

    @property
    def amount_due(self):
        return self.total - self.applied


class Invoicing:
    def __init__(self, night):
        self.night, self.run, self.export = night, night.run, night.export
        self.options = night.definition.get("invoices", {})
        defaults = night.workspace.settings.get("defaults", {})
        self.taxation = Taxation(night.workspace.of_kind("tax").get(night.definition.get("tax", defaults.get("tax"))), night.workspace)
        self.default_terms = defaults.get("payment_terms")

    def invoice(self, outcomes):
        """Puts the lines of all services on invoices; what is not invoiced after all claims nothing."""
        self.suppress = self.options.get("suppress", [])
        self.reductions = Reductions(self.export, self.night.workspace, self.night.as_of, self.night.name, self.night.past.used)
        sheets, settled = defaultdict(list), [piece for outcome in outcomes for piece in outcome.settled]
        for outcome in outcomes:
            self.run.waived_orders |= outcome.waived_orders
        own = defaultdict(list)
        for outcome in outcomes:
            for line in outcome.lines:
                own[line.account].append(line)
        for account, lines in own.items():
            payer = self.export.accounts[account].get("invoice_to") or account
            for line in (*lines, *self.reductions.taken_off(account, lines)):
                sheets[payer, line.group].append(line)
        carried = set()
        for (account, _), lines in sorted(sheets.items(), key=str):
            if "zero_invoices" in self.suppress and all(line.amount == 0 for line in lines):
                self.set_aside(lines, "zero_invoice", settles=True)
                continue
            is_suppressed = lambda line: line.amount == 0 and "zero_lines" in self.suppress
            printed, suppressed = [line for line in lines if not is_suppressed(line)], [line for line in lines if is_suppressed(line)]
            invoice = self.drafted(account, printed) if printed else None
            reason = invoice and self.carried(invoice)
            if reason:  # a suppressed line waits with it: a service is not billed further on and not before
                self.set_aside(lines, reason, settles=False)
                carried |= {line.service for line in lines}
                continue
            self.set_aside(suppressed, "zero_line", settles=True)
            if invoice:
                self.run.invoices.append(invoice)
                self.run.lines += printed
        # What waits claims nothing, and so it is not told that nothing was due for days of it.
        self.run.excluded -= {aside for aside in self.run.excluded if aside[1] in carried and aside[2] in ("no_usage", "commitment_met")}
        self.run.settled += [piece for piece in settled if piece[0] not in carried]
        self.run.read += [piece for outcome in outcomes for piece in outcome.read if piece[0] not in carried]
        self.run.pots |= {service: pots for outcome in outcomes for service, pots in outcome.pots.items() if service not in carried}
        self.reductions.made(self.run.invoices)
        self.settle_credits(outcomes)
        by_account = defaultdict(list)
        for invoice in self.run.invoices:
            by_account[invoice.account].append(invoice)
        for invoices in by_account.values():
            self.reductions.pay(invoices)
        self.run.allocations = self.reductions.allocated
        past = self.night.past
        for invoice in self.run.invoices:
            if invoice.account not in past.invoiced:
                past.balances[invoice.account] = invoice.prior_balance
            past.invoiced.add(invoice.account)
            past.balances[invoice.account] += invoice.total - invoice.applied

    def settle_credits(self, outcomes):
        """What is carried was not credited after all."""
        for line in (line.takes_back.first for outcome in outcomes for line in outcome.lines if line.takes_back):
            line.crediting.clear()
            line.returning.clear()

    def set_aside(self, lines, code, settles):
        for line in lines:
            self.run.excluded.add((line.account, line.service or line.charge, code))
            if not settles:
                continue
            if not line.service:
                self.run.waived_orders.add(line.charge)
            elif line.credits:
                self.night.past.reopen(line.service, line.start, line.end)
            else:
                self.run.suppressed.append(line)

    def drafted(self, account_id, lines):
        account, night = self.export.accounts[account_id], self.night
        group = night.groups.get(account.get("group"), {})
        currency, bill_day = lines[0].currency, int(account.get("bill_day") or group.get("bill_day") or 0)
        invoice_date = self.invoice_date(bill_day)
        taxes = self.taxation.on(lines, account, invoice_date)
        net, tax = sum((line.amount for line in lines), Decimal(0)), sum((row.tax for row in taxes), Decimal(0))
        terms = night.workspace.of_kind("payment_terms").get(account.get("payment_terms") or group.get("payment_terms") or self.default_terms)
        due = invoice_date + (terms["due"].get("days", 0) + self.options.get("due", {}).get("offset_days", 0) if terms else 0)
        if self.taxation.is_inclusive:
            net -= tax
        total, past = net + tax, night.past
        prior = past.balances[account_id] if account_id in past.invoiced else Decimal(account.get("opening_balance") or 0)
        return Invoice(account_id, lines, "credit_note" if total < 0 else "invoice", currency, invoice_date, self.posting_date(invoice_date, bill_day), due, net, tax,
                       total, prior, taxes)

    def invoice_date(self, bill_day):
        written = self.options.get("date", "window_to")
        if written == "window_to":
            return self.night.to
        if written == "as_of":
            return self.night.as_of
        if written == "bill_day":
            return in_month(month_of(self.night.to), bill_day) if bill_day else self.night.to
        return number(written)

    def posting_date(self, invoice_date, bill_day):
        written = self.options.get("posting_date", "transaction_date")
        if written == "transaction_date":
            return self.night.as_of
        month = month_of(invoice_date) if "month_of" in written else int(written["year"]) * 12 + int(written["month"]) - 1
        return in_month(month, bill_day or date.fromordinal(invoice_date).day)

    def carried(self, invoice):
        """Why an invoice waits for the next run, if it does."""
        if invoice.total < 0:
            waits = self.options.get("negative", "credit_note") == "carry" and not self.is_final(invoice)
            return "negative_carried" if waits else None
        minimum = self.options.get("minimum", {})
        if invoice.total >= Decimal(minimum.get("total", 0)) or self.is_final(invoice):
            return None
        months = int(minimum.get("carry_at_most", {}).get("months", 3))
        oldest = min(line.start for line in invoice.lines)
        return "below_minimum" if in_month(month_of(oldest) + months, date.fromordinal(oldest).day) > invoice.invoice_date else None

    def is_final(self, invoice):
        """Whether the account is canceled, or nothing of it and of those it pays for is left to bill after this run."""
        account = self.export.accounts[invoice.account]
        canceled_on = number(account.get("canceled_on"))
        if account.get("status") == "canceled" or canceled_on and canceled_on <= self.night.as_of:
            return True
        return self.paid_for()[invoice.account] <= self.night.over

    def paid_for(self):
        """Services and order lines by the account that gets their invoices."""
        if not hasattr(self, "_paid_for"):
            self._paid_for = defaultdict(set)
            owned = [(self.export.subscriptions[service.subscription_id]["account_id"], service.id) for service in self.export.services]
            owned += [(self.export.orders[row["order_id"]]["account_id"], f"{row['order_id']}:{row['line']}") for row in self.export.order_lines]
            for account, item in owned:
                self._paid_for[self.export.accounts[account].get("invoice_to") or account].add(item)
        return self._paid_for
