"""Ten thousand random lives over 60 months: every day of each is billed exactly once, whichever runs were missed or repeated (P10, P11, P15)."""
import csv
import json
import random
import shutil
from collections import defaultdict
from datetime import date, timedelta

from proof import ROOT, Workspace, check, differing, done, scratch

SEED, SERVICES = 60, 10_000
BEGINS, ENDS = date(2024, 1, 1), date(2028, 12, 20)
LAST_NIGHT = date(2029, 1, 5)

SETTINGS = """\
timezone = "Asia/Kathmandu"
currency = "EUR"
rounding = "half_up"
seller = { name = "Long Lives Ltd" }

[inputs.accounts]
path = "data/accounts.csv"

[inputs.subscriptions]
path = "data/subscriptions.csv"

[inputs.services]
path = "data/services.csv"

[inputs.pauses]
path = "data/pauses.csv"

[inputs.usage]
path = "data/usage.csv"

[series.default]
pattern = "L-{seq:07}"
"""
SCHEME = """\
kind: scheme
name: {name}
currency: EUR
frequencies: [{frequencies}]
anchor: {anchor}
first_period: {first}
charges:
{charges}
"""
ADVANCE = '  - {{ code: {0}, recurring: {{ timing: advance, proration: daily, cancel: credit_unused }}, price: {{ per_unit: "{1}", per: {2} }} }}\n'
ARREARS = '  - {{ code: {0}, recurring: {{ timing: arrears, proration: daily }}, price: {{ per_unit: "{1}", per: {2} }} }}\n'
THIRTY = ADVANCE.replace("daily", "30_360")
METERED = '  - {{ code: {0}, usage: {{ meter: calls, through: {1} }}, price: {{ per_unit: "0.05" }}{2} }}\n'
SCHEMES = {
    "ahead": ("monthly, quarterly, semiannual, annual", "bill_day", "short", ADVANCE.format("line", "19.99", "month") + ADVANCE.format("seat", "7.335", "month")),
    "since": ("monthly, quarterly, annual", "start_date", "short", ADVANCE.format("line", "23.10", "month") + ADVANCE.format("seat", "3.1", "month")),
    "weeks": ("weekly", "calendar", "short", ADVANCE.format("line", "4.44", "week") + ADVANCE.format("seat", "0.99", "day")),
    "counted": ("2_weeks, 30_days", "start_date", "short", ADVANCE.format("line", "0.71", "day") + ADVANCE.format("seat", "1.005", "day")),
    "whole": ("monthly, 2_months, quarterly, annual", "bill_day", "whole", ADVANCE.format("line", "9.95", "month") + ADVANCE.format("seat", "2.225", "month")),
    "thirty": ("monthly, quarterly, annual", "bill_day", "short", THIRTY.format("line", "29.95", "month") + THIRTY.format("seat", "5.05", "month")),
    "behind": ("monthly, quarterly, semiannual", "calendar", "short", ARREARS.format("line", "12.00", "month") + ARREARS.format("seat", "29.995", "quarter")),
    "metered": ("monthly", "bill_day", "short", METERED.format("line", "period_end", ', minimum: "1.00"') + METERED.format("seat", "window_to", "")),
}
RUN = """\
kind: bill_run
name: lives
window: { from: earliest, to: as_of, max_behind: { days: 3000 } }
charges: [recurring, one_time, usage]
criteria: { schemes: [ahead, since, weeks, counted, whole, thirty, behind, metered] }
filters: all
render: { formats: [] }
checks: { new_accounts: off, stale_dates: off, usage_complete: off, already_invoiced: off, several_lines: off, uncovered: off, vanished: off, changed_without_date: off }
"""


class Life:
    """A service, what happens to it, and the night from which each of that is known."""

    def __init__(self, number, dice, nights):
        self.id, self.scheme = f"S-{number:05}", dice.choices(list(SCHEMES), (30, 15, 3, 5, 10, 10, 15, 12))[0]
        self.frequency = dice.choice(SCHEMES[self.scheme][0].split(", ") if self.scheme != "ahead" else ("monthly", "monthly", "quarterly", "semiannual", "annual"))
        self.bill_day = dice.choice(("", "", dice.randint(1, 31)))
        self.moved = (dice.choice(nights), dice.randint(1, 31)) if dice.random() < 0.1 else None
        self.start = BEGINS + timedelta(days=dice.randrange(1600))
        credited = self.scheme not in ("behind", "metered")
        # What was billed in advance is credited however late an end is learned; nothing takes back what was billed in arrears.
        learned = lambda day: min(LAST_NIGHT, day + timedelta(days=dice.choice((-30, -3, 0, 5, 40, 200) if credited else (-60, -20, -1))))
        self.end = ENDS
        self.end_known = LAST_NIGHT
        if dice.random() < 0.5:
            self.end = min(ENDS, self.start + timedelta(days=dice.choice((1, 2, 9, 28, 31, dice.randint(1, 1700)))))
            self.end_known = learned(self.end)
        # An end that was announced and taken back, once known and then not any more.
        self.mistaken = None
        if credited and dice.random() < 0.05:
            day = self.start + timedelta(days=dice.randint(1, 300))
            self.mistaken = day, dice.choice(nights), dice.choice(nights)
        self.pauses, self.revoked = [], []
        for _ in range(dice.choice((1, 2, 3)) if dice.random() < 0.3 else 0):
            begin = self.start + timedelta(days=dice.randint(1, 500))
            pause = begin, begin + timedelta(days=dice.choice((1, 5, 31, 100))), learned(begin)
            if pause in self.pauses:
                continue
            self.pauses.append(pause)
            if credited and dice.random() < 0.2:
                self.revoked.append((pause, min(LAST_NIGHT, pause[2] + timedelta(days=90))))
        self.changes = []  # at most one a day: of two, the later row of the file would count
        for _ in range(dice.choice((1, 2)) if dice.random() < 0.2 else 0):
            day = self.start + timedelta(days=dice.randint(1, 700))
            if day not in [change[0] for change in self.changes]:
                self.changes.append((day, day + timedelta(days=dice.choice((-20, 0, 30))), dice.choice(("2", "3.5", "10"))))
        self.changes.sort()
        # A hold that puts off its days, told in one export or some and gone from the next.
        self.held = sorted(dice.sample(nights, 2)) if dice.random() < 0.05 else None
        self.charge = dice.choice(("line", "seat"))
        self.quantity = dice.choice(("1", "2", "7.25"))

    def spans(self):
        """Days it is to be billed for, as half-open pairs, once everything is known."""
        spans = [(self.start, self.end)]
        for begin, stop, _ in [pause for pause in self.pauses if pause not in [revoked for revoked, _ in self.revoked]]:
            spans = [it for a, b in spans for it in ((a, min(b, begin)), (max(a, stop), b)) if it[0] < it[1]]
        return spans

    def rows(self, night):
        """What the export of a night says: its services and its pauses."""
        end = self.end if self.end_known <= night else None
        if self.mistaken and self.mistaken[1] <= night < self.mistaken[2]:
            end = min(self.mistaken[0], end or self.mistaken[0])
        held = self.held and self.held[0] <= night < self.held[1]
        row = {"service_id": self.id, "subscription_id": f"C{self.id}", "charge": self.charge, "quantity": self.quantity, "start_on": self.start,
               "end_on": end or "", "effective_on": "", "hold_until": self.held[1] if held else ""}
        services = [row] + [{**row, "quantity": quantity, "effective_on": day} for day, known, quantity in self.changes
                            if known <= night and (not end or day < end)]
        known = [pause for pause in self.pauses if pause[2] <= night and not any(pause == it and until <= night for it, until in self.revoked)]
        return services, [{"pause_id": f"P{self.id}-{self.pauses.index(pause)}", "service_id": self.id, "from": pause[0], "to": pause[1]} for pause in known]


def export(workspace, lives, night):
    tables = {"accounts": [], "subscriptions": [], "services": [], "pauses": [], "usage": []}
    for number, life in enumerate(lives):
        account = f"A-{number:05}"
        tables["accounts"].append({"account_id": account, "currency": "EUR", "bill_day": life.moved[1] if life.moved and life.moved[0] <= night else life.bill_day})
        tables["subscriptions"].append({"subscription_id": f"C{life.id}", "account_id": account, "scheme": life.scheme, "frequency": life.frequency,
                                        "start_on": life.start})
        if life.scheme == "metered":
            tables["usage"].append({"usage_id": f"U{life.id}", "service_id": life.id, "used_at": life.start, "quantity": "40"})
        services, pauses = life.rows(night)
        tables["services"] += services
        tables["pauses"] += pauses
    for table, rows in tables.items():
        with (workspace.folder / "data" / f"{table}.csv").open("w", newline="") as target:
            writer = csv.DictWriter(target, rows[0] if rows else ("pause_id", "service_id", "from", "to"), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {table: len(rows) for table, rows in tables.items()}


def written(lives):
    workspace = Workspace.over(scratch() / "lives")
    (workspace.folder / "definitions").mkdir(parents=True)
    (workspace.folder / "data").mkdir()
    (workspace.folder / "billwright.toml").write_text(SETTINGS)
    (workspace.folder / "definitions" / "lives.yaml").write_text(RUN)
    for name, (frequencies, anchor, first, charges) in SCHEMES.items():
        (workspace.folder / "definitions" / f"{name}.yaml").write_text(SCHEME.format(name=name, frequencies=frequencies, anchor=anchor, first=first, charges=charges))
    workspace.take(ROOT / "templates")
    return workspace


def once(events):
    """Adjoining spans of the days that are covered once, and whether any day is covered otherwise; `events` are (day, +1 or -1)."""
    spans, depth, clean, last = [], 0, True, None
    for day in sorted(events):
        if depth == 1 and last < day:
            if spans and spans[-1][1] == last:
                spans[-1] = spans[-1][0], day
            else:
                spans.append((last, day))
        clean &= depth in (0, 1)
        depth, last = depth + events[day], day
    return spans, clean and depth == 0


def covered(rows):
    """By service: what `once` makes of its (service, from, to, sign)."""
    events = defaultdict(lambda: defaultdict(int))
    for service, begin, stop, sign in rows:
        events[service][begin] += sign
        events[service][stop] -= sign
    return {service: once(it) for service, it in events.items()}


def balanced(answer, sizes):
    """Tables whose rows are not billed + excluded (held ones among them) + excepted + not selected, or are not as many as the file has."""
    wrong = []
    for table in answer["balance"]:
        told = table["billed"] + table["excluded"] + table["excepted"] + sum(table["not_selected"].values())
        if table["rows"] != told or table["held"] > table["excluded"] or table["table"] in sizes and table["rows"] != sizes[table["table"]]:
            wrong.append(table)
    return wrong


def shuffled(workspace):
    """A copy of a workspace whose input files have their rows in another order."""
    other = Workspace.over(scratch() / "shuffled")
    shutil.copytree(workspace.folder, other.folder)
    for path in sorted((other.folder / "data").glob("*.csv")):
        head, *rows = path.read_text().splitlines(keepends=True)
        random.Random(path.name).shuffle(rows)
        path.write_text(head + "".join(rows))
    return other


dice = random.Random(SEED)
nights = sorted(BEGINS + timedelta(days=day) for day in dice.sample(range(60, 1780), 16))
lives = [Life(number, dice, nights) for number in range(SERVICES)]
workspace = written(lives)
runs = [(night, night) for night in nights]  # (the export, the date that is billed)
runs[6:6] = [(nights[5], nights[5]), (nights[5], nights[2])]  # a date again, and one that has passed
for place, (exported, as_of) in enumerate([*runs, (LAST_NIGHT, LAST_NIGHT)]):
    sizes = export(workspace, lives, exported)
    last = exported == LAST_NIGHT
    mixed = shuffled(workspace) if last else None
    before = workspace.content("book") if place in (6, 7) else None
    words = "run", "lives", "--as-of", str(as_of), "--output", "json"
    ended = workspace.bill(*words, now=f"{exported}T20:00:00Z")
    if not check(f"as of {as_of}: done", ended.exit == 0, ended):
        continue
    answer = json.loads(ended.stdout)
    wrong = balanced(answer, sizes)
    check(f"as of {as_of}: every row of the input is accounted for ({answer['lines']} lines)", not wrong, wrong)
    if before:
        check(f"as of {as_of}, once more: nothing", workspace.content("book") == before, differing(workspace.content("book"), before))
        continue
    shown = json.loads(workspace.must("show", answer["run_id"], "--output", "json").stdout)
    check(f"as of {as_of}: `show` tells the same balance", shown["balance"] == answer["balance"], shown["balance"])
    if last:
        mixed.must(*words, now=f"{exported}T20:00:00Z")
        one, other = workspace.content("book/data"), mixed.content("book/data")
        check("rows in another order: the same bytes of every fact", one == other and len(one) > 20, differing(one, other))

claims = covered(workspace.rows("SELECT service_id, billed_from, billed_through, CASE effect WHEN 'claimed' THEN 1 ELSE -1 END FROM book.watermark"))
wrong = [(life.id, claims.get(life.id), life.spans()) for life in lives if claims.get(life.id, ([], True)) != (life.spans(), True)]
check(f"each day of {SERVICES} lives is billed exactly once, and no other day", not wrong, f"{len(wrong)} lives, first {wrong[:3]}")
days = sum((stop - begin).days for life in lives for begin, stop in life.spans())
check(f"there were lives to bill: {days} days, {sum(len(life.spans()) > 1 for life in lives)} lives with a pause, {sum(bool(life.moved) for life in lives)} with another bill day",
      days > 300 * SERVICES)
made = defaultdict(set)
for service, run in workspace.rows("SELECT DISTINCT service_id, run_id FROM book.invoice_line"):
    made[service].add(date.fromisoformat(run.removeprefix("lives@")))
held = [life for life in lives if life.held]
wrong = [(life.id, life.held, sorted(made[life.id])) for life in held if any(life.held[0] <= day < life.held[1] for day in made[life.id])]
check(f"{len(held)} that were held for a time have no line of those nights", held and not wrong, wrong[:3])

lines = covered(workspace.rows("""SELECT service_id, period_start, period_end, CASE kind WHEN 'credit' THEN -1 ELSE 1 END FROM book.invoice_line"""))
fixed = [life for life in lives if life.scheme != "metered"]
wrong = [(life.id, lines.get(life.id), life.spans()) for life in fixed if lines.get(life.id, ([], True)) != (life.spans(), True)]
check(f"the lines and credits of {len(fixed)} recurring charges have the same days", not wrong, f"{len(wrong)} lives, first {wrong[:3]}")
counts = dict(workspace.rows("SELECT kind, count(*) FROM book.invoice_line GROUP BY kind"))
check(f"among {counts.get('recurring')} lines and {counts.get('usage')} of usage are credits: {counts.get('credit')}", min(counts.get(kind, 0) for kind in
      ("recurring", "usage", "credit")) > 100)
wrong = workspace.rows("""SELECT service_id, sum(amount) FROM book.invoice_line WHERE period_days = days AND days_before = 0 AND kind = 'recurring'
    GROUP BY service_id, charge, scheme, frequency, quantity, period_days HAVING count(DISTINCT amount) > 1""")
check("a whole period costs the same whenever it is billed", not wrong, wrong[:3])
done()
