"""The taxes of an invoice, by category and by part of it; as docs/invoices.md and docs/definitions.md (tax) say it."""
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from days import number
from due import Parked, flag
from money import rounded


@dataclass
class Tax:
    """A row of what an invoice says of its taxes: one tax of one category, or why there is none."""
    category: str
    part: int
    name: str
    percent: Decimal
    treatment: str
    note: str
    is_compound: bool = False
    base: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


class Taxation:
    """A tax definition; without one nothing is taxed."""

    def __init__(self, definition, workspace):
        self.definition, self.by_line = definition, workspace.settings.get("tax_rounding") == "line"
        self.mode = (definition or {}).get("rounding", workspace.settings["rounding"])
        self.is_inclusive = (definition or {}).get("prices") == "inclusive"

    def on(self, lines, account, invoice_date):
        """The taxes of an invoice; where they are rounded on each line, the line remembers its own."""
        if self.definition is None:
            return []
        taxes = {category: self.taxes_of(category, account, invoice_date) for category in sorted({line.category for line in lines})}
        round_it = lambda exact: rounded(exact, lines[0].currency, self.mode)
        if self.by_line:
            for line in lines:
                line.tax = levy(line.amount, taxes[line.category], self.is_inclusive, round_it)
        else:
            sums = defaultdict(Decimal)
            for line in lines:
                sums[line.category] += line.amount
            for category, amount in sums.items():
                levy(amount, taxes[category], self.is_inclusive, round_it)
        return [tax for category in taxes.values() for tax in category]

    def taxes_of(self, category, account, invoice_date):
        if flag(account.get("tax_exempt")):
            return [Tax(category, 1, None, Decimal(0), "exempt", self.definition.get("exempt_note"))]
        rate = self.rate(category, account, invoice_date)
        for treatment in ("exempt", "reverse_charge"):
            if treatment in rate:
                return [Tax(category, 1, None, Decimal(0), treatment, rate[treatment]["note"])]
        return [Tax(category, nth, part.get("name"), Decimal(part["percent"]), "taxed", None, part.get("compound", False))
                for nth, part in enumerate(rate.get("parts", [rate]), 1)]

    def rate(self, category, account, invoice_date):
        """The first that matches; a reverse charge is only for those with a tax id."""
        for rate in self.definition["rates"]:
            if (rate["category"] == category and all(account.get(column) == value for column, value in rate.get("match", {}).items())
                    and (number(rate.get("valid_from")) or 0) <= invoice_date and ("reverse_charge" not in rate or account.get("tax_id"))):
                return rate
        raise Parked("BW-R110")


def levy(amount, taxes, is_inclusive, round_it):
    """Adds what they come to on an amount to each of several taxes; gives their sum."""
    if is_inclusive:
        own = taken_out(Fraction(amount), taxes, round_it)
        net = amount - sum(own)
    else:
        own, net = added(amount, taxes, round_it), amount
    before = Decimal(0)
    for tax, its in zip(taxes, own):
        tax.base += net + before if tax.is_compound else net
        tax.tax += its
        before += its
    return before


def added(net, taxes, round_it):
    """Each on the net, or on the taxes before it too."""
    own = []
    for tax in taxes:
        base = net + sum(own) if tax.is_compound else net
        own.append(round_it(Fraction(base) * Fraction(tax.percent) / 100))
    return own


def taken_out(gross, taxes, round_it):
    """The share of each in an amount that has all of them in it."""
    whole, shares = Fraction(1), []
    for tax in taxes:
        rate = Fraction(tax.percent) / 100
        shares.append(rate * whole if tax.is_compound else rate)
        whole += shares[-1]
    return [round_it(gross * share / whole) for share in shares]
