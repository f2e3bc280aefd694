"""Under `retroactive: adjust`, a service billed night after night, of which much is learned too late, has been billed in the end what one run over the last export bills: usage too, that comes late or whose prices change."""
import csv
import random
import yaml
from datetime import date, timedelta
from decimal import Decimal

from proof import Workspace, check, done

SERVICES, METERED, FIRST = 600, 600, date(2025, 1, 1)
NIGHTS = [date(2025, 1, 20), date(2025, 3, 1), date(2025, 3, 2), date(2025, 6, 17), date(2025, 9, 1), date(2026, 1, 1), date(2026, 2, 10)]
SETTINGS = ('timezone = "UTC"\ncurrency = "EUR"\nrounding = "half_up"\nallow_auto_post = true\n[seller]\nname = "Example"\n'
            '[series.default]\npattern = "{seq}"\n[series.credit_notes]\npattern = "C-{seq}"\n')
RUN = {"kind": "bill_run", "name": "r", "window": {"max_behind": {"days": 3000}}, "criteria": {"schemes": ["s"]}, "filters": "all", "invoices": {"auto_post": True}, "render": {"formats": []},
       "checks": {"new_accounts": "off", "stale_dates": "off", "vanished": "off", "usage_complete": "off"}}
TABLES = {"accounts": ("account_id", "currency", "bill_day"), "subscriptions": ("subscription_id", "account_id", "scheme", "frequency"),
          "services": ("service_id", "subscription_id", "charge", "quantity", "start_on", "end_on", "effective_on", "unit_price"), "pauses": ("pause_id", "service_id", "from", "to"), "usage": ("usage_id", "service_id", "used_at", "quantity")}
CHARGES = [(timing, proration) for timing in ("advance", "arrears") for proration in ("daily", "30_360")]


def day(chance, first=0, last=400):
    return FIRST + timedelta(days=chance.randint(first, last))


class Life:
    """A service, and of each of its facts the night from which it is known."""

    def __init__(self, number):
        chance = random.Random(f"retroactive/{number}")
        self.id, self.start, self.charge = f"S{number:04}", day(chance, 0, 200), chance.choice(["-".join(charge) for charge in CHARGES] + ["once"])
        self.frequency, self.bill_day = chance.choice(("monthly", "monthly", "quarterly", "annual")), chance.choice(("", "1", "15", "31"))
        learned = lambda when: when + timedelta(days=chance.choice((-30, 0, 20, 90, 200)))
        days = sorted({self.start + timedelta(days=chance.randint(1, 350)) for _ in range(chance.choice((0, 1, 1, 2, 4)))})
        self.changes = [(when, learned(when), str(chance.randint(1, 9))) for when in days]
        self.end = None
        if chance.random() < 0.4:
            end = self.start + timedelta(days=chance.randint(10, 380))
            self.end = end, learned(end)
        self.pause = None
        if chance.random() < 0.3:
            begin = self.start + timedelta(days=chance.randint(5, 300))
            self.pause = begin, begin + timedelta(days=chance.choice((3, 30, 100))), learned(begin)

    def rows(self, night):
        service = {"service_id": self.id, "subscription_id": self.id, "charge": self.charge, "quantity": "2", "start_on": self.start, "end_on": self.end[0] if self.end and self.end[1] <= night else ""}
        yield "accounts", {"account_id": self.id, "currency": "EUR", "bill_day": self.bill_day}
        yield "subscriptions", {"subscription_id": self.id, "account_id": self.id, "scheme": "s", "frequency": self.frequency}
        yield "services", service
        for when, learned, quantity in self.changes:
            if learned <= night:
                yield "services", {**service, "effective_on": when, "quantity": quantity}
        if self.pause and self.pause[2] <= night:
            yield "pauses", {"pause_id": self.id, "service_id": self.id, "from": self.pause[0], "to": self.pause[1]}


# By charge: how it counts, and its price at first, from June on, and from September on; each for all days.
USAGE = {
    "tiers": ({"included": "20"}, {"price": {"graduated": [{"to": "100", "unit": "0.041"}, {"unit": "0.0295", "flat": "1"}]}},
              {"included": "35", "price": {"graduated": [{"to": "90", "unit": "0.041"}, {"unit": "0.0305"}]}}, {"included": "10", "price": {"per_unit": "0.0333"}}),
    "limits": ({}, {"price": {"per_unit": "0.05"}, "minimum": "4.00", "maximum": "9.99"}, {"price": {"per_unit": "0.045"}, "maximum": "8.50"}, {"price": {"per_unit": "0.045"}, "minimum": "2.50"}),
    "by-days": ({"prorate": ["included", "minimum"], "included": "60"}, {"price": {"per_unit": "0.11"}, "minimum": "3.33"}, {"price": {"per_unit": "0.12"}, "minimum": "4.75"},
                {"price": {"volume": [{"to": "50", "unit": "0.2"}, {"unit": "0.1"}]}, "minimum": "1.25", "maximum": "7.05"}),
    "volume": ({}, {"price": {"volume": [{"to": "60", "unit": "0.10"}, {"unit": "0.07"}]}}, {"price": {"volume": [{"to": "80", "unit": "0.11"}, {"unit": "0.06"}]}}, {"price": {"flat": "6.66"}}),
    "packs": ({}, {"price": {"package": {"size": "25", "price": "1.995"}}}, {"price": {"package": {"size": "20", "price": "1.995"}}}, {"price": {"package": {"size": "20", "price": "2.005"}}}),
    "nightly": ({"through": "window_to", "included": "15"}, {"price": {"graduated": [{"to": "50", "unit": "0.10"}, {"unit": "0.05"}]}}, {"price": {"graduated": [{"to": "60", "unit": "0.105"}, {"unit": "0.055"}]}},
                {"price": {"graduated": [{"to": "60", "unit": "0.095"}, {"unit": "0.055"}]}, "maximum": "5.00"}),
    "peak": ({"aggregate": "max"}, {"price": {"per_unit": "0.30"}}, {"price": {"volume": [{"to": "30", "flat": "5"}, {"unit": "0.28"}]}}, {"price": {"per_unit": "0.31"}}),
    "own": ({}, {"price": {"per_unit": "0.30"}, "minimum": "0.95"}, {"price": {"per_unit": "0.30"}, "minimum": "1.85"}, {"price": {"per_unit": "0.20"}, "minimum": "1.85"}),
}


class Metered:
    """A service whose usage arrives in time or late, the rows each with the night from which it is known."""

    def __init__(self, number):
        chance = random.Random(f"metered/{number}")
        self.id, self.start, self.charge = f"U{number:04}", day(chance, 0, 200), chance.choice(list(USAGE))
        self.frequency, self.bill_day = chance.choice(("monthly", "monthly", "quarterly")), chance.choice(("", "1", "15", "31"))
        self.price = chance.choice(("", "0.27")) if self.charge == "own" else ""
        days = [self.start + timedelta(days=at) for at in range(0, 400, chance.choice((3, 11, 45))) if chance.random() < 0.7]
        self.used = [(when, when + timedelta(days=chance.choice((0, 0, 0, 0, 20, 90))), str(chance.randint(1, 40))) for when in days]

    def rows(self, night):
        yield "accounts", {"account_id": self.id, "currency": "EUR", "bill_day": self.bill_day}
        yield "subscriptions", {"subscription_id": self.id, "account_id": self.id, "scheme": "s", "frequency": self.frequency}
        yield "services", {"service_id": self.id, "subscription_id": self.id, "charge": self.charge, "start_on": self.start, "unit_price": self.price}
        for number, (when, learned, quantity) in enumerate(self.used):
            if learned <= night and when < night:
                yield "usage", {"usage_id": f"{self.id}-{number}", "service_id": self.id, "used_at": when, "quantity": quantity}


def scheme(night):
    """Prices of a month by the day; what was wrong is mended afterwards, and new ones are told late."""
    prices = [{"per_unit": "9.99" if night < date(2025, 6, 1) else "10.10", "per": "month"}]
    if night >= date(2025, 9, 1):
        prices.append({"valid_from": "2025-04-01", "per_unit": "12.345", "per": "month"})
    charges = [{"code": f"{timing}-{proration}", "recurring": {"timing": timing, "proration": proration}, "price": prices} for timing, proration in CHARGES]
    charges.append({"code": "once", "one_time": {}, "price": [{key: value for key, value in price.items() if key != "per"} for price in prices]})
    at = (night >= date(2025, 6, 1)) + (night >= date(2025, 9, 1))
    for code, (usage, *by_night) in USAGE.items():
        included = {"included": by_night[at]["included"]} if "included" in by_night[at] else {}
        charges.append({"code": code, "usage": {"meter": "m", "late": "next_run", **usage, **included}, **{key: value for key, value in by_night[at].items() if key != "included"}})
    return {"kind": "scheme", "name": "s", "currency": "EUR", "frequencies": ["monthly", "quarterly", "annual"], "retroactive": "adjust", "charges": charges}


def written(workspace, lives, night):
    rows = {table: [] for table in TABLES}
    for life in lives:
        for table, row in life.rows(night):
            rows[table].append(row)
    for table, those in rows.items():
        with open(workspace.folder / f"{table}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, TABLES[table])
            writer.writeheader()
            writer.writerows(those)
    (workspace.folder / "definitions/s.yaml").write_text(yaml.safe_dump(scheme(night)))


def billed(lives, nights):
    """What each service was billed by these runs, and how many lines of each kind it took."""
    workspace = Workspace.empty()
    (workspace.folder / "definitions").mkdir()
    (workspace.folder / "definitions/r.yaml").write_text(yaml.safe_dump(RUN))
    (workspace.folder / "billwright.toml").write_text(SETTINGS + "".join(f'[inputs.{table}]\npath = "{table}.csv"\n' for table in TABLES))
    for night in nights:
        written(workspace, lives, night)
        workspace.must("run", "r", "--as-of", night.isoformat(), now=f"{night}T06:00:00Z", exits=(0,))
    before = workspace.rows("SELECT count(*) FROM book.invoice_line")
    workspace.must("run", "r", "--as-of", nights[-1].isoformat(), now=f"{nights[-1]}T07:00:00Z", exits=(0,))
    check(f"{len(nights)} nights, the last once more: nothing", workspace.rows("SELECT count(*) FROM book.invoice_line") == before)
    of_usage = workspace.rows("SELECT count(*) FROM book.invoice_line WHERE kind = 'adjustment' AND quantity_before IS NOT NULL")[0][0]
    kinds = dict(workspace.rows("SELECT kind, count(*) FROM book.invoice_line GROUP BY kind"))
    return dict(workspace.rows("SELECT service_id, sum(amount) FROM book.invoice_line GROUP BY service_id")), {**kinds, "adjustment of usage": of_usage}


lives = [*(Life(number) for number in range(SERVICES)), *(Metered(number) for number in range(METERED))]
night_by_night, kinds = billed(lives, NIGHTS)
at_once, _ = billed(lives, NIGHTS[-1:])
wrong = {service: (night_by_night.get(service, Decimal(0)), at_once.get(service, Decimal(0))) for service in {*night_by_night, *at_once}
         if night_by_night.get(service, Decimal(0)) != at_once.get(service, Decimal(0))}
check(f"{len(at_once)} services have been billed the same", not wrong, f"{len(wrong)} differ, such as {sorted(wrong.items())[:4]}")
check(f"there was something to adjust: {kinds}", kinds.get("adjustment", 0) > 100 and kinds.get("credit", 0) > 50
      and kinds["adjustment of usage"] > 500 and kinds.get("late_usage", 0) > 500)
done()
