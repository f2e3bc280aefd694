"""usage_rating.json: what usage costs in increments and blocks, by the call and by the time of day."""
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from ask import NotApplicable, NotYet, day_of, periods, price, to_places
from charges_of import events_price, killbill_blocks, text, unrounded, usage_price
from lives import Life, billed, months_after

RESERVED = "how long a call may go on: asked before it is made, by a switch and not by a biller"


def increments(given, expect):
    """Increments that are begun, at a price of 1 for a second."""
    each = {"then": str(given["increment_seconds"])}
    return events_price({"per_unit": "1"}, [given["usage_seconds"]], each), Decimal(expect["rated_seconds"])


def units(given, expect):
    """A price for so many units, charged by the increment begun."""
    written = {"package": {"size": given["increment_units"], "price": given["price"], "for": given["per_units"]}}
    return rounded_price({"usage": {"meter": "m"}, "price": written}, given, given["quantity"]), Decimal(expect["cost"])


def rounded_price(charge, given, *quantity, **more):
    """A price, rounded as a case says where it says so."""
    if given.get("scale", 20) > 4:
        return unrounded(*price(charge, *quantity, **more))
    currency, scheme = to_places(given["scale"], given["rounding"])
    amount, _ = price(charge, *quantity, currency=currency, scheme=scheme, **more)
    return amount


def killbill_windows(given, expect):
    """A run at the end of each month; what was used on that day belongs to the next. On one meter a capacity is a stair, usage after the end is set aside by name,
    and a month without usage is an exclusion with its reason where the source writes a line of zero."""
    if given["model"] == "capacity":
        written = {"volume": [{**({"to": step["limits"]["stones"]} if step["limits"] != "unlimited" else {}), "flat": step["price"]} for step in given["tiers"]]}
    else:
        written = killbill_blocks(given["model"], given["tiers"])
    start, end = day_of(given.get("effective_from", "2012-04-01")), given.get("effective_to")
    life = Life.charged({"usage": {"meter": "m"}, "price": written}, start, given["usage"], bill_day=given["billing_day"], end=day_of(end) if end else None)
    if "lines" in expect:
        line, = expect["lines"]
        bill = billed([life], [months_after(start, 1), months_after(start, 2)], exits=(0, 5))[-1]
        return bill.lines, [(day_of(line["from"]), day_of(line["to_exclusive"]), Decimal(line["amount"]))]
    runs = [day_of(run) for run in given["runs"]]
    return [bill.net for bill in billed([life], runs)], [Decimal(expect[f"run_{at}"].split()[0]) for at in range(1, len(runs) + 1)]


def killbill(given, expect):
    if "quantity" not in given:
        return killbill_windows(given, expect)
    return usage_price(killbill_blocks(given["model"], given["tiers"]), given["quantity"], given["currency"]), Decimal(expect["amount"])


def windows_of(written, price_of):
    """Windows that each hold up to the next one of the same days, as ours, which say when they end; and one for all other times."""
    made = []
    for at, one in enumerate(written):
        later = [other["from"] for other in written if other.get("days") == one.get("days") and other.get("weekdays") == one.get("weekdays") and other.get("from", "") > one.get("from", "")]
        window = {"days": DAYS.get(one.get("days")) or one.get("weekdays"), "from": one.get("from"), "to": one.get("to") or min(later, default=None)}
        made.append({key: value for key, value in window.items() if value} | price_of(at, one))
    return [*made, {"unit": "0"}]


DAYS = {"mon-fri": ["mon", "tue", "wed", "thu", "fri"], "sat-sun": ["sat", "sun"]}


def slabs_of(slabs):
    return [{**({"to": str(after["from_seconds"])} if after else {}), "package": str(slab["increment_seconds"]), "unit": slab["price"], "for": str(slab["per_seconds"])}
            for slab, after in zip(slabs, [*slabs[1:], None])]


def call(given, expect):
    """A call by the second: slabs are tiers with increments of their own, the connection fee is the flat part of the first."""
    windows = given["rate_windows"]
    seconds = (datetime.fromisoformat(given["end"]) - datetime.fromisoformat(given["start"])).seconds
    if len(windows) > 1 or windows[0]["days"] != "any":
        return call_in_windows(given, seconds), Decimal(expect["cost"])
    made = slabs_of(windows[0]["slabs"])
    made[0]["flat"] = windows[0]["connection_fee"]
    most = {"maximum": given["max_cost"]["amount"]} if "max_cost" in given else {}
    return rounded_price({"usage": {"meter": "m"}, "price": {"graduated": made}, **most}, given, str(seconds)), Decimal(expect["cost"])


def call_pieces(given, expect):
    """What a slab costs is a step of the price."""
    seconds = lambda one: int((datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"])).total_seconds())
    slabs = given["slabs"]
    made = [{**({"to": str(after["from_seconds"])} if after else {}), "package": str(slab["increment_seconds"]), "unit": text(Fraction(slab["price"]) * slab["increment_seconds"] / slab["per_seconds"])}
            for slab, after in zip(slabs, [*slabs[1:], None])]
    _, steps = price({"usage": {"meter": "m"}, "price": {"graduated": made}}, str(seconds(given)))
    ours = [(int(step["calculation"].split(" x ")[0]), Decimal(step["result"])) for step in steps if " x " in (step["calculation"] or "")]
    return ours, [(seconds(piece), Decimal(piece["cost"])) for piece in expect["pieces"]]


def increments_added(given, expect):
    return usage_price({"per_unit": given["increment_cost"]}, str(given["increments"])), Decimal(expect["cost"])


def by_factor(given, expect):
    """A customer's share of a list price is a price of its own, as in the column `unit_price` of a service."""
    own = text(Fraction(given["price"]) * Fraction(given["factor"]))
    amount, _ = price({"usage": {"meter": "m"}, "price": {"per_unit": given["price"]}}, given["quantity"], unit_price=own)
    return amount, Decimal(expect["amount"])


def included_money(given, expect):
    """Money that is included is an amount off the charge, one after the other."""
    charge = {"usage": {"meter": "m"}, "price": {"per_unit": given["price"]}}
    amount, steps = price(charge, given["quantity"], discount=[f"{at}:{one['money']}" for at, one in enumerate(given["allowances"], 1)])
    off = -sum(Decimal(step["result"]) for step in steps if step["step"] == "discount")
    found = {"amount": amount, "included_money": off, "included_units": off / Decimal(given["price"])}
    return {name: found[name] for name in expect}, {name: Decimal(value) for name, value in expect.items()}


def consumed_daily(given, expect):
    """A row of usage a day, billed once the month has ended; the invoice date is the day after."""
    start, last, invoiced = (day_of(given[name]) for name in ("effective_from", "consumption_created_to", "invoice_date"))
    used = [(start + timedelta(days=at), given["quantity_per_day"]) for at in range((last - start).days + 1)]
    bill, = billed([Life.charged({"usage": {"meter": "m"}, "price": {"per_unit": given["price"]}}, start, used, bill_day=1)], [invoiced])
    (begin, end, amount), = bill.lines
    after, = periods("monthly", end, months_after(end, 1), "bill_day", 1)
    return ((len(used), amount / Decimal(given["price"]), after.end, after.start),
            (expect["consumption_entries"], Decimal(expect["invoiced_quantity"]), day_of(expect["next_invoice_date"]), day_of(expect["next_consumption_date"])))


def included_for_a_month(given, expect):
    """An allowance that ends is a service that ends, and goes on under a charge without; billed up to the day after each use. At a price of one it tells what is charged."""
    allowance, = given["allowances"]
    until = months_after(datetime.strptime(f"1 {allowance['id']}", "%d %B %Y").date(), 1)
    step, = given["prices"]["data"]
    used = [(row["at"], row["quantity"]) for row in given["usage"]]
    days = [date.fromisoformat(when[:10]) for when, _ in used]
    before, after = ([row for row, day in zip(used, days) if (day < until) == early] for early in (True, False))

    def costs(written):
        charge = lambda **free: {"usage": {"meter": "m", "through": "window_to", **free}, "price": written}
        lives = [Life.charged(charge(included=allowance["units"]), days[0], before, bill_day=1, end=until), Life.charged(charge(), until, after, bill_day=1)]
        return [bill.net for bill in billed(lives, [day + timedelta(days=1) for day in days], zone="Asia/Jerusalem")]

    amounts, charged = costs({"package": {"size": step["per_units"], "price": step["price"]}}), costs({"per_unit": "1"})
    return ([(Decimal(quantity) - paid, paid, amount) for (_, quantity), paid, amount in zip(used, charged, amounts)],
            [tuple(Decimal(result[name]) for name in ("included", "charged", "amount")) for result in expect["results"]])


def call_in_windows(given, seconds):
    """The same by time of day: every window has one price, and a call is split where another begins."""
    if given.get("continuation"):
        raise NotApplicable("a call told in parts, of which the later ones pay no fee: a row is a whole call")
    if any(len(window["slabs"]) > 1 for window in given["rate_windows"]):
        # Its calls lie within one window: a row is wholly in that which it begins in.
        made = windows_of(given["rate_windows"], lambda _, window: {"graduated": slabs_of(window["slabs"]), "fee": window["connection_fee"]})
        return rounded_price({"usage": {"meter": "m"}, "price": {"windows": made}}, given, events=[(given["start"], seconds)])
    increments = {window["slabs"][0]["increment_seconds"] for window in given["rate_windows"]}
    each = {"then": str(*increments), "split": "seconds"}
    if "max_cost" in given:
        each["maximum"] = given["max_cost"]["amount"]
    unit = lambda slab: text(Fraction(slab["price"]) / Fraction(slab["per_seconds"]))
    made = windows_of(given["rate_windows"], lambda _, window: {"unit": unit(window["slabs"][0]), "fee": window["connection_fee"]})
    return windows_price(made, given["start"], seconds, each)


def windows_price(windows, start, seconds, each):
    amount, steps = price({"usage": {"meter": "m", "each": each}, "price": {"windows": windows}}, events=[(start, seconds)])
    return unrounded(amount, steps)


def membership(given, expect):
    """Each instant costs 1 inside the window and nothing outside; days of a month are those of every month."""
    window, inside = given["window"], []
    months = window.get("months", range(1, 13))
    dates = [f"{month:02}-{day:02}" for month in months for day in window.get("month_days", ())]
    made = {"days": window.get("weekdays"), "months": window.get("months"), "dates": dates, "from": window.get("from"), "to": window.get("to")}
    made = {key: value for key, value in made.items() if value}
    for instant in given["instants"]:
        if windows_price([{**made, "unit": "1"}, {"unit": "0"}] if made else [{"unit": "1"}], instant, 1, {"fee": "0"}):
            inside.append(instant)
    return inside, expect["inside"]


def pieces_by_price(windows, start, seconds, each):
    """How much of a row each window has: each has a price of its own, and what it is multiplied by is a step."""
    priced = [{**window, "unit": str(at + 1)} for at, window in enumerate(windows)]
    _, steps = price({"usage": {"meter": "m", "each": {**each, "split": "seconds"}}, "price": {"windows": priced}}, events=[(start, seconds)])
    found = [step["calculation"].split(" x ") for step in steps if step["step"] == "price of these times"]
    return {int(Fraction(rate)) - 1: int(much) for much, rate in found}


def choice(given, expect):
    """Which windows a call lies in, the one of the highest priority first."""
    start, end = (datetime.fromisoformat(given[name]) for name in ("start", "end"))
    ordered = sorted(given["windows"], key=lambda window: -window.get("priority", 0))
    dates = lambda window: [f"{month:02}-{day:02}" for month in window.get("months", ()) for day in window.get("month_days", ())]
    made = windows_of(ordered, lambda at, window: {"unit": "1", **({"dates": dates(window)} if dates(window) else {})})
    ours = pieces_by_price(made, given["start"], (end - start).seconds, {"fee": "0"})
    ours = {ordered[at]["id"]: seconds for at, seconds in ours.items()}
    if isinstance(expect["pieces"], int):
        return list(ours), [expect["window"]]
    length = lambda piece: (datetime.fromisoformat(piece["end"]) - datetime.fromisoformat(piece["start"])).seconds
    return ours, {piece["window"]: length(piece) for piece in expect["pieces"]}


def increment_over_windows(given, expect):
    """A window for each piece: the increment that begins in the first is wholly its own."""
    pieces = [given["first_piece"], *given["following_pieces"]]
    instants = [datetime.fromisoformat(piece["start"]) for piece in pieces] + [datetime.fromisoformat(pieces[-1]["end"])]
    made = [{"from": begin.strftime("%H:%M:%S"), "to": end.strftime("%H:%M:%S"), "unit": "1"} for begin, end in zip(instants, instants[1:])]
    each = {"first": str(given["first_piece"]["increment_seconds"]), "then": "1"}
    ours = pieces_by_price([*made, {"unit": "1"}], pieces[0]["start"], (instants[-1] - instants[0]).seconds, each)
    theirs = {at: (datetime.fromisoformat(piece["end"]) - datetime.fromisoformat(piece["start"])).seconds for at, piece in enumerate(expect["pieces"])}
    return ours, theirs


def included(given, expect):
    """All that share an allowance are one meter, with what is included added up; each record costs what all cost so far, less before."""
    if any("at" in row for row in given["usage"]):
        return included_for_a_month(given, expect)
    used, ours, theirs = defaultdict(Fraction), [], []
    for row, result in zip(given["usage"], expect["results"]):
        pools = [one for one in given["allowances"] if row["product"] in one["products"]]
        key = tuple(sorted(pools[0]["products"])) if pools else row["product"]
        free = sum((Fraction(one["units"]) for one in pools), Fraction(0))
        steps = given["prices"][row["product"]]
        written = {"graduated": [{**({"to": step["to_unit"]} if step["to_unit"] else {}), "package": step["per_units"], "unit": step["price"]} for step in steps]}
        cost = lambda quantity: usage_price(written, text(quantity), usage={"meter": "m", "included": text(free)})
        before = used[key]
        used[key] += Fraction(row["quantity"])
        charged = max(used[key] - free, 0) - max(before - free, 0)
        ours.append((Fraction(row["quantity"]) - charged, charged, cost(used[key]) - cost(before)))
        theirs.append((Fraction(result["included"]), Fraction(result["charged"]), Decimal(result["amount"])))
    return ours, theirs


def slabs(given, expect):
    """What each slab of a call costs."""
    steps = given["slabs"]
    made = [{**({"to": str(after["from_seconds"])} if after else {}), "unit": slab["price"]} for slab, after in zip(steps, [*steps[1:], None])]
    length = (datetime.fromisoformat(given["end"]) - datetime.fromisoformat(given["start"])).seconds
    _, told = price({"usage": {"meter": "m"}, "price": {"graduated": made}}, str(length))
    return [Decimal(step["result"]) for step in told if " x " in (step["calculation"] or "")], [Decimal(piece["cost"]) for piece in expect["pieces"]]


def increments_added_up(given, expect):
    return usage_price({"per_unit": given["increment_cost"]}, str(given["increments"])), Decimal(expect["cost"])


def authorised(given, expect):
    raise NotApplicable(RESERVED)


KINDS = {
    ("BillRun/system", "included money"): included_money,
    ("BillRun/system", "included units over a sequence"): included,
    ("BillRun/system", "price override by factor"): by_factor,
    ("cgrates/cgrates", "authorised duration"): authorised,
    ("cgrates/cgrates", "call rating pieces"): call_pieces,
    ("cgrates/cgrates", "sum of increments"): increments_added,
    ("tryton/tryton", "daily consumption billed monthly"): consumed_daily,
    ("cgrates/cgrates", "call rating"): call,
    ("cgrates/cgrates", "call rating pieces"): slabs,
    ("cgrates/cgrates", "increment over a window change"): increment_over_windows,
    ("cgrates/cgrates", "rate window choice"): choice,
    ("cgrates/cgrates", "rate window membership"): membership,
    ("cgrates/cgrates", "rated quantity"): increments,
    ("cgrates/cgrates", "sum of increments"): increments_added_up,
    ("cgrates/cgrates", "unit rating"): units,
    ("killbill/killbill", "charge"): killbill,
}
