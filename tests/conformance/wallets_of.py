"""wallets_credits.json: what is paid before. Money and units that pay what is used are balance credits at a price of one; what nights take out of wallets stands in
`debits_of.py`."""
from datetime import date, datetime, timedelta
from decimal import Decimal

from ask import NotApplicable
from bill import bill
from debits_of import beyond, by_what_for, conversion, cut, line_by_line, open_invoices, prepaid, top_up

UNTAXED = [{"category": "t", "percent": "0"}]
BILLED_ON = date(2026, 2, 1)


def paid(amounts, credits, currency="EUR"):
    """An invoice of these lines, and what is left of each credit, in their order."""
    ours = bill([("1", amount, "t") for amount in amounts], UNTAXED, currency, credits=[{"kind": "balance", **row} for row in credits])
    return ours, [Decimal(row["amount"]) - ours.used.get(f"C{at}", 0) for at, row in enumerate(credits, 1)]


def by_hand(given, expect):
    """An order below zero, of as much as is taken back, at the tax of the whole."""
    credited, tax = given["then"].split()[0], Decimal(given["tax"]) / Decimal(given["lines"][0]) * 100
    note = bill([("1", f"-{credited}", "t")], [{"category": "t", "percent": f"{tax:.7f}"}], given["currency"])
    return -note.total, Decimal(expect["account_credit"])


def account_credit(given, expect):
    if "then" in given:
        return by_hand(given, expect)
    if "tax" not in given:
        return open_invoices(given, expect)
    ours, (left,) = paid([*given["lines"], given["tax"]], [{"amount": given["account_credit"]}], given["currency"])
    return (-ours.applied, ours.total - ours.applied, left), tuple(Decimal(expect[name]) for name in ("credit_applied", "amount_due", "credit_left"))


def credits_against_lines(given, expect):
    if "error" in expect:
        raise NotApplicable("more credit than there is to pay is an error there: here the rest stays for later")
    if "already" in given["lines"][0]:
        ours = bill([("1", "50", "t")], UNTAXED, given["currency"], credits=[{"amount": "20", "priority": 1}, {"amount": given["credits"][0]}])
        return [ours.used["C2"]], [Decimal(part) for part in expect["credits_per_line"]]
    sums = sum(map(Decimal, given["lines"])), sum(map(Decimal, given["credits"]))
    if sums[1] < sums[0]:
        # Credits of an invoice go over all of its lines in proportion, so that each tax bears its share: these are a wallet.
        return line_by_line(given, expect)
    ours = bill([("1", amount, "t") for amount in given["lines"]], UNTAXED, given["currency"], credits=[{"amount": amount} for amount in given["credits"]])
    return (ours.off, [line - off for line, off in zip(ours.lines, ours.off)]), tuple([Decimal(one) for one in expect[name]] for name in ("credits_per_line", "due_per_line"))


def wallets(given, expect):
    """Wallets that pay any line, by priority and then as they stand; of one wallet what was given goes before what was bought."""
    lots = given.get("wallet_lots") or given["wallets"]
    if any(lot.get("scope", "all") != "all" for lot in lots):
        return by_what_for(given, expect)
    if any(lot.get("currency", given["currency"]) != given["currency"] for lot in lots):
        raise NotApplicable("a wallet in another currency is left alone there: here it is an error, since nothing is converted")
    amounts = [lot.get("balance") or lot["remaining"] for lot in lots]
    ours, left = paid([given["invoice_total"]], [{"amount": amount, "priority": at} for at, amount in enumerate(amounts, 1)], given["currency"])
    used = [ours.used.get(f"C{at}", Decimal(0)) for at in range(1, len(lots) + 1)]
    if "from_granted" in expect:
        return used, [Decimal(expect["from_granted"]), Decimal(expect["from_purchased"])]
    if not lots:
        return ours.total - ours.applied, Decimal(expect["amount_due"])
    return (used, left), tuple([Decimal(one) for one in expect[name]] for name in ("debits", "remaining"))


def lots(given, expect):
    if "error" in expect:
        return beyond(given, expect)
    _, left = paid([given["debit"]], [{"amount": lot["remaining"], "priority": at} for at, lot in enumerate(given["lots"], 1)], given["currency"])
    theirs = expect["remaining"]
    return left, [Decimal(one) for one in (theirs.values() if isinstance(theirs, dict) else theirs)]


def grants(given, expect):
    """Grants pay what is used, in units at a price of one: by priority, then by the day they expire. The days are moved to those of the bill."""
    if "period_reset_at" in given:
        return cut(given, expect)
    start = datetime.fromisoformat(given["start"])
    used = sum(Decimal(quantity) for _, quantity in given["usage"])

    def row(grant):
        number, unit = grant["expires_after"].split()
        effective = datetime.fromisoformat(grant["effective_at"])
        day = BILLED_ON + (effective - start)
        return {"amount": grant["amount"], "priority": grant["priority"], "on": day, "expires_on": day + timedelta(int(number) * (365 if "year" in unit else 1))}

    ours, left = paid([used], [row(grant) for grant in given["grants"]])
    if "overage" in expect:
        return ours.total - ours.applied, Decimal(expect["overage"])
    # What is not in force yet has no balance there.
    late = [datetime.fromisoformat(grant["effective_at"]) > datetime.fromisoformat(given["until"]) for grant in given["grants"]]
    # One stands for as many as are alike.
    return [Decimal(0) if is_late else one for one, is_late in zip(left, late)], [Decimal(expect["balances"][grant["id"].split()[0]]) for grant in given["grants"]]


KINDS = {
    ("cgrates/cgrates", "prepaid debit"): prepaid,
    ("getlago/lago-api", "automatic top-up"): top_up,
    ("getlago/lago-api", "credit conversion"): conversion,
    ("getlago/lago-api", "lot consumption"): lots,
    ("getlago/lago-api", "wallet debit"): wallets,
    ("killbill/killbill", "account credit"): account_credit,
    ("openmeterio/openmeter", "credits against lines"): credits_against_lines,
    ("openmeterio/openmeter", "grant burn-down"): grants,
}
