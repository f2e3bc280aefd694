"""periods.json: which days are billed together, and by which run.

Asked are days: an instant is the day on which it falls in the zone of the seller, and an end that a source includes is the day before
the end that is not."""
from datetime import timedelta

from ask import NotApplicable, day_of, frequency, holding, periods
from conventions import ERPNEXT, FLEXPRICE, KILLBILL, LAGO, METEROID, SILVER

ONE_DAY, LONG = timedelta(days=1), timedelta(days=2000)


def lago_run(given, expect):
    """Arrears: the period before the one with the run in it, or that of the end; advance: the one with the run. Usage is in arrears."""
    zone = given["timezone"]
    anchor, started, run = (day_of(given[name], zone) for name in ("anchor", "started_at", "run_at"))
    ended = day_of(given["terminated_at"], zone) if "terminated_at" in given else None
    ended = ended if ended and ended <= run else None
    of_usage = given.get("usage_period")
    if run < started:
        raise NotApplicable("a run before the start: nothing is due")
    (what, theirs), = expect.items()
    first = min(anchor, started)
    if given["alignment"] == "calendar":
        # Whole periods of the calendar are asked about where the source does not cut them at the start.
        first = started - LONG if what.startswith(("current", "previous")) else started
    parts = periods(frequency(of_usage or given["period"]), first, run + LONG, LAGO.anchor[given["alignment"]], first=LAGO.first_period)
    at, current = holding(parts, run)
    is_usage = what.startswith("usage")
    in_arrears = is_usage or of_usage or given.get("timing") == "arrears"
    if what.startswith("current") or "purpose" in given:
        part = current
    elif what.startswith("previous"):
        part = parts[at - 1]
    elif in_arrears and ended and not (is_usage and given["timing"] == "advance"):
        part = holding(parts, ended)[1]
    elif in_arrears and not at:
        raise NotApplicable("a run in arrears within the first period: nothing is due")
    elif in_arrears:
        part = parts[at - 1]
    else:
        part = current
    if part.end <= started and not what.startswith("previous"):
        raise NotApplicable("a run in arrears within the first period: nothing is due")
    if ended and (part.start > ended or day_of(theirs, zone) > ended if what != "period_days" else False):
        raise NotApplicable("a period that begins after the end: nothing is due")
    if what == "period_days":
        return part.period_days, int(theirs)
    if what.endswith(("start", "from")):
        clipped = part.start if what.startswith(("current", "previous")) else max(part.start, started)
        return clipped, day_of(theirs, zone)
    end = part.end - ONE_DAY
    return min(end, ended) if ended else end, day_of(theirs, zone)


def lago_runs(given, expect):
    """A run finds something due on the first day of the next period, once; nothing on other days, and nothing more on that one."""
    zone = given["timezone"]
    days = {name: [day_of(instant, zone) for instant in expect[name]] for name in expect}
    started = day_of(given["started_at"], zone)
    length = frequency(given.get("usage_period") or given["period"])
    last = max(day for those in days.values() for day in those) + LONG
    due = {part.end for part in periods(length, started, last, LAGO.anchor[given["alignment"]], first=LAGO.first_period)}
    once = {day for day in days["one_invoice_among"] if day in due}
    never = [day for day in days["no_invoice_at"] if day in due]
    again = [day for day in days["no_further_invoice_at"] if day in due and day not in once]
    if set(days["no_invoice_at"]) & set(days["one_invoice_among"]) and set(expect["no_invoice_at"]) & set(expect["one_invoice_among"]):
        raise NotApplicable("the source lists one instant as both with and without an invoice")
    return (len(once), never, again), (1, [], [])


def flexprice_boundary(given, expect):
    start, theirs = day_of(given["current_period_start"]), day_of(expect["next_boundary"])
    length = frequency(given["period"], given["every"])
    if given["alignment"] == "calendar":
        ours = periods(length, start, start + LONG, FLEXPRICE.anchor["calendar"], first=FLEXPRICE.first_period)[0].end
    else:
        parts = periods(length, min(day_of(given["anchor"]), start), start + LONG, FLEXPRICE.anchor["anniversary"])
        part = holding(parts, start)[1]
        if part.start != start and given["every"] > 1:
            raise NotApplicable("the period at hand is none of those of its anchor")
        ours = part.end
    if "effective_to" in given:
        ours = min(ours, day_of(given["effective_to"]))
    return ours, theirs


def erpnext_first(given, expect):
    start = day_of(given["effective_from"])
    part = periods(frequency(given["period"]), start, start + LONG, ERPNEXT.anchor[given["alignment"]], first=ERPNEXT.first_period)[0]
    return (part.start, part.end - ONE_DAY), (day_of(expect["period_start"]), day_of(expect["period_end_inclusive"]))


def killbill_dates(given, expect):
    """In advance a period is billed on its first day, in arrears once it has ended, or the service has."""
    start, target, end = (day_of(given[name]) if given[name] else None for name in ("effective_from", "target_date", "effective_to"))
    if "arrears_mode" in given:
        raise NotApplicable("arrears billed before the period has ended: that is `timing: advance`")
    whole = periods(frequency(given["period"]), start, (target or start) + LONG, KILLBILL.anchor[None], given["billing_day"], KILLBILL.first_period)
    first = start if whole[0].days == whole[0].period_days else whole[0].end
    cut = [(part.start, min(part.end, end or part.end)) for part in whole if not end or part.start < end]
    ours = {"first_billing_date": first}
    if target and given["timing"] == "advance":
        billed = [part for part in cut if part[0] <= target]
        ours |= {"billed_through": billed[-1][1], "last_billing_date": max(first, billed[-1][0])}
    elif target:
        billed = [part for part in cut if part[1] <= target]
        if not billed and expect.get("something_to_bill"):
            raise NotApplicable("a period of no days counts as billed")
        through = billed[-1][1] if billed else None
        ours |= {"something_to_bill": bool(billed), "billed_through": through,
                 "next_billing_date": next(part.end for part in whole if part.end > (through or start))}
    theirs = {name: day_of(value) if isinstance(value, str) else value for name, value in expect.items()}
    return {name: ours[name] for name in theirs}, theirs


def killbill_steps(given, expect):
    start = day_of(given["from"])
    if given["direction"] == "backward":
        raise NotApplicable("periods counted backwards: billing goes forward only")
    parts = periods(frequency(given["period"]), start, start + LONG, "start_date")
    theirs = {int(number): day_of(day) for number, day in expect["date_after_n_periods"].items()}
    return {number: parts[number].start for number in theirs}, theirs


def killbill_windows(given, expect):
    """Usage is due at the end of its period, or at the end of the service; a change of plan that keeps the charge cuts nothing."""
    if "note" in given:
        raise NotApplicable("the source does not say when the service begins")
    start, target = day_of(given["effective_from"]), day_of(given["target_date"])
    ends = [day_of(day) for day, what in given["events"] if what == "cancel"]
    parts = periods(frequency(given["period"]), start, ends[0] if ends else target + LONG, KILLBILL.anchor[None], given["billing_day"], KILLBILL.first_period)
    return [start, *(part.end for part in parts if part.end <= target)], [day_of(day) for day in expect["boundaries"]]


def killbill_whole(given, expect):
    start, end = day_of(given["from"]), day_of(given["to"])
    parts = periods(frequency(given["period"]), start, end, "start_date")
    return sum(part.days == part.period_days for part in parts), int(expect["whole_periods"])


def meteroid(given, day):
    """The parts of a service that starts on a day, or on the day asked about."""
    start = day_of(given["effective_from"]) if "effective_from" in given else day
    return periods(frequency(given["period"]), start, max(start, day) + LONG, METEROID.anchor[None], given["billing_day"], METEROID.first_period)


def meteroid_completed(given, expect):
    day = day_of(given["as_of"])
    return sum(part.end <= day for part in meteroid(given, day)), int(expect["completed_periods"])


def half_open(part, expect):
    return (part.start, part.end), (day_of(expect["period_start"]), day_of(expect["period_end_exclusive"]))


def meteroid_holding(given, expect):
    day = day_of(given["date"])
    parts = meteroid(given, day)
    if day < parts[0].start:
        return half_open(parts[0], expect)
    return half_open(holding(parts, day)[1], expect)


def meteroid_run(given, expect):
    day = day_of(given["run_date"])
    parts = meteroid(given, day)
    in_advance = given["timing"] == "advance"
    return half_open(holding(parts, day)[1] if in_advance else next(part for part in parts if part.end == day), expect)


def silver_at(given, expect):
    start, day = day_of(given["effective_from"]), day_of(given["reference_date"])
    parts = periods(frequency(given["period"]), start, day + LONG, SILVER.anchor[None], first=SILVER.first_period)
    part = holding(parts, day)[1]
    if part.start < day == day_of(expect["period_start"]) and given["split_at_trial_end"]:
        raise NotApplicable("a period cut at the end of a trial")
    return (part.start, part.end - ONE_DAY), (day_of(expect["period_start"]), day_of(expect["period_end_inclusive"]))


PECULIAR = {}
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
