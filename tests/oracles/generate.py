"""Writes a workspace of accounts with random lives: generate.py SEED ACCOUNTS DIR.

Every feature of a bill run happens to many of them. DIR/exports/AS_OF/ is what the CRM says on that night: what somebody
decided later is not in it yet, and some decisions are learned long after the day they hold from. The same seed writes the
same bytes.
"""
import csv
import random
import shutil
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

NIGHTS = ("2026-01-01", "2026-02-01", "2026-02-15", "2026-03-31", "2026-05-01", "2026-06-01")  # April is missed
RUN, BEFORE_IT = "everything", "usage-first"
WORKSPACE = Path(__file__).resolve().parents[1] / "workspaces" / "random"
BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2025, 10, 1), date(2026, 6, 15)

SCHEMES = {"EUR": ("fiber", "calls", "cloud", "tools"), "USD": ("office", "office", "halls"), "JPY": ("kiosk",), "KWD": ("water",)}
CHARGES = {"fiber": ("access", "access", "access-plus", "seats", "rack", "television", "install", "mobile", "boost"), "calls": ("minutes", "data", "messages", "roaming", "texts", "payments", "number", "voice", "cards", "hotline", "transfers", "logins", "requests", "abroad", "internet", "tether", "tether", "hotspot"),
           "cloud": ("users", "peak", "level", "disk", "seats-used", "backup"),
           "tools": ("crane", "shed", "fence", "saw", "planks"), "halls": ("hall", "chairs"),
           "office": ("desk", "room", "printing", "storage", "trade", "licences", "parking", "archive", "copies", "copies", "wires", "wires"), "kiosk": ("stand", "power", "wifi"), "water": ("connection", "hydrants", "consumption", "valves", "garden")}
METERS = {"minutes": ("minutes", 60), "data": ("gigabytes", 12), "messages": ("messages", 9), "roaming": ("days-abroad", 2), "printing": ("sheets", 120),
          "consumption": ("litres", 300), "texts": ("texts", 30), "payments": ("turnover", 90), "voice": ("seconds", 4000), "cards": ("card-payments", 900), "hotline": ("seconds-of-advice", 600), "transfers": ("transfers", 120), "logins": ("logins", 9), "requests": ("requests", 200), "abroad": ("seconds-abroad", 90), "internet": ("megabytes", 700), "archive": ("files", 90), "storage": ("terabytes", 9), "trade": ("sales", 150),
          "users": ("sign-ins", 5), "peak": ("gauge", 40), "level": ("gauge", 40), "disk": ("bytes", 500), "seats-used": ("sign-ins", 5), "backup": ("bytes", 500),
          "tether": ("tethered", 25), "hotspot": ("tethered", 25), "copies": ("copied", 90), "wires": ("wired", 160), "garden": ("sprinkled", 80)}
SHARED = ("tether", "hotspot", "copies", "wires", "garden")
RETROACTIVE = ("tools", "halls")
COMMITMENTS = {"fiber": "floor", "calls": "pledge", "office": "least", "water": "basis"}
CHANGES_TO = {"access": "access-plus", "access-plus": "access", "peak": "level", "level": "peak", "disk": "backup", "backup": "disk",
              "connection": "hydrants", "hydrants": "connection", "mobile": "boost", "boost": "mobile", "tether": "hotspot", "hotspot": "tether"}
# By night: the scheme somebody changes, what it says, and what it says from then on.
DECISIONS = {
    "2026-02-15": [("tools", '"88.885"', '"89.115"'), ("calls", '"0.041"', '"0.0475"'), ("calls", '"0.0725"', '"0.0775"')],
    "2026-03-31": [("halls", "trial_days: 20", "trial_days: 5"), ("cloud", '"0.555"', '"0.535"'), ("cloud", 'minimum: "1.00"', 'minimum: "1.65"'), ("water", 'minimum: "0.5"', 'minimum: "0.75"'),
                   ("calls", '"1.995"', '"2.105"'), ("calls", '"0.333"', '"0.3475"')],
    "2026-05-01": [("tools", 'valid_from: 2026-02-15, flat: "36.665"', 'valid_from: 2026-03-15, flat: "35.005"'), ("calls", 'included: "100"', 'included: "80"'), ("calls", '"0.235"', '"0.205"'),
                   ("calls", '"1.505"', '"1.515"'), ("cloud", 'included: "1"', 'included: "2"')],
    "2026-06-01": [("halls", '"1.105"', '"1.205"'), ("office", 'minimum: "1.25"', 'minimum: "1.55"'), ("office", '"12.345"', '"12.375"'), ("water", '"0.0085"', '"0.0095"'), ("calls", 'included: "20"', 'included: "25"'),
                   ("cloud", 'maximum: "9.5"', 'maximum: "9"')],
}


class Life:
    """One account with all that ever happens to it, each fact with the night it becomes known."""

    def __init__(self, seed, number, parents):
        self.random = random.Random(f"{seed}/{number}")
        pick, chance = self.random.choice, self.chance
        self.id = f"A-{number:05}"
        self.currency = self.random.choices(("EUR", "USD", "JPY", "KWD"), (60, 20, 8, 12))[0]
        self.commits = chance(0.3)
        self.canceled_on = self.fact(0.05, self.day(date(2026, 1, 10), LAST))
        possible = parents[self.currency]
        self.invoice_to = pick(possible) if possible and chance(0.08) else ""
        if not self.invoice_to and chance(0.2):
            possible.append(self.id)
        self.row = {
            "account_id": self.id, "currency": self.currency, "name": f"Account {number}", "region": pick(("DE-BE", "CH-ZH", "AT-9", "FR-75", "DE-TEST") if chance(0.1)
            else ("DE-BE", "CH-ZH", "AT-9", "FR-75")), "classification": pick(("residential", "business")), "group": pick(("enterprise", "retail", "", "", "")),
            "invoice_to": self.invoice_to, "bill_day": pick(("", "", str(self.random.randint(1, 31)))), "payment_terms": pick(("", "", "net-30")),
            "tax_exempt": "true" if chance(0.05) else "", "status": "suspended" if chance(0.02) else "active",
            "opening_balance": f"{self.random.randint(-50, 300)}" if chance(0.1) else "", "tax_id": f"T{number}" if chance(0.3) else "",
        }
        self.bad_until = "2026-03-31" if chance(0.004) else ""   # a quantity that is no number, until mended
        self.subscriptions, self.services, self.pauses, self.orders = [], [], [], []
        for count in range(pick((1, 2, 2) if self.commits else (1, 1, 2))):
            self.subscribe(count)
        if chance(0.06):
            self.pause(account=True)
        for count in range(pick((1, 2)) if chance(0.2) else 0):
            self.order(count)
        self.discounts = [self.discount(nth) for nth in range(pick((1, 1, 2, 3)) if chance(0.3) else 0)]
        self.credits = [self.credit(nth) for nth in range(pick((1, 2, 3)) if chance(0.2) else 0)]

    def chance(self, share):
        return self.random.random() < share

    def day(self, first=FIRST, last=LAST):
        return first + timedelta(days=self.random.randrange(max(1, (last - first).days)))

    def fact(self, share, day):
        """(day, night from which it is known), mostly ahead of it, now and then long after; None for most."""
        if not self.chance(share):
            return None
        return day, day + timedelta(days=self.random.choice((-40, -20, -10, -3, 0, 10, 30)))

    def subscribe(self, count):
        pick, chance = self.random.choice, self.chance
        scheme = pick(SCHEMES[self.currency])
        start = self.day(last=date(2026, 5, 1))
        frequency = {"fiber": ("monthly", "monthly", "quarterly", "annual"), "calls": ("monthly", ""), "cloud": ("monthly", "monthly", "quarterly"), "tools": ("monthly", "monthly", "quarterly"), "halls": ("monthly", "quarterly"), "office": ("monthly", "quarterly", "semiannual"),
                     "kiosk": ("weekly", "weekly", "daily"), "water": ("monthly", "")}[scheme]
        it = {"contract": f"{self.id}-{count}", "account_id": self.id, "scheme": scheme, "frequency": pick(frequency), "start_on": start.isoformat(),
              "cost_centre": pick(("", "", "north", "south")), "contract_type": "internal" if chance(0.02) else pick(("", "standard")), "discount_percent": pick(("10", "2.5", "0")) if chance(0.1) else ""}
        it["discount_periods"] = pick(("", "1", "3")) if it["discount_percent"] else ""
        end = self.fact(0.08, start + timedelta(days=self.random.randint(20, 200)))
        self.subscriptions.append((it, end, start))
        for nth in range(pick((1, 1, 2, 3))):
            self.serve(it, start, nth)

    def serve(self, subscription, subscribed, nth):
        pick, chance = self.random.choice, self.chance
        charge = COMMITMENTS.get(subscription["scheme"]) if nth and self.commits and chance(0.6) else None
        if nth and self.services[-1]["row"]["charge"] in SHARED and chance(0.7):
            charge = self.services[-1]["row"]["charge"]
        charge = charge or pick(CHARGES[subscription["scheme"]])
        start = self.day(subscribed, subscribed + timedelta(days=60)) if chance(0.4) else None
        begun = start or subscribed
        opens = begun + timedelta(days=self.random.randint(0, 90)) if chance(0.15) and charge != "install" else None
        begun = opens or begun
        it = {"service_id": f"{subscription['contract']}/{nth}", "subscription_id": subscription["contract"], "charge": charge,
              "quantity": pick(("", "1", "3", "12", "2.5", "27")), "unit_price": self.unit_price(charge), "start_on": iso(start), "next_bill_on": iso(opens),
              "note": pick(("", "as agreed, in writing"))}
        changes = []
        is_late = subscription["scheme"] in RETROACTIVE  # much is learned of it when its days are billed
        if charge != "install":
            for _ in range(pick((1, 1, 2)) if chance(0.8 if is_late else 0.2) else 0):
                when = begun + timedelta(days=self.random.randint(4, 160))
                known = when + timedelta(days=pick((-5, 6, 25, 50, 90) if is_late else (-40, -20, -5, 0, 6, 25)))
                change = {"quantity": pick(("1", "4", "9.5", "30"))}
                if chance(0.3):
                    change["charge"] = CHANGES_TO.get(charge, charge)
                if chance(0.3):
                    change["unit_price"] = self.unit_price(charge)
                changes.append((when, known, change))
        silent = (self.day(date(2026, 1, 15)), {"quantity": "6"}) if chance(0.03) and not changes else None
        end = self.fact(0.2, begun + timedelta(days=self.random.randint(5, 190)))
        # An end that was told once, and on a later night is none any more.
        mistaken = (begun + timedelta(days=self.random.randint(3, 150)), *sorted(self.random.sample(NIGHTS, 2))) if chance(0.08) and charge != "install" else None
        hold = (self.day(date(2026, 1, 1)), self.day(date(2026, 1, 20))) if chance(0.04) else None
        moved = (self.day(date(2026, 1, 15)), self.day(date(2026, 2, 1))) if chance(0.05) and charge != "install" else None
        gone = pick(NIGHTS[1:-1]) if chance(0.02) and charge not in METERS else None
        at = len(self.services)
        self.services.append({"row": it, "changes": sorted(changes, key=lambda change: change[0]), "silent": silent, "end": end, "mistaken": mistaken, "hold": hold, "moved": moved,
                              "gone": gone, "begun": begun, "usage": []})
        if chance(0.07) and charge != "install":
            self.pause(account=False)
        if charge in METERS:
            self.services[at]["usage"] = list(self.use(it, begun, end))

    def unit_price(self, charge):
        if charge == "rack":
            return f"{self.random.randint(1, 99)}.{self.random.randint(0, 999):03}"
        return self.random.choice(("", "", "", "17.035")) if charge in ("access", "number", "desk", "messages", "power", "room", "mobile", "wifi", "crane", "fence", "hall") else ""

    def use(self, service, begun, end):
        """(usage row, the night it arrives, whether it was pending before)"""
        meter, much = METERS[service["charge"]]
        last, day, count = min(end[0] + timedelta(days=3) if end else LAST, LAST), begun, 0
        busy = self.random.choice((3, 8, 25, 90))
        paused = [(pause["from"], pause["to"]) for pause, _ in self.pauses]
        while (day := day + timedelta(days=self.random.randint(0 if busy < 8 else 1, busy))) < last:
            if any(begin <= day.isoformat() < (stop or "9999") for begin, stop in paused):
                continue
            count += 1
            quantity = self.random.choice((str(self.random.randint(1, much)), f"{self.random.randint(1, much)}.{self.random.randint(0, 999999):06}", "0"))
            late = self.random.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 18, 45)) if self.chance(0.3) else 1
            yield ({"usage_id": f"U-{service['service_id']}-{count}", "service_id": service["service_id"], "used_at": self.instant(day), "quantity": quantity,
                    "meter": self.random.choice(("", meter)) if not self.chance(0.00005) else "wrong", "status": self.random.choice(("", "processed")), "user": self.random.choice(("", "ann", "Ann", "bob", "cleo", "dora", "7"))},
                   day + timedelta(days=late), self.chance(0.004))

    def instant(self, day):
        """Some moment of a day in Berlin, in one of the ways to write it."""
        form = self.random.randrange(4)
        moment = datetime(day.year, day.month, day.day, self.random.randint(4, 23), self.random.randint(0, 59), self.random.randint(0, 59), tzinfo=BERLIN)
        if form == 0:
            return day.isoformat()
        if form == 1:
            return moment.replace(tzinfo=None).isoformat()
        zone = timezone.utc if form == 2 else timezone(timedelta(hours=-5))
        return moment.astimezone(zone).isoformat().replace("+00:00", "Z")

    def pause(self, account):
        begin = self.services[-1]["begun"] + timedelta(days=self.random.randint(3, 120))
        stop = begin + timedelta(days=self.random.choice((2, 9, 33, 70)))
        known = begin + timedelta(days=self.random.choice((-30, -5, 0, 5, 40)))
        service = "" if account else self.services[-1]["row"]["service_id"]
        row = {"pause_id": f"P-{self.id}-{len(self.pauses)}", "service_id": service, "account_id": self.id if account else "", "from": begin.isoformat(),
               "to": stop.isoformat() if self.chance(0.8) else "", "cause": "customer"}
        self.pauses.append((row, known))

    def money(self, most):
        digits = {"JPY": 0, "KWD": 3}.get(self.currency, 2)
        return f"{self.random.randint(1, most * 10 ** digits) / 10 ** digits:.{digits}f}"

    def discount(self, nth):
        """A percentage or an amount, off everything, a subscription, a service or a charge."""
        pick, chance = self.random.choice, self.chance
        service = pick(self.services)["row"]
        whose = pick(({"account_id": self.id}, {"subscription_id": service["subscription_id"]}, {"service_id": service["service_id"]},
                      {"account_id": self.id, "charge": service["charge"]}))
        off = {"percent": pick(("5", "12.5", "33.333", "100"))} if chance(0.6) else {"amount": self.money(20), "currency": pick(("", self.currency))}
        begin, end = (pick((self.day(), self.day().replace(day=1))) for _ in range(2))
        priority = pick(("", "", "1", "2"))
        return {"discount_id": f"D-{self.id}-{nth}", **whose, **off, "invoices": pick(("", "", "1", "2")), "priority": priority,
                "from": iso(begin) if chance(0.2) else "", "to": iso(max(begin, end)) if chance(0.2) else ""}

    def credit(self, nth):
        pick, chance = self.random.choice, self.chance
        night = lambda: date.fromisoformat(pick(NIGHTS))
        begin, end = (pick((self.day(), night())) for _ in range(2))
        return {"credit_id": f"R-{self.id}-{nth}", "account_id": self.id, "amount": self.money(150), "kind": pick(("price", "balance")), "priority": pick(("", "", "1")),
                "currency": pick(("", self.currency)), "tax_category": pick(("", "", "", "standard", "reduced")), "on": iso(begin) if chance(0.3) else "",
                "expires_on": iso(max(begin, end)) if chance(0.3) else ""}

    def order(self, count):
        done = self.day()
        known, order = done + timedelta(days=self.random.randint(0, 9)), f"O-{self.id}-{count}"
        lines = [{"order_id": order, "line": str(nth + 1), "description": "router, white", "quantity": self.random.choice(("", "1", "2", "0.5")),
                  "unit_price": self.random.choice(("79.99", "4.005", "120", "1.015")), "tax": self.random.choice(("", "standard", "reduced")),
                  "bill_on": self.random.choice(("", "", (done + timedelta(days=30)).isoformat()))} for nth in range(self.random.choice((1, 2, 3)))]
        self.orders.append(({"order_id": order, "account_id": self.id}, done, known, lines))


def iso(day):
    return day.isoformat() if day else ""


def known(fact, night):
    """The day of a fact that is known by a night."""
    return iso(fact[0]) if fact and fact[1].isoformat() <= night else ""


def rows_of(life, night):
    """What the CRM says about an account on a night, by table; usage by the night it arrives, None for what is pending."""
    canceled = known(life.canceled_on, night)
    yield "accounts", {**life.row, "canceled_on": canceled, "status": "canceled" if canceled and canceled <= night else life.row["status"]}
    for row, end, start in life.subscriptions:
        yield "subscriptions", {**row, "end_on": known(end, night)}
    for nth, service in enumerate(life.services):
        if service["gone"] == night:
            continue
        row, end = dict(service["row"]), known(service["end"], night)
        if service["mistaken"] and service["mistaken"][1] <= night < service["mistaken"][2]:
            end = min(iso(service["mistaken"][0]), end or "9999")
        if life.bad_until > night and nth == 0:
            row["quantity"] = "two"
        if service["silent"] and service["silent"][0].isoformat() <= night:
            row.update(service["silent"][1])
        if service["moved"] and service["moved"][0].isoformat() <= night:
            row["next_bill_on"] = iso(max(service["moved"][1], service["begun"]))
        hold = known(service["hold"], "9999") if service["hold"] and service["hold"][0].isoformat() <= night else ""
        row |= {"end_on": end, "hold_until": iso(service["hold"][1]) if hold else "", "effective_on": ""}
        yield "services", row
        for when, learned, change in service["changes"]:
            if learned.isoformat() <= night and (not end or when.isoformat() < end):
                row = {**row, **change, "effective_on": when.isoformat()}
                yield "services", row
        for usage, arrives, was_pending in service["usage"]:
            if was_pending and arrives.isoformat() <= night < (arrives + timedelta(days=25)).isoformat():
                yield None, {**usage, "status": "pending"}
            settled = arrives + timedelta(days=25 if was_pending else 0)
            if settled.isoformat() <= night:
                yield next(it for it in NIGHTS if settled.isoformat() <= it), usage
    for pause, learned in life.pauses:
        if learned.isoformat() <= night:
            yield "pauses", pause
    for row in life.discounts:
        yield "discounts", row
    for row in life.credits:
        yield "credits", row
    for order, done, learned, lines in life.orders:
        if done.isoformat() <= night or learned > done:
            is_done = learned.isoformat() <= night
            yield "orders", {**order, "status": "fulfilled" if is_done else "open", "fulfilled_on": iso(done) if is_done else ""}
            for line in lines:
                yield "order_lines", line


COLUMNS = {
    "accounts": ("account_id", "currency", "name", "region", "classification", "group", "invoice_to", "bill_day", "payment_terms", "tax_exempt", "status",
                 "opening_balance", "canceled_on", "tax_id"),
    "subscriptions": ("contract", "account_id", "scheme", "frequency", "start_on", "cost_centre", "contract_type", "end_on", "discount_percent", "discount_periods"),
    "services": ("service_id", "subscription_id", "charge", "quantity", "unit_price", "start_on", "next_bill_on", "note", "end_on", "hold_until", "effective_on"),
    "pauses": ("pause_id", "service_id", "account_id", "from", "to", "cause"),
    "discounts": ("discount_id", "account_id", "subscription_id", "service_id", "charge", "percent", "amount", "currency", "invoices", "from", "to", "priority"),
    "credits": ("credit_id", "account_id", "amount", "currency", "kind", "tax_category", "on", "expires_on", "priority"),
    "orders": ("order_id", "account_id", "status", "fulfilled_on"),
    "order_lines": ("order_id", "line", "description", "quantity", "unit_price", "tax", "bill_on"),
}
USAGE = ("usage_id", "service_id", "used_at", "quantity", "meter", "status", "user")


def generate(seed, accounts, folder):
    folder = Path(folder)
    shutil.copytree(WORKSPACE, folder)
    if random.Random(seed).random() < 0.5:
        settings = folder / "billwright.toml"
        settings.write_text(settings.read_text().replace('"half_up"', '"half_even"').replace('"document"', '"line"'))
    parents = {currency: [] for currency in SCHEMES}
    lives = [Life(seed, number + 1, parents) for number in range(accounts)]
    for name, until, release, nth in (("dispute", "2026-03-20", "defer", 5), ("goodwill", "2026-02-10", "waive", 11)):
        held = ", ".join(life.id for life in lives[nth::97][:40] or lives[:1])
        (folder / "definitions" / f"{name}.yaml").write_text(
            f"kind: hold\nname: {name}\nwhat: [billing]\naccounts: [{held}]\nuntil: {until}\nrelease: {release}\nreason: {name}\n")
    for night in NIGHTS:
        decide(folder, night)
        write(folder / "exports" / night, lives, night, random.Random(f"{seed}/{night}"))
    shutil.copytree(folder / "exports" / NIGHTS[0], folder / "data")


def decide(folder, night):
    """The definitions that somebody changes on a night, for all days or from one on."""
    for name, old, new in DECISIONS.get(night, ()):
        changed = folder / "decided" / night / f"{name}.yaml"
        changed.parent.mkdir(parents=True, exist_ok=True)
        before = max((folder / "decided").glob(f"*/{name}.yaml"), default=folder / "definitions" / f"{name}.yaml")
        text = before.read_text()
        assert old in text, f"{name} does not say {old}"
        changed.write_text(text.replace(old, new))


def write(folder, lives, night, order):
    folder.mkdir(parents=True)
    tables = {name: [] for name in COLUMNS} | {it: [] for it in NIGHTS if it <= night} | {None: []}
    for life in lives:
        for table, row in rows_of(life, night):
            tables[table].append(row)
    for table, rows in tables.items():
        if table in NIGHTS:
            rows.sort(key=lambda row: row["usage_id"])  # a file of usage stays as it is on later nights
            rows += rows[7::211]                         # and some rows of it stand there twice
        elif table != "services":
            order.shuffle(rows)
        if table is None and not rows:
            continue
        name = table if table in COLUMNS else f"usage-{table or 'pending'}"
        with (folder / f"{name}.csv").open("w", newline="") as target:
            writer = csv.DictWriter(target, COLUMNS.get(table, USAGE), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    generate(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
