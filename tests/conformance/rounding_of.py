"""taxes_rounding.json: amounts brought to the coins of a currency, and taxes."""
from datetime import date, timedelta
from decimal import Decimal

from ask import NotApplicable, NotYet, frequency, price, to_places
from bill import bill
from conventions import LAGO
from lives import Life, billed

MODES = {"half away from zero": "half_up", "half up": "half_up", "up": "up", "down": "down", "half even": "half_even"}


def rounded(value, currency, mode):
    """A price of one, for one, is that price rounded."""
    amount, _ = price({"recurring": {"timing": "advance", "proration": "daily"}, "price": {"flat": value}}, currency=currency, scheme={"rounding": MODES[mode]})
    return amount


def by_scale(given, expect):
    currency, scheme = to_places(given["scale"], MODES[given["rounding"]])
    amount, _ = price({"one_time": {}, "price": {"flat": given["amount"]}}, currency=currency, scheme=scheme)
    return amount, Decimal(expect["amount"])


def by_currency(given, expect):
    return rounded(given["amount"], given["currency"], given["rounding"]), Decimal(expect["amount"])


def openmeter(given, expect):
    if given["currency"] == "(custom)":
        raise NotApplicable("a currency of its own, outside of ISO 4217")
    return rounded(given["value"], given["currency"], "half up"), Decimal(expect["rounded"])


def digits(given, expect):
    """How many decimals a price of 1.11111111 keeps."""
    return {currency: -rounded("1.11111111", currency, "half up").normalize().as_tuple().exponent for currency in expect["scale"]}, expect["scale"]


def e_invoice(given, expect):
    """A line is rounded, a tax is that of the sum of its category; a credit note has every sign turned."""
    part = -1 if given["document"] == "credit note" else 1
    category = lambda line: f"{line['tax_category']}-{Decimal(line.get('tax_percent', '0')).normalize():f}"
    lines = []
    for line in given["lines"]:
        quantity, unit = Decimal(line["quantity"]), Decimal(line["price"]) / Decimal(line.get("price_base_quantity", "1"))
        # What is taken back has a price below zero, never a quantity.
        unit *= part * (-1 if quantity < 0 else 1)
        lines.append((f"{abs(quantity):f}", f"{unit:f}", category(line)))
    rates = {category(line): line.get("tax_percent", "0") for line in given["lines"]}
    # What was paid before is a balance credit.
    paid = [{"amount": given["prepaid_amount"], "kind": "balance"}] if Decimal(given.get("prepaid_amount", "0")) else []
    ours = bill(lines, [{"category": name, "percent": percent} for name, percent in rates.items()], given["currency"], credits=paid)
    theirs, totals = sorted((tax_key(tax), Decimal(tax["taxable"]), Decimal(tax["tax"])) for tax in expect["taxes"]), expect["totals"]
    return (([part * line for line in ours.lines], sorted((name, part * base, part * tax) for name, _, base, tax in ours.taxes), part * sum(ours.lines), part * ours.net, part * ours.tax, part * ours.total, part * (ours.total - ours.applied)),
            ([Decimal(net) for net in expect["line_nets"]], theirs, *(Decimal(totals[name]) for name in ("lines_total", "net")), Decimal(expect["tax_total"]), *(Decimal(totals[name]) for name in ("gross", "payable"))))


def tax_key(tax):
    return f"{tax['category']}-{Decimal(tax.get('percent', '0')).normalize():f}"


def lago_tax(given, expect):
    """Each tax of the sum of what it is on. Whose taxes they are, the line's, the customer's or the seller's, is which rate comes first."""
    if "amounts" in given:
        return paid_by_credit(given, expect)
    if any("coupon" in name for name in given) or "credit_note" in given:
        return after_credits(given, expect)
    if "amount" in given:
        percents = given.get("rates") or given.get("explicit") or given.get("customer") or given["seller_default"]
        ours = bill([("1", given["amount"], "t")], [rate("t", percents)], given["currency"])
        theirs = [Decimal(tax) for tax in expect.get("per_tax", [])]
        return (ours.tax, theirs and [tax for *_, tax in ours.taxes]), (Decimal(expect["tax"]), theirs)
    if "provider_tax" in given["lines"][0]:
        (line,), lines = given["lines"], [("1", given["lines"][0]["amount"], "t")]
        ours = bill(lines, [rate("t", line["provider_rates"])], given["currency"])
        return (ours.tax, ours.total), (Decimal(expect["line_tax"]), Decimal(expect["total"]))
    category = lambda line: "-".join(line["taxes"])
    rates = {category(line): rate(category(line), [given["rates"][name] for name in line["taxes"]]) for line in given["lines"]}
    ours = bill([("1", line["amount"], category(line)) for line in given["lines"]], list(rates.values()), given["currency"])
    found = {}
    for _, percent, base, tax in ours.taxes:
        before = found.get(percent, (0, 0))
        found[percent] = base + before[0], tax + before[1]
    theirs = {Decimal(given["rates"][name]): (Decimal(tax["base"]), Decimal(tax["tax"])) for name, tax in expect["per_tax"].items()}
    return (found, ours.tax), (theirs, Decimal(expect["tax_total"]))


def after_credits(given, expect):
    """Coupons are price credits, taken off before tax; a credit note is a balance credit, which pays the total."""
    lines = given.get("lines") or [{"amount": given["amount"], "rate": given["rates"][0]}]
    percent = lambda line: line.get("rate") or given["tax_percent"]
    coupons = given.get("coupons") or [given.get("coupon_total") or given.get("coupon_share") or "0"]
    credits = [{"amount": amount} for amount in coupons] + [{"amount": given.get("credit_note", "0"), "kind": "balance"}]
    rates = {f"t{percent(line)}": {"category": f"t{percent(line)}", "percent": percent(line)} for line in lines}
    by = "line" if "line_tax" in expect else "document"
    ours = bill([("1", line["amount"], f"t{percent(line)}") for line in lines], list(rates.values()), given["currency"], by=by, credits=credits)
    found = {"tax": ours.tax, "tax_total": ours.tax, "net": ours.net, "subtotal": sum(ours.lines), "line_tax": ours.line_taxes, "coupon_share": ours.off,
             "coupon_used": sum(ours.off), "total_before_credit": ours.total, "total": ours.total - ours.applied}
    number = lambda value: [Decimal(one) for one in value] if isinstance(value, list) else Decimal(value)
    return {name: found[name] for name in expect}, {name: number(value) for name, value in expect.items()}


def paid_by_credit(given, expect):
    """Invoice after invoice, each paid by what is left of one balance credit."""
    left, totals, after = Decimal(given["wallet_balance"]), [], []
    for amount in given["amounts"]:
        ours = bill([("1", amount, "t")], [rate("t", [given["tax_percent"]])], given["currency"], credits=[{"amount": left, "kind": "balance"}])
        left -= ours.applied
        totals.append(ours.total)
        after.append(left)
    return (totals, after), ([Decimal(total) for total in expect["totals_with_tax"]], [Decimal(one) for one in expect["wallet_after_each"]])


def allocated(given, expect):
    """An amount over weights: a price credit over lines of so much."""
    lines = [("1", f"{Decimal(weight) * 1000:f}", "t") for _, weight in given["items"]]
    ours = bill(lines, [{"category": "t", "percent": "0"}], given["currency"], credits=[{"amount": given["amount"]}])
    parts = {name: part for (name, _), part in zip(given["items"], ours.off) if part}
    return parts, {name: Decimal(part) for name, part in expect["allocations"].items()}


def rate(category, percents):
    """One tax, or several on the same lines."""
    if len(percents) == 1:
        return {"category": category, "percent": percents[0]}
    return {"category": category, "parts": [{"name": f"tax {at}", "percent": percent} for at, percent in enumerate(percents, 1)]}


def lago_note(given, expect):
    raise NotApplicable("a credit note whose rate of tax the source does not give: nothing to work out")


def lago_by_hand(given, expect):
    """An order below zero, of as much as is credited."""
    note = bill([("1", f"-{given['credited_net']}", "t")], [rate("t", [given["tax_percent"]])], given["currency"])
    return (-note.tax, -note.total), (Decimal(expect["tax_credit"]), Decimal(expect["total_credit"]))


def lago_unused(given, expect):
    """A service that ends before its period is over: what it cost is credited by the day, and its tax with it."""
    start = date(2025, 1, 6)
    used = int(given["period_days"]) - int(given["unused_days"])
    life = Life(given["price"], start, frequency(given["period"]), end=start + timedelta(days=used), known=start + timedelta(days=used), anchor=LAGO.anchor["calendar"])
    bill, note = billed([life], [start, life.end], tax=given["tax_percent"])
    of = lambda bill: (bill.net, bill.tax, bill.total)
    return (of(bill), of(note)), (tuple(Decimal(expect["invoice"][name]) for name in ("net", "tax", "total")), tuple(-Decimal(expect[f"{name}_credit"]) for name in ("net", "tax", "total")))


def by_seller(given, expect):
    """The place that decides stands in columns of the account, here the seller's; what is more special goes first. A business abroad, by its number in Germany, owes the tax itself."""
    country, _, region = given["seller"].partition(", ")
    rules = given.get("rules") or [{"country": country, "rate": expect.get("rate", "0")}]
    place = lambda rule: {f"seller_{name}": rule[name] for name in ("country", "region") if name in rule}
    rates = [{"category": "t", "match": place(rule), "percent": rule["rate"]} for rule in sorted(rules, key=lambda rule: "region" not in rule)]
    account = {"seller_country": country, "seller_region": region}
    customer = given.get("customer", country).split()[0]
    if customer != country:
        rates.insert(0, {"category": "t", "match": {"country": customer}, "reverse_charge": {"note": "Reverse charge"}})
        account |= {"country": customer, "tax_id": "DE136695976"}
    amounts = given.get("lines") or [given["lines_total"]]
    ours = bill([("1", amount, "t") for amount in amounts], rates, "USD", by="line", **account)
    return alike(ours, expect)


def alike(invoice, expect):
    """What a source tells of an invoice, of ours and as it says; why nothing is taxed is in its words."""
    reason = next((reason.replace("_", " ") for reason in invoice.reasons if reason != "taxed"), None)
    found = {"line_tax": invoice.line_taxes, "groups": len(invoice.taxes), "rate": [percent for _, percent, *_ in invoice.taxes], "tax_total": invoice.tax, "total": invoice.total, "reason": reason}
    read = {"line_tax": lambda taxes: list(map(Decimal, taxes)), "groups": int, "rate": lambda percent: [Decimal(percent)], "reason": str}
    return {"reason": reason, **{name: found[name] for name in expect}}, {"reason": None, **{name: read.get(name, Decimal)(value) for name, value in expect.items()}}


def meteroid_tax(given, expect):
    """Tax by the line."""
    if "rules" in given or "seller" in given:
        return by_seller(given, expect)
    default = given.get("rate") or given.get("customer_rate") or "0"
    of = [line if isinstance(line, dict) else {"amount": line} for line in given["lines"]]
    percent = [line.get("rate", default) for line in of]
    if not all(isinstance(one, str) for one in percent) or any(set(line) - {"amount", "rate"} for line in of):
        raise NotYet("several taxes on one line, or none by words")
    exempt = {"tax_exempt": "true"} if given.get("customer") == "exempt" else {}
    ours = bill([("1", line["amount"], f"t{rate}") for line, rate in zip(of, percent)], [{"category": f"t{rate}", "percent": rate} for rate in dict.fromkeys(percent)],
                "USD", by="line", **exempt)
    return alike(ours, expect)


KINDS = {
    ("ConnectingEurope/eInvoicing-EN16931", "e-invoice totals"): e_invoice,
    ("itplr-kosit/xrechnung-testsuite", "e-invoice totals"): e_invoice,
    ("getlago/lago-api", "credit note"): lago_note,
    ("getlago/lago-api", "manual credit note"): lago_by_hand,
    ("getlago/lago-api", "credit note for unused time"): lago_unused,
    ("getlago/lago-api", "invoice tax"): lago_tax,
    ("meteroid-oss/meteroid", "invoice tax"): meteroid_tax,
    ("cgrates/cgrates", "round"): by_scale,
    ("flexprice/flexprice", "currency minor digits"): digits,
    ("flexprice/flexprice", "round to currency"): by_currency,
    ("openmeterio/openmeter", "round"): openmeter,
    ("openmeterio/openmeter", "allocate amount by weight"): allocated,
    ("openmeterio/openmeter", "allocate amount by amount"): allocated,
}
