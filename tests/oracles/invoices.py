"""Lines to invoices: who gets them, what is carried or left out, tax, totals and dates."""
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from days import in_month, month_of, number, text
from due import Parked, flag
from reductions import Reductions
from money import rounded


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
    applied: Decimal = Decimal(0)

    def key(self):
        return (self.account, self.document_type, self.currency, text(self.invoice_date), text(self.posting_date), text(self.due_date), self.net, self.tax,
                self.total, self.prior_balance, tuple(sorted(map(name_of, self.lines))))


def name_of(line):
    return f"{line.service} {line.charge} {line.kind} {text(line.start)}..{text(line.end)}"


class Invoicing:
    def __init__(self, night):
        self.night, self.run, self.export = night, night.run, night.export
        self.options = night.definition.get("invoices", {})
        defaults = night.workspace.settings.get("defaults", {})
        self.tax = night.workspace.of_kind("tax").get(night.definition.get("tax", defaults.get("tax")))
        self.default_terms = defaults.get("payment_terms")
        self.by_line = night.workspace.settings.get("tax_rounding") == "line"

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
        # What waits claims nothing, and so it is not told that days of it had no usage.
        self.run.excluded -= {aside for aside in self.run.excluded if aside[1] in carried and aside[2] == "no_usage"}
        self.run.settled += [piece for piece in settled if piece[0] not in carried]
        self.reductions.made(self.run.lines)
        self.settle_credits(outcomes)
        by_account = defaultdict(list)
        for invoice in self.run.invoices:
            by_account[invoice.account].append(invoice)
        for invoices in by_account.values():
            self.reductions.pay(invoices)
        past = self.night.past
        for invoice in self.run.invoices:
            if invoice.account not in past.invoiced:
                past.balances[invoice.account] = invoice.prior_balance
            past.invoiced.add(invoice.account)
            past.balances[invoice.account] += invoice.total - invoice.applied

    def settle_credits(self, outcomes):
        """What is carried was not credited after all."""
        for line in (line.credits for outcome in outcomes for line in outcome.lines if line.credits):
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
                self.run.settled.append((line.service, line.start, line.end))
                if line.kind == "usage":
                    self.night.past.usage[line.service].append((line.start, line.end, line.quantity))
                    self.night.past.rows[line.service].append((line.start, line.end, *line.rows))

    def drafted(self, account_id, lines):
        account, night = self.export.accounts[account_id], self.night
        group = night.groups.get(account.get("group"), {})
        currency, bill_day = lines[0].currency, int(account.get("bill_day") or group.get("bill_day") or 0)
        invoice_date = self.invoice_date(bill_day)
        net = sum((line.amount for line in lines), Decimal(0))
        tax = self.tax_on(lines, account, invoice_date, currency)
        terms = night.workspace.of_kind("payment_terms").get(account.get("payment_terms") or group.get("payment_terms") or self.default_terms)
        due = invoice_date + (terms["due"].get("days", 0) + self.options.get("due", {}).get("offset_days", 0) if terms else 0)
        if self.is_inclusive():
            net -= tax
        total, past = net + tax, night.past
        prior = past.balances[account_id] if account_id in past.invoiced else Decimal(account.get("opening_balance") or 0)
        return Invoice(account_id, lines, "credit_note" if total < 0 else "invoice", currency, invoice_date, self.posting_date(invoice_date, bill_day), due, net, tax,
                       total, prior)

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

    def tax_on(self, lines, account, invoice_date, currency):
        """The tax of an invoice; under inclusive prices it is in the lines."""
        if self.tax is None:
            return Decimal(0)
        mode = self.tax.get("rounding", self.night.workspace.settings["rounding"])
        taxed = lambda amount, category: taxes(Fraction(amount), self.parts(category, account, invoice_date), self.is_inclusive(), lambda exact: rounded(exact, currency, mode))
        if self.by_line:
            return sum((taxed(line.amount, line.category) for line in lines), Decimal(0))
        bases = defaultdict(Decimal)
        for line in lines:
            bases[line.category] += line.amount
        return sum((taxed(base, category) for category, base in bases.items()), Decimal(0))

    def is_inclusive(self):
        return self.tax is not None and self.tax.get("prices") == "inclusive"

    def parts(self, category, account, invoice_date):
        """(percent, whether it is on the taxes before it) of each tax; none where nothing is taxed."""
        if flag(account.get("tax_exempt")):
            return []
        for rate in self.tax["rates"]:
            if (rate["category"] == category and all(account.get(column) == value for column, value in rate.get("match", {}).items())
                    and (number(rate.get("valid_from")) or 0) <= invoice_date and ("reverse_charge" not in rate or account.get("tax_id"))):
                parts = rate.get("parts", [rate] if "percent" in rate else [])
                return [(Fraction(part["percent"]) / 100, part.get("compound", False)) for part in parts]
        raise Parked("BW-R110")

    def carried(self, invoice):
        """Why an invoice waits for the next run, if it does."""
        if invoice.total < 0:
            return "negative_carried" if self.options.get("negative", "credit_note") == "carry" else None
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


def taxes(amount, parts, is_inclusive, round_it):
    """What several taxes on an amount come to, each rounded; of one that has them in it, the share of each."""
    whole, shares = Fraction(1), []
    for percent, is_compound in parts:
        shares.append(percent * whole if is_compound else percent)
        whole += shares[-1]
    if is_inclusive:
        return sum((round_it(amount * share / whole) for share in shares), Decimal(0))
    total = Decimal(0)
    for percent, is_compound in parts:
        total += round_it((amount + Fraction(total) if is_compound else amount) * percent)
    return total
