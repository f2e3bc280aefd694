"""wallets_credits.json: what the nights of a prepaid run take out of wallets and give back.

A bucket of units is a wallet for the scheme of one service, which costs 1 for each unit; beside a price it is what is included. A wallet of credits is
one of money. What is open is a shortfall, or what a wallet with a credit limit is below zero."""
from decimal import Decimal
from fractions import Fraction

from ask import NotApplicable, price, to_places
from charges_of import text
from nights import Account, monthly, once, used
from usage_of import RESERVED

# More than any case needs, where a source has no limit.
NO_LIMIT = "1000000"


def call(given):
    """A charge for calls at a rate and a fee, with buckets of seconds included."""
    rate, free = given["rate"], sum(Decimal(bucket["remaining"]) for bucket in given.get("buckets", ()))
    increment, fee = str(rate["increment_seconds"]), given.get("connection_fee", "0")
    return {"usage": {"meter": "m", "included": str(free), "each": {"then": increment, "fee": fee}}, "price": {"package": {"size": increment, "price": rate["price"], "for": str(rate["per_seconds"])}}}


def prepaid(given, expect):
    """A call a day, all of them debited in one night, each by itself."""
    if "authorised_seconds" in expect:
        raise NotApplicable(RESERVED)
    if "refunds" in given:
        return given_back(given, expect)
    quantity = given.get("usage_seconds") or given.get("requested_seconds") or given["usage"]["quantity"]
    days, negative = given.get("debits", 1), given.get("negative_allowed")
    money = {"opening_balance": given.get("money"), "credit_limit": NO_LIMIT if negative else None}
    debit = {"on_insufficient": "allow_negative" if negative else "skip"}
    currency, scheme = to_places(given.get("scale", 2), given.get("rounding", "half_up"))
    if "rate" in given:
        charge, buckets = call(given), {}
    else:
        bucket, = given["buckets"]
        charge, buckets = used(each={"then": bucket.get("increment", "1")}), {"bucket": {"opening_balance": bucket["remaining"], "scheme": "calls"}}
    night = Account({"calls": (charge, [(day, quantity) for day in range(days)])}, {**buckets, "money": money}, currency, debit, **scheme).night(days)
    amounts = [amount for *_, amount in night.debits]
    found = {"buckets": [night.holds[name] for name in buckets], "money": night.holds["money"], "cost": sum(amounts), "cost_each": amounts, "money_after": night.after,
             "served_seconds": Decimal(quantity) * len(night.days), "error": "insufficient credit" if night.missing else None}
    exact = lambda those: list(map(Decimal, those))
    read = {"buckets": exact, "money_after": exact, "cost_each": lambda each: [Decimal(each)] * days, "error": lambda error: error}
    return {name: found[name] for name in expect}, {name: read.get(name, Decimal)(value) for name, value in expect.items()}


def given_back(given, expect):
    """What is given back was debited before: by a night that leaves what the case begins with, and is taken back."""
    money, seconds = ([part for part in given["refunds"] if name in part] for name in ("money", "bucket"))
    services = {f"money-{at}": (once(part["money"]), ()) for at, part in enumerate(money)} | {part["bucket"]: (used(), [(0, part["seconds"])]) for part in seconds}
    begun = {"money": Decimal(given["money"])} | {bucket["id"]: Decimal(bucket["remaining"]) for bucket in given["buckets"]}
    opening = {"money": begun["money"] + sum(Decimal(part["money"]) for part in money)} | {part["bucket"]: begun[part["bucket"]] + Decimal(part["seconds"]) for part in seconds}
    account = Account(services, {name: {"opening_balance": str(balance), "scheme": name if name in services else None} for name, balance in opening.items()})
    ended = {"money": Decimal(expect["money"])} | {bucket["id"]: Decimal(left) for bucket, left in zip(given["buckets"], expect["buckets"])}
    return (account.night(1).holds, account.taken_back(1).holds), (begun, ended)


def by_what_for(given, expect):
    """A wallet for some lines names their scheme, one for all of them none; lines have their tax in them."""
    scheme = {"all": None, "usage lines": "usage", "metric m": "usage", "recurring lines": "recurring"}
    ordered = sorted(given["wallets"], key=lambda wallet: int(wallet["priority"]))
    for line in given["lines"]:
        first, *_ = (wallet for wallet in ordered if scheme[wallet["scope"]] in (None, line["kind"]))
        if first["scope"] == "all":
            raise NotApplicable("a wallet for all lines pays before one for a few of them: here what can only be spent on some goes first")
    charge = {"usage": lambda amount: (used(amount), [(0, "1")]), "recurring": lambda amount: (monthly(amount), ())}
    services = {line["kind"]: charge[line["kind"]](str(Decimal(line["amount"]) + Decimal(line.get("tax", "0")))) for line in given["lines"]}
    wallets = {wallet["id"]: {"opening_balance": wallet["balance"], "priority": at, "scheme": scheme[wallet["scope"]]} for at, wallet in enumerate(ordered, 1)}
    # What is used on a day is debited in the night after it.
    night = Account(services, wallets, given["currency"]).night(1)
    exact = lambda those: {name: Decimal(amount) for name, amount in those.items()}
    return (night.taken(), {name: night.holds[name] for name in night.taken()}), (exact(expect["debits"]), exact(expect["balance_after"]))


def beyond(given, expect):
    """A debit above what there is takes nothing."""
    night = Account({"s": (once(given["debit"]), ())}, {f"W{at}": lot["remaining"] for at, lot in enumerate(given["lots"])}, given["currency"]).night(0)
    return (len(night.missing), night.debits), (1, expect["consumed"])


def line_by_line(given, expect):
    """Debits are tried one by one; what credits lack is taken from a wallet that is below zero."""
    services = {f"L{at}": (once(amount), ()) for at, amount in enumerate(given["lines"], 1)}
    wallets = {f"C{at}": {"opening_balance": amount, "priority": at} for at, amount in enumerate(given["credits"], 1)} | {"due": {"credit_limit": NO_LIMIT, "priority": 99}}
    night = Account(services, wallets, given["currency"], {"on_insufficient": "allow_negative"}).night(0)
    taken = night.taken("service")
    due = [taken.get(("due", line), Decimal(0)) for line in services]
    credits = [sum(amount for (_, of), amount in taken.items() if of == line) - part for line, part in zip(services, due)]
    return (credits, due), tuple([Decimal(one) for one in expect[name]] for name in ("credits_per_line", "due_per_line"))


def open_invoices(given, expect):
    """An account that pays as it can: what is open is a shortfall until there is money, and then comes the next month."""
    amount = given.get("open_invoice") or given["invoices"][0]
    account = Account({"s": (monthly(amount), ())}, {"W": {}}, given["currency"])
    before = account.night(0)
    after = account.topped_up((0, given["account_credit_added"])).night(1)
    later = account.night(31)
    owed = lambda night: sum(night.missing) or -night.holds["W"]
    found = {"balance_before_credit": owed(before), "balance_after_credit": owed(after), "open_invoice_after": sum(after.missing), "balance_after_two_invoices": owed(later),
             "payment_for_next_invoice": sum(later.missing)}
    return {name: found[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}


def conversion(given, expect):
    """Credits are sold at their rate, a price as any other, and what was paid is topped up."""
    credits = given.get("credits") or text(Fraction(given["amount"]) / Fraction(given["rate"]))
    if len(credits.partition(".")[2]) > 6:
        raise NotApplicable("a number with the noise of a binary float: refused by name (BW-V142), for nothing is rounded on reading")
    paid, steps = price({"one_time": {}, "price": {"per_unit": given["rate"]}}, credits, given["currency"])
    if "rounds_to_zero" in expect:
        return not paid and steps[-1]["step"].startswith("rounded"), expect["rounds_to_zero"]
    night = Account({"s": (used(given["rate"]), ())}, {"W": {}}, given["currency"]).topped_up((0, str(paid))).night(1)
    return (night.holds["W"] / Decimal(given["rate"]), night.holds["W"]), (Decimal(expect["credits"]), Decimal(expect["amount"]))


def top_up(given, expect):
    raise NotApplicable("a top-up that is made by itself at a threshold: here a top-up is money that has come, and whoever takes it from a card says so")


def cut(given, expect):
    """What a balance keeps at the end of a period was given for longer, and the rest, which goes first, up to there; an end within a day is moved to the night after it."""
    grant, = given["grants"]
    lasts, ends = Decimal(grant["reset_max_rollover"]), int(grant["expires_after"].split()[0])
    account = Account({"s": (used(), [(0, quantity) for _, quantity in given["usage"]])}, {"W": {}})
    account.topped_up((0, str(Decimal(grant["amount"]) - lasts), 2), (0, str(lasts), ends))
    before, after = account.night(1), account.night(2)
    found = before.holds["W"], after.holds["W"], sum(amount for *_, amount in after.debits)
    return found, tuple(Decimal(expect[name]) for name in ("balance_before_reset", "balance_after_reset", "usage_after_reset"))
