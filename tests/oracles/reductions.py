"""What discounts and price credits take off lines, and balance credits off what is due; as docs/invoices.md says it."""
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from math import floor

from days import NEVER, number
from money import PLACES, rounded
from past import Line


class Reductions:
    """Those of one night. `used` is what earlier runs used: by (source, id) an amount and the nights."""

    def __init__(self, export, workspace, as_of, run, used):
        self.as_of, self.run, self.used, self.allocated = as_of, run, used, defaultdict(Decimal)
        self.discounts, self.credits = defaultdict(list), defaultdict(list)
        owner_of = {service.id: export.subscriptions[service.subscription_id]["account_id"] for service in export.services}
        for row in workspace.rows("discounts"):
            account = owner_of.get(row.get("service_id")) or (export.subscriptions[row["subscription_id"]]["account_id"] if row.get("subscription_id") else row.get("account_id"))
            self.discounts[account].append(row)
        for row in export.subscriptions.values():
            if Decimal(row.get("discount_percent") or 0):
                self.discounts[row["account_id"]].append({"discount_id": None, "subscription_id": row["subscription_id"], "percent": row["discount_percent"],
                                                          "periods": row.get("discount_periods")})
        for row in workspace.rows("credits"):
            self.credits[row["account_id"]].append(row)
        for rows in self.discounts.values():
            rows.sort(key=lambda row: (int(row.get("priority") or NEVER), bool(row.get("amount")), row["discount_id"] or ""))
        for rows in self.credits.values():
            rows.sort(key=lambda row: (int(row.get("priority") or NEVER), number(row.get("expires_on")) or NEVER, number(row.get("on")) or 0, row["credit_id"]))

    def taken_off(self, account, lines):
        """Lines of what is taken off those of an account, discounts first, then price credits; and what goes back with credited days."""
        lines = sorted(lines, key=lambda line: (line.subscription or "", line.service, line.charge, line.start))
        off = [back for line in lines if line.takes_back for back in given_back(line)]
        left = {id(line): line.amount for line in lines if not line.credits and line.amount > 0}
        ordered = [line for line in lines if id(line) in left]
        for row in self.discounts[account]:
            most = row.get("invoices")
            if most and len(self.used["discount", row["discount_id"]][1] - {self.run}) >= int(most):
                continue
            meant = [line for line in ordered if is_for(row, line)]
            if row.get("percent"):
                parts = [min(left[id(line)], rounded(Fraction(left[id(line)]) * Fraction(row["percent"]) / 100, line.currency, line.rounding)) for line in meant]
            else:
                parts = spread(Decimal(row["amount"]), [left[id(line)] for line in meant], meant)
            off += take(meant, parts, left, "discount", row["discount_id"])
        for row in self.usable(account, "price"):
            meant = [line for line in ordered if line.category == (row.get("tax_category") or line.category)]
            parts = spread(self.left_of(row, "price_credit"), [left[id(line)] for line in meant], meant)
            off += take(meant, parts, left, "price_credit", row["credit_id"])
        return off

    def usable(self, account, kind):
        return [row for row in self.credits[account] if row["kind"] == kind and (number(row.get("on")) or 0) <= self.as_of < (number(row.get("expires_on")) or NEVER)]

    def left_of(self, row, source):
        return max(Decimal(0), Decimal(row["amount"]) - self.used[source, row["credit_id"]][0])

    def pay(self, invoices):
        """Has the invoices of one account, in their order, use its balance credits."""
        invoices = sorted(invoices, key=lambda invoice: [(value is not None, value or "") for value in invoice.group])
        for row in self.usable(invoices[0].account, "balance"):
            left = self.left_of(row, "balance_credit")
            for invoice in invoices:
                part = min(left, invoice.total - invoice.applied)
                if part > 0:
                    invoice.applied += part
                    left -= part
                    self.remember(invoice, invoice.account, "balance_credit", row["credit_id"], part)

    def made(self, invoices):
        """Remembers what is on invoices."""
        for invoice, line in [(invoice, line) for invoice in invoices for line in invoice.lines]:
            if line.reduces is not None and line.source:
                self.remember(invoice, line.account, line.kind, line.source, -line.amount)
            if line.reduces is not None:
                of = (line.reduces.takes_back or line.reduces).first
                of.off[line.kind, line.source] += Decimal(0) if line.reduces.takes_back else -line.amount
                of.returned[line.kind, line.source] += line.amount if line.reduces.takes_back else Decimal(0)
            elif line.takes_back:
                line.takes_back.first.credited -= line.amount
            elif line.adjusts or line.continues and line.amount >= 0:
                line.first.raised += line.amount
            elif line.continues:
                line.first.credited -= line.amount

    def remember(self, invoice, owner, source, key, amount):
        self.allocated[invoice.account, invoice.group, amount > 0, owner, source, key] += amount
        before, runs = self.used[source, key]
        self.used[source, key] = before + amount, runs | ({self.run} if amount > 0 else set())


def is_for(row, line):
    names = (("subscription_id", line.subscription), ("service_id", line.service), ("charge", line.charge))
    return (all(not row.get(name) or row[name] == value for name, value in names)
            and line.number <= int(row.get("periods") or NEVER)
            and (number(row.get("from")) or 0) <= line.start < (number(row.get("to")) or NEVER))


def spread(most, weights, lines):
    """An amount in proportion to weights, at most all of them; coins left over to the largest remainders, the first of equals."""
    whole = min(most, sum(weights, Decimal(0)))
    if not whole:
        return [Decimal(0)] * len(weights)
    coin = Decimal(1).scaleb(-PLACES.get(lines[0].currency, 2))
    exact = [Fraction(whole) / Fraction(coin) * Fraction(weight) / Fraction(sum(weights)) for weight in weights]
    coins = [floor(part) for part in exact]
    over = int(whole / coin) - sum(coins)
    for at in sorted(range(len(exact)), key=lambda at: (coins[at] - exact[at], at))[:over]:
        coins[at] += 1
    return [part * coin for part in coins]


def take(lines, parts, left, kind, source):
    for line, part in zip(lines, parts):
        if part:
            yield off_line(line, kind, source, left[id(line)], -part)
            left[id(line)] -= part


def given_back(credit):
    """What was taken off the credited line and its adjustments, as far as they are credited by now."""
    line = credit.takes_back.first
    so_far = line.credited - credit.amount - sum((other.amount for other in line.crediting), Decimal(0))
    line.crediting.append(credit)
    for (kind, source), off in line.off.items():
        back = rounded(Fraction(off) * Fraction(so_far) / Fraction(line.amount + line.raised), line.currency, "half_up")
        back -= line.returned[kind, source] + line.returning[kind, source]
        line.returning[kind, source] += back
        if back:
            yield off_line(credit, kind, source, abs(credit.amount), back)


def off_line(line, kind, source, base, amount):
    return Line(line.account, line.subscription, line.service, line.charge, kind, line.start, line.end, base, amount, line.currency, line.category, group=line.group,
                rounding=line.rounding, reduces=line, source=source)
