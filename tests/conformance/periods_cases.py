"""periods.json: which days are billed together, and by which run.

Asked are days: an instant is the day on which it falls in the zone of the seller, and an end that a source includes is the day before
the end that is not."""
from datetime import timedelta

from ask import NotApplicable, day_of, frequency, holding, periods

ONE_DAY, LONG = timedelta(days=1), timedelta(days=2000)
ALIGNMENT = {"calendar": "calendar", "anniversary": "start_date"}


def lago_run(given, expect):
    """Arrears: the period before the one with the run in it, or with the end; advance: the one with the run. Usage is in arrears."""
    zone = given["timezone"]
    anchor, started, run = (day_of(given[name], zone) for name in ("anchor", "started_at", "run_at"))
    ended = day_of(given["terminated_at"], zone) if "terminated_at" in given else None
    of_usage = given.get("usage_period")
    length = frequency(of_usage or given["period"])
    first = started if given["alignment"] == "calendar" else anchor
    parts = periods(length, min(first, started), run + LONG, ALIGNMENT[given["alignment"]])
    at, current = holding(parts, run)
    (what, theirs), = expect.items()
    is_usage = what.startswith("usage")
    in_arrears = is_usage or of_usage or given.get("timing") == "arrears"
    if what.startswith("current") or "purpose" in given:
        part = current
    elif what.startswith("previous"):
        part = parts[at - 1]
    elif in_arrears and ended and not (is_usage and given["timing"] == "advance"):
        part = holding(parts, ended)[1]
    elif in_arrears:
        part = parts[at - 1]
    else:
        part = current
    if what == "period_days":
        return part.period_days, int(theirs)
    if what.endswith(("start", "from")):
        return max(part.start, started), day_of(theirs, zone)
    end = part.end - ONE_DAY
    return min(end, ended) if ended and part.start <= ended else end, day_of(theirs, zone)


def lago_runs(given, expect):
    """A run finds something due on the first day of the next period, once, and on no other."""
    zone = given["timezone"]
    days = {name: [day_of(instant, zone) for instant in expect[name]] for name in expect}
    started = day_of(given["started_at"], zone)
    length = frequency(given.get("usage_period") or given["period"])
    last = max(day for those in days.values() for day in those) + LONG
    due = {part.end for part in periods(length, started, last, ALIGNMENT[given["alignment"]])}
    found = {name: sorted({day for day in days[name] if day in due}) for name in days}
    return ([len(found["one_invoice_among"]), found["no_invoice_at"], found["no_further_invoice_at"]], [1, [], []])


def flexprice_boundary(given, expect):
    start, theirs = day_of(given["current_period_start"]), day_of(expect["next_boundary"])
    length = frequency(given["period"], given["every"])
    if given["alignment"] == "calendar":
        ours = periods(length, start, start + LONG, "calendar")[0].end
    else:
        anchor = day_of(given["anchor"])
        parts = periods(length, min(anchor, start), start + LONG, "start_date")
        ours = holding(parts, start)[1].end
    if "effective_to" in given:
        ours = min(ours, day_of(given["effective_to"]))
    return ours, theirs


def erpnext_first(given, expect):
    start = day_of(given["effective_from"])
    part = periods(frequency(given["period"]), start, start + LONG, ALIGNMENT[given["alignment"]])[0]
    return (part.start, part.end - ONE_DAY), (day_of(expect["period_start"]), day_of(expect["period_end_inclusive"]))


def killbill_dates(given, expect):
    start, target, end = (day_of(given[name]) if given[name] else None for name in ("effective_from", "target_date", "effective_to"))
    parts = periods(frequency(given["period"]), start, end or start + LONG, "bill_day", given["billing_day"])
    if parts[0].days == parts[0].period_days:
        first = parts[0].start
    else:
        first = parts[0].end
    ours = {"first_billing_date": first}
    return {name: ours.get(name) for name in expect}, {name: day_of(value) if isinstance(value, str) else value for name, value in expect.items()}


def killbill_steps(given, expect):
    start = day_of(given["from"])
    if given["direction"] == "backward":
        raise NotApplicable("counting periods backwards: billing goes forward only")
    parts = periods(frequency(given["period"]), start, start + LONG, "start_date")
    theirs = {int(number): day_of(day) for number, day in expect["date_after_n_periods"].items()}
    return {number: parts[number].start for number in theirs}, theirs


def killbill_windows(given, expect):
    """Usage is due at the end of its period, or at the end of the service."""
    if "note" in given:
        raise NotApplicable("the source does not say when the service begins")
    start, target = day_of(given["effective_from"]), day_of(given["target_date"])
    if given["events"]:
        raise NotApplicable(f"events: {given['events']}")
    parts = periods(frequency(given["period"]), start, target + LONG, "bill_day", given["billing_day"])
    return [start, *(part.end for part in parts if part.end <= target)], [day_of(day) for day in expect["boundaries"]]


def killbill_whole(given, expect):
    start, end = day_of(given["from"]), day_of(given["to"])
    parts = periods(frequency(given["period"]), start, end, "start_date")
    return sum(part.days == part.period_days for part in parts), int(expect["whole_periods"])


def meteroid_completed(given, expect):
    start, day = day_of(given["effective_from"]), day_of(given["as_of"])
    parts = periods(frequency(given["period"]), start, day + LONG, "bill_day", given["billing_day"])
    return sum(part.end <= day for part in parts), int(expect["completed_periods"])


def meteroid_holding(given, expect):
    start, day = day_of(given["effective_from"]), day_of(given["date"])
    parts = periods(frequency(given["period"]), start, day + LONG, "bill_day", given["billing_day"])
    part = holding(parts, day)[1]
    return (part.start, part.end), (day_of(expect["period_start"]), day_of(expect["period_end_exclusive"]))


def meteroid_run(given, expect):
    run = day_of(given["run_date"])
    start = day_of(given["effective_from"]) if "effective_from" in given else run
    parts = periods(frequency(given["period"]), start, run + LONG, "bill_day", given["billing_day"])
    if given["timing"] == "advance":
        part = holding(parts, run)[1]
    else:
        part = next(part for part in parts if part.end == run)
    return (part.start, part.end), (day_of(expect["period_start"]), day_of(expect["period_end_exclusive"]))


def silver_at(given, expect):
    raise NotApplicable("todo")


KINDS = {
    ("getlago/lago-api", "period for a bill run"): lago_run,
    ("getlago/lago-api", "periods over bill runs"): lago_runs,
    ("flexprice/flexprice", "next period boundary"): flexprice_boundary,
    ("frappe/erpnext", "first billing period"): erpnext_first,
    ("killbill/killbill", "billing dates"): killbill_dates,
    ("killbill/killbill", "step periods"): killbill_steps,
    ("killbill/killbill", "usage billing windows (arrears)"): killbill_windows,
    ("killbill/killbill", "whole periods between dates"): killbill_whole,
    ("meteroid-oss/meteroid", "completed periods"): meteroid_completed,
    ("meteroid-oss/meteroid", "period containing date"): meteroid_holding,
    ("meteroid-oss/meteroid", "period for a bill run"): meteroid_run,
    ("silverapp/silver", "billing period at a date"): silver_at,
}
