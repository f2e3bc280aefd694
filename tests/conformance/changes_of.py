"""prorations.json, over several runs: plans, bill days and quantities that change, and what is credited and billed then."""
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ask import day_of, frequency
from conventions import BILLRUN, FLEXPRICE
from lives import Life, billed, by_months, moment

ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)


def as_lines(told):
    """Lines as a source tells them: a list, their number and sum, their sum alone, or that there are none."""
    if isinstance(told, list):
        return sorted((day_of(line["from"]), day_of(line["to_exclusive"]), Decimal(line["amount"])) for line in told)
    if isinstance(told, dict):
        return int(told["line_count"]), Decimal(told["total"])
    return Decimal(told) if told[0].isdigit() else []


def told_alike(lines, told):
    """Our lines in the form of the source's."""
    if isinstance(told, list) or not isinstance(told, dict) and not told[0].isdigit():
        return sorted(lines)
    total = sum(amount for *_, amount in lines)
    return (len(lines), total) if isinstance(told, dict) else total


class Story:
    """Services and the runs that bill them: those a source tells lines of, after those that made what it takes for billed."""

    def __init__(self, lives, runs, before=(), **more):
        self.lives, self.runs, self.before, self.more = lives, runs, list(before), more

    def bills(self):
        return billed(self.lives, [*self.before, *self.runs], **self.more)[len(self.before):]


def common(given, **more):
    """How every service of a case is billed."""
    thirty = given.get("proration", {}).get("basis") == "fixed_days"
    return {"frequency": frequency(given.get("period", "1 month")), "bill_day": given.get("billing_day"), "timing": given.get("timing", "advance"),
            "proration": "30_360" if thirty else "daily", **more}


def runs_of(given):
    return [day_of(run[:10]) for run in given.get("runs", [])]


def services(given, expect):
    """One service or some, until an end; a cancellation with refund is an end that is known from its day on."""
    end = given.get("effective_to") or given.get("cancelled_on")
    lives = [Life(one["price"], day_of(one.get("effective_from") or given["effective_from"]), end=end and day_of(end), known=day_of(end) if "cancelled_on" in given else None, **common(given))
             for one in given.get("services", [given])]
    runs = runs_of(given) or [day_of(given[name]) for name in ("target_date", "first_run", "second_run") if name in given] or [day_of(given["effective_to"])]
    return Story(lives, runs)


def versions(given, expect):
    """A change of plan: the one ends, known on that day, on which the other starts."""
    starts = [day_of(one["effective_from"]) for one in given["versions"]]
    lives = []
    for one, start, end in zip(given["versions"], starts, [*starts[1:], None]):
        own = {"frequency": frequency(one.get("period") or given["period"]), "bill_day": one.get("billing_day") or given.get("billing_day")}
        lives.append(Life(one["price"], start, end=end, known=end, **common(given, **own)))
    return Story(lives, runs_of(given) or [day_of(given.get("target_date") or given["versions"][-1]["effective_from"])])


def one_time(given, expect):
    """A fee for the start of a plan, beside what recurs."""
    lives = [Life(given["recurring_price"], day_of(given["effective_from"]), **common(given))] if "recurring_price" in given else []
    lives += [Life(one["one_time_price"], day_of(one["effective_from"]), **common(given, timing="once")) for one in given.get("versions", [given])]
    return Story(lives, runs_of(given))


def quantities(given, expect):
    """Another quantity from a day on: `effective_on`."""
    first, *later = [(day_of(one["effective_from"]), one["quantity"]) for one in given["versions"]]
    return Story([Life(given["unit_price"], first[0], quantity=first[1], quantities=later, **common(given))], [first[0], *(day for day, _ in later)])


def replaced(given, expect):
    """Another plan from the day the first began, told of an hour after that was billed, which ends on the day it starts."""
    start, price = day_of(given["effective_from"]), next(word for word in given["then"].split() if "." in word)
    again = moment(start) + ONE_HOUR
    return Story([Life(given["price"], start, end=start, known=again, **common(given)), Life(price, start, since=again, **common(given))], [again], before=[start])


def credited_by_hand(given, expect):
    """A credit of the whole is a charge below zero, made once, in a run of its own; the end of the service is known after it."""
    start, end = day_of(given["effective_from"]), day_of(given["then"].split()[-1])
    credited, cancelled = moment(start) + ONE_HOUR, moment(start) + 2 * ONE_HOUR
    lives = [Life(given["price"], start, end=end, known=cancelled, **common(given)), Life(f"-{given['price']}", start, since=credited, **common(given, timing="once"))]
    first, credit, second = Story(lives, [start, credited, cancelled]).bills()
    assert credit.total == -first.total, (first.total, credit.total)
    return Told([first, second])


class Told:
    """Runs that are made already."""

    def __init__(self, made):
        self.made = made

    def bills(self):
        return self.made


def bill_day_from_start(given, expect):
    """A bill day that is known before anything is billed."""
    day, bill_day = given["billing_day_from"].split(": ")
    return Story([Life(given["price"], day_of(given["effective_from"]), **common(given, bill_day=int(bill_day)))], [day_of(day)])


def bill_day_moved(given, expect):
    """Another bill day once something is billed: what bridges to it is billed on its own first day, the source bills it at once."""
    words = given["then"].split()
    moved = day_of(words[-1]), int(words[2])
    told = expect.get("lines") or expect["run_2"]
    bridged = [day_of(line["from"]) for line in told]
    if "versions" in given:
        story = versions(given, expect)
        story.lives[-1].moved = moved
        return Story(story.lives, [story.runs[0], *bridged], before=[story.lives[0].start])
    line, = given["billed_already"]
    start = day_of(line["from"])
    return Story([Life(given["price"], start, moved=moved, **common(given, bill_day=start.day))], bridged, before=[start])


def paused(given, expect):
    """The source's period ends where a pause begins, so it is an end and a start; the days of `pauses` are billed once the period has ended."""
    stop, resumed = day_of(given["paused"]), day_of(given["resumed"])
    return Story([Life(given["price"], day_of(given["effective_from"]), end=stop, known=stop, **common(given)), Life(given["price"], resumed, **common(given))], runs_of(given))


def suspended(given, expect):
    """A service that is held out of one run: `hold_until`."""
    runs = runs_of(given)
    held = {one["id"]: (runs[1], runs[2]) for one in given["services"] if f"({one['id']} suspended" in given["runs"][1]}
    return Story([Life(one["price"], day_of(one["effective_from"]), held=held.get(one["id"]), **common(given)) for one in given["services"]], runs)


def early(given, expect):
    """A period that is billed on any day inside of it, but its first: in advance, by a window that ends the day before."""
    life = Life(given["price"], day_of(given["effective_from"]), end=day_of(given["effective_to"]), **common(given, timing="advance"))
    return Story([life], runs_of(given), window_to={"date": "as_of", "plus_days": -1})


def by_the_clock(given, expect):
    """Runs at a time of day, in the account's zone."""
    runs = []
    for told in given["runs_at_utc"]:
        runs.append(runs[-1] + ONE_HOUR if "again" in told else datetime.fromisoformat(told))
    return Story([Life(given["price"], day_of(given["effective_from"]), **common(given))], runs, zone=given["account_timezone"])


def killbill_story(given, expect):
    then = given.get("then", "")
    if "by hand" in then:
        return credited_by_hand(given, expect)
    if "one_time_price" in given or any("one_time_price" in one for one in given.get("versions", [])):
        return one_time(given, expect)
    if "replaced" in then:
        return replaced(given, expect)
    if "billing day" in then:
        return bill_day_moved(given, expect)
    if any("suspended" in run for run in given.get("runs", [])):
        return suspended(given, expect)
    by_word = {"unit_price": quantities, "billing_day_from": bill_day_from_start, "paused": paused, "arrears_mode": early, "runs_at_utc": by_the_clock, "versions": versions}
    return next((story for word, story in by_word.items() if word in given), services)(given, expect)


def killbill_runs(given, expect):
    bills = killbill_story(given, expect).bills()
    credit = -bills[-1].total if "account_credit_after" in expect else None
    bills = [bill.lines for bill in bills]
    if "lines" in expect or "total" in expect:
        told, bills = [expect.get("lines") or {"line_count": expect["line_count"], "total": expect["total"]}], [sum(bills, [])]
    else:
        # Of a run that the source tells nothing of, nothing is compared: it made what was billed before.
        told = [expect[name] for name in sorted(expect) if name.startswith("run_")]
    return (([told_alike(lines, one) for lines, one in zip(bills, told, strict=True)], credit),
            ([as_lines(one) for one in told], Decimal(expect["account_credit_after"]) if "account_credit_after" in expect else None))


def flexprice_change(given, expect):
    first, last, change = (day_of(given[name]) for name in ("period_from", "period_to_inclusive", "change_date"))
    old, new = ([(one["price"], one["quantity"], "advance")] if one else [] for one in (given["old"], given["new"]))
    amounts = change_of_plan(old, new, first, last + ONE_DAY, change, "monthly", FLEXPRICE.anchor["calendar"])
    ours = {"credit": sum((amount for amount in amounts if amount < 0), Decimal(0)), "charge": sum((amount for amount in amounts if amount > 0), Decimal(0)), "net": sum(amounts)}
    return ours, {name: Decimal(value or "0") for name, value in expect.items()}


def change_of_plan(old, new, first, end, change, length, anchor):
    """Amounts of the run after the change, in the period at hand: what is credited of the old plan, and what the new one costs, of the same subscription."""
    known = moment(change) + ONE_HOUR
    lives = [Life(price, first, length, end=change, known=known, timing=timing, quantity=quantity, anchor=anchor) for price, quantity, timing in old]
    lives += [Life(price, change, length, timing=timing, quantity=quantity, anchor=anchor, subscribed=first, since=known) for price, quantity, timing in new]
    return [amount for start, _, amount in billed(lives, [*[first] * bool(old), known])[-1].lines if start < end] if lives else []


def plans_of(told):
    """Prices, quantities and when they are due, in a source's words: `base 200, feature X 50`, `10 seats x 10`, `one-time 500 x 2`, `100 per month`."""
    if told is None or told == "usage":
        return []
    if "one-time" in told:
        return [(*told.removeprefix("one-time ").split(" x "), "once")]
    if " seats x " in told:
        return [(*reversed(told.split(" seats x ")), "advance")]
    return [(next(word for word in reversed(part.split()) if word.isdigit()), "1", "advance") for part in told.split(",")]


def meteroid_change(given, expect):
    """The period of the source has 30 days."""
    first, end, change = (day_of(given[name]) for name in ("period_from", "period_to_exclusive", "change_date"))
    amounts = change_of_plan(plans_of(given["old"]), plans_of(given["new"]), first, end, change, "30_days", "start_date")
    return (sorted(amounts), sum(amounts)), (sorted(map(Decimal, expect["lines"])), Decimal(expect["net"]))


def billrun_cycle(given, expect):
    """What a run on the first day after a calendar month bills, in cents; the source rounds nothing."""
    cycle = {name: day_of(value) for name, value in given["cycle"].items()}
    lives = []
    for line in given["lines"]:
        start = day_of(line["effective_from"])
        phases = [(one["from_month"], one["to_month"], one["price"]) for one in line.get("price_phases", [])]
        end = day_of(line["effective_to"]) if line.get("effective_to") else None
        lives.append(Life(by_months(start, phases) if phases else line["price"], start, end=end, timing=line["timing"], quantity=line.get("quantity", "1"),
                          proration="daily" if line["prorated"] else "none", anchor=BILLRUN.anchor[None]))
    begun_before = any(life.start < cycle["start"] for life in lives)
    runs = ([cycle["start"]] if begun_before else []) + [cycle["end"]]
    bill = billed(lives, runs, tax=f"{Decimal(given['tax_rate']) * 100:f}")[-1]
    return (bill.net, bill.total), tuple(Decimal(expect[name]).quantize(Decimal("0.01"), ROUND_HALF_UP) for name in ("net", "total"))


KINDS = {
    ("BillRun/system", "cycle invoice"): billrun_cycle,
    ("flexprice/flexprice", "plan change in period"): flexprice_change,
    ("killbill/killbill", "invoice lines over runs"): killbill_runs,
    ("meteroid-oss/meteroid", "plan change in period"): meteroid_change,
}
