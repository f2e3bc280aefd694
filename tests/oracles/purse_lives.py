"""Random lives of prepaid accounts: what the export says of each on a night, as rows for the engine and as a `Night` for the model."""
import csv
import os
import random
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

from days import NEVER, SOME_MONDAY, Cycle
from purse import Purse
from purse_rows import Ahead, Debits, Night, Service, Stops, TopUp, Wallet

SEED = 71
BERLIN = ZoneInfo("Europe/Berlin")
# By book: how it debits, and up to which day from as_of it counts usage.
BOOKS = [Debits(*how, usage_days=(-1, -1, -1, 0, -1, -2)[nth % 6]) for nth, how in enumerate(
    product(("run", "day"), ("skip", "partial_days", "allow_negative"), ("charge_active_days", "charge_all", "waive")))]
# Whether it stops and starts services and how many it may stop, and what it says of the days ahead; each of them under each `on_topup`.
STOPS = [Stops(stop=True, start=True, at_most=1_000), Stops(stop=True, at_most="34%"), Stops(), Stops(stop=True, start=True, at_most="30%", needs_fresh=False), Stops(start=True), Stops(stop=True, start=True, at_most=180)]
AHEAD = [Ahead(), Ahead(low_balance=Decimal("1.00"), lookback=7), Ahead(low_balance=Decimal("0"), horizon=20), Ahead(low_balance=Decimal("2.50"), horizon=45, lookback=3)]
DAILY, WHOLE = {"proration": "daily"}, {"proration": "none"}
SCHEMES = {
    "mobile": ("calendar", "monthly", [
        {"code": "access", "recurring": DAILY, "price": {"per_unit": "from_service"}}, {"code": "line", "recurring": DAILY, "price": {"flat": "9.99"}},
        {"code": "box", "recurring": WHOLE, "price": {"flat": "3.45"}}, {"code": "sim", "one_time": {}, "price": {"per_unit": "1.25"}},
        {"code": "data", "usage": {"meter": "megabytes"}, "price": {"per_unit": "from_service"}},
        {"code": "calls", "usage": {"meter": "minutes", "included": "20"}, "price": {"graduated": [{"to": "50", "unit": "0.11"}, {"unit": "0.035", "flat": "0.25"}]}},
        {"code": "texts", "usage": {"meter": "texts"}, "price": {"per_unit": "0.085"}, "maximum": "1.50"},
        {"code": "roaming", "usage": {"meter": "minutes-abroad", "included": "3"}, "price": {"per_unit": "0.333"}},
        {"code": "pass", "usage": {"meter": "days-abroad"}, "price": {"flat": "0.79"}}]),
    "club": ("bill_day", "monthly", [
        {"code": "fee", "recurring": DAILY, "price": {"per_unit": "7.77"}}, {"code": "alarm", "recurring": DAILY, "price": {"flat": "0.20"}},
        {"code": "card", "recurring": DAILY, "price": {"flat": "0"}}, {"code": "locker", "recurring": WHOLE, "price": {"per_unit": "2.335"}},
        {"code": "joining", "one_time": {}, "price": {"flat": "2.50"}}, {"code": "visits", "usage": {"meter": "visits"}, "price": {"per_unit": "0.335"}}]),
    "weekly": ("calendar", "weekly", [
        {"code": "bike", "recurring": DAILY, "price": {"per_unit": "2.22"}}, {"code": "rides", "usage": {"meter": "rides"}, "price": {"graduated": [{"to": "5", "unit": "0.155"}, {"unit": "0.1"}]}}]),
}
CHARGES = {(scheme, charge["code"]): charge for scheme, (_, _, charges) in SCHEMES.items() for charge in charges}
METERED = {code for (_, code), charge in CHARGES.items() if "usage" in charge}
TABLES = {
    "accounts": ("account_id", "currency", "bill_day", "canceled_on"), "subscriptions": ("subscription_id", "account_id", "scheme", "frequency", "start_on"),
    "services": ("service_id", "subscription_id", "charge", "quantity", "unit_price", "start_on", "end_on", "next_bill_on", "hold_until"),
    "pauses": ("pause_id", "service_id", "account_id", "from", "to", "cause"), "usage": ("usage_id", "service_id", "used_at", "quantity"),
    "wallets": ("wallet_id", "account_id", "currency", "opening_balance", "credit_limit", "priority", "expires_on", "scheme"),
    "top_ups": ("top_up_id", "wallet_id", "at", "amount", "expires_on"),
}


def events(book):
    """(what, night) of a book, over the end of a month: `run`, `again` or `cancel`."""
    dice = random.Random(f"{SEED}/{book}")
    night = dice.choice((date(2026, 2, 1), date(2026, 3, 1), date(2028, 3, 1))) - timedelta(days=dice.randint(2, 6))
    nights = [night]
    while len(nights) < 8:
        night += timedelta(days=dice.choice((1, 1, 1, 1, 2, 3, 6)))
        nights.append(night)
    again, once, twice = dice.sample(range(2, 8), 3)
    for nth, night in enumerate(nights):
        yield "run", night
        if nth in (again, twice):
            yield "again", night
        if nth in (once, twice):
            yield "cancel", night
            if nth == twice:
                yield "cancel", night
            if dice.random() < 0.6:
                yield "run", night
                yield "again", night


def stops_of(book):
    return STOPS[(book // 3 + 2 * book) % len(STOPS)]


def ahead_of(book):
    return AHEAD[book % len(AHEAD)]


def is_fresh(book, night):
    """Whether the top-ups of a night are new; sometimes their file is that of the night before."""
    return random.Random(f"{SEED}/{book}/{night}").random() < 0.85


class Life:
    """An account with all that happens to it, each fact with the night from which it is known."""

    def __init__(self, book, nth, nights):
        self.dice, self.nights, self.debits = random.Random(f"{SEED}/{book}/{nth}"), nights, BOOKS[book]
        self.id, self.traits = f"A-{nth:05}", set()
        pick, chance = self.dice.choice, self.chance
        self.bill_day = pick((1, 5, 15, 28, 30, 31))
        self.canceled = self.fact("canceled account", 0.03, self.day(3, 20))
        self.subscriptions, self.services, self.pauses, self.wallets, self.top_ups, self.usage = [], [], [], [], [], []
        self.schemes = pick((["mobile"], ["mobile"], ["club"], ["weekly"], ["mobile", "club"], ["mobile", "mobile"], ["club", "weekly"], ["mobile", "club", "weekly"]))
        names = self.dice.sample("ABCDEFGHIJKLMNOP", 12)  # so that those of a subscription do not stand together
        for count, scheme in enumerate(self.schemes):
            known = self.day(0, 10) if count and self.trait("new subscription", 0.15) else nights[0]
            self.subscriptions.append(({"subscription_id": f"{self.id}/{count}", "account_id": self.id, "scheme": scheme, "frequency": SCHEMES[scheme][1], "start_on": nights[0] - timedelta(days=40)}, known))
            for _ in range(pick((1, 2, 3, 4)) if len(self.schemes) < 3 else 2):
                self.serve(f"{self.id}-{names.pop()}", f"{self.id}/{count}", scheme, known)
        self.follows = self.trait("the export follows orders", 0.5)
        if chance(0.04) and not any(service["whole"] for service in self.services):
            self.pause("account", {"account_id": self.id, "service_id": ""}, self.services)
        self.use()
        self.fill()
        if len({service["row"]["charge"] for service in self.services}) > 3:
            self.traits.add("several services")

    def chance(self, share):
        return self.dice.random() < share

    def trait(self, name, share):
        if happens := self.chance(share):
            self.traits.add(name)
        return happens

    def day(self, first, last):
        """A day, counted from the first night."""
        return self.nights[0] + timedelta(days=self.dice.randint(first, last))

    def fact(self, name, share, day):
        """(day, when it is known), mostly ahead of it; None for most."""
        if not self.trait(name, share):
            return None
        known = day + timedelta(days=self.dice.choice((-9, -2, 0, 0, 1, 3)))
        if known > day:
            self.traits.add(f"{name}, known late")
        return day, known

    def serve(self, name, subscription, scheme, known):
        pick = self.dice.choice
        charge = pick([charge for _, _, charges in [SCHEMES[scheme]] for charge in charges])
        kind = next(kind for kind in ("recurring", "one_time", "usage") if kind in charge)
        whole = charge.get("recurring") == WHOLE
        start = max(self.day(-9, 12), known - timedelta(days=5)) if self.chance(0.6) else self.nights[0] + timedelta(days=self.dice.randint(-3, 1))
        row = {"service_id": name, "subscription_id": subscription, "charge": charge["code"], "quantity": pick(("", "1", "1", "2", "3.5")), "unit_price": "", "start_on": start, "next_bill_on": ""}
        if charge["code"] == "access":
            row["unit_price"] = f"{self.dice.randint(100, 2999) / 100:.2f}"
        elif charge["code"] == "data":
            row["unit_price"] = pick(("0.01", "0.007", "0.0125"))
        elif charge["code"] in ("line", "visits") and self.trait("own price", 0.2):
            row["unit_price"] = pick(("4.995", "0.05"))
        if kind != "one_time" and self.trait("next_bill_on", 0.25):
            row["start_on"], row["next_bill_on"] = start - timedelta(days=pick((7, 40, 100))), start
        service = {"row": row, "scheme": scheme, "begun": start, "known": known, "end": self.fact("end", 0.15, start + timedelta(days=self.dice.randint(1, 25))), "whole": whole, "hold": None}
        if self.trait("hold", 0.04):
            service["hold"] = tuple(sorted(self.dice.sample(self.nights, 2)))  # from one night until another
        self.services.append(service)
        self.traits |= {scheme, kind, f"charge {charge['code']}"}
        if kind == "recurring" and not whole and number_of(start) != self.cycle(service).boundary(self.cycle(service).count_of(number_of(start))):
            self.traits.add("begins inside a period")
        if kind != "one_time" and not whole:
            for cause, share in (("customer", 0.12), ("nonpayment", 0.1)):
                if self.chance(share):
                    self.pause(cause, {"service_id": name, "account_id": ""}, [service])

    def pause(self, name, whose, services):
        """A stop begins after its service, which nobody stops before it has cost anything."""
        found = self.fact(f"pause: {name}", 1, max(service["begun"] for service in services) + timedelta(days=self.dice.randint(name == "nonpayment", 12)))
        row = {"pause_id": f"P-{self.id}-{len(self.pauses)}", **whose, "from": found[0], "to": found[0] + timedelta(days=self.dice.choice((1, 2, 4, 9))), "cause": name if name == "nonpayment" else "customer"}
        if self.chance(0.15):
            row["to"] = ""
        self.pauses.append((row, found[1]))

    def paused(self, service, day):
        mine = service["row"]["service_id"], ""
        return any(row["service_id"] in mine and row["from"] <= day < (row["to"] or date.max) for row, _ in self.pauses)

    def use(self):
        """Usage of every day that will turn out not to be paused."""
        dice = self.dice
        for service in self.services:
            charge = CHARGES[service["scheme"], service["row"]["charge"]]
            if "usage" not in charge:
                continue
            busy, much = dice.choice((0.3, 0.6, 0.9)), {"data": 150, "minutes": 25, "texts": 9}.get(charge["code"] if charge["code"] == "data" else charge["usage"]["meter"], 3)
            day = service["begun"] - timedelta(days=3 if service["row"]["next_bill_on"] else 0)  # somebody else has billed the first of it
            last = min([self.nights[-1], *(it[0] - timedelta(days=1) for it in (service["end"], self.canceled) if it)])
            while day <= last:
                for _ in range(dice.choice((1, 1, 2)) if dice.random() < busy and not self.paused(service, day) else 0):
                    quantity = dice.choice((f"{dice.randint(1, much)}", f"{dice.randint(0, much)}.{dice.randint(1, 999):03}", "0"))
                    self.usage.append({"usage_id": f"U-{self.id}-{len(self.usage)}", "service_id": service["row"]["service_id"], "used_at": self.instant(day), "quantity": quantity, "day": day})
                day += timedelta(days=1)

    def instant(self, day):
        """Some moment of a day in Berlin, in one of the ways to write it."""
        moment = datetime.combine(day, time(*self.dice.choice(((0, 5), (0, 45), (9, 30), (16, 0), (23, 50)))), BERLIN)
        return self.dice.choice((moment.isoformat(), moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")))

    def fill(self):
        """Wallets, mostly with too little in them, and top-ups."""
        dice, pick, chance = self.dice, self.dice.choice, self.chance
        if self.trait("no wallet", 0.015):
            return
        others = [scheme for scheme in SCHEMES if scheme not in self.schemes]
        foreign = bool(others) and self.trait("wallets of other schemes", 0.02)
        names = dice.sample("ABCDEFGH", 4)
        for nth in range(pick((1, 1, 1, 2, 2, 3, 4))):
            known = pick(self.nights) if nth and self.trait("new wallet", 0.1) else self.nights[0]
            cents = pick((0, 0, 1, 50, dice.randint(1, 300), dice.randint(1, 300), dice.randint(100, 2500)))
            row = {"wallet_id": f"{self.id}-{names[nth]}", "account_id": self.id, "currency": "EUR", "opening_balance": money(cents), "credit_limit": "", "priority": "", "expires_on": "", "scheme": ""}
            if self.debits.on_insufficient == "allow_negative" and chance(0.7) or chance(0.1):
                row["credit_limit"] = pick(("0.50", "1.00", "3.33", "20"))
            if self.debits.on_insufficient == "allow_negative" and self.trait("opened below nothing", 0.04):
                row["opening_balance"] = "-0.75"
            if self.trait("priority", 0.4):
                row["priority"] = pick(("1", "1", "2", "10"))
            if self.trait("wallet that expires", 0.15):
                row["expires_on"] = self.day(-1, 25)
            if foreign:
                row["scheme"] = pick(others)
            elif nth and self.trait("wallet of a scheme", 0.35):
                row["scheme"] = pick(self.schemes)
            moved = self.trait("opening balance changed", 0.03)
            self.wallets.append((row, known, pick(self.nights) if moved else None))
            for _ in range(pick((0, 1, 3, 5, 8))):
                day = max(known, self.day(-2, 18))
                top_up = {"top_up_id": f"T-{self.id}-{len(self.top_ups)}", "wallet_id": row["wallet_id"], "at": self.instant(day), "amount": money(pick((10, 200, 500, 1000, dice.randint(1, 900)))), "expires_on": "", "day": day}
                if self.trait("top-up that expires", 0.3):
                    top_up["expires_on"] = day + timedelta(days=pick((0, 1, 2, 3, 5, 9, 20)))
                self.top_ups.append((top_up, max(known, day + timedelta(days=pick((-1, 0, 0, 0, 0, 2))))))
        if len(self.wallets) > 1:
            self.traits.add("several wallets")
        if all(row["expires_on"] for row, _, _ in self.wallets):
            self.traits.add("every wallet expires")

    # -- what is known on a night -----------------------------------------------------------------------------------

    def cycle(self, service):
        anchor, frequency, _ = SCHEMES[service["scheme"]]
        if anchor == "bill_day":
            return Cycle(frequency, start=number_of(service["begun"]), day=self.bill_day)
        return Cycle(frequency, first=SOME_MONDAY)

    def rows(self, night):
        """What the export says."""
        known = lambda fact: fact[0] if fact and fact[1] <= night else ""
        yield "accounts", {"account_id": self.id, "currency": "EUR", "bill_day": self.bill_day, "canceled_on": known(self.canceled)}
        for row, since in self.subscriptions:
            if since <= night:
                yield "subscriptions", row
        for service in self.services:
            if service["known"] <= night:
                held = service["hold"] and service["hold"][0] <= night < service["hold"][1]
                yield "services", {**service["row"], "end_on": known(service["end"]), "hold_until": service["hold"][1] if held else ""}
        for row, since in self.pauses:
            if since <= night and (not row["service_id"] or any(service["row"]["service_id"] == row["service_id"] and service["known"] <= night for service in self.services)):
                yield "pauses", row
        for row in self.following(night) if self.follows else ():
            yield "pauses", row
        for row in self.usage:
            if row["day"] <= night and any(service["row"]["service_id"] == row["service_id"] and service["known"] <= night for service in self.services):
                yield "usage", row
        for row, since, moved in self.wallets:
            if since <= night:
                yield "wallets", {**row, "opening_balance": "77.77"} if moved and moved <= night and moved > since else row
        for row, since in self.top_ups:
            if since <= night:
                yield "top_ups", row

    def following(self, night):
        """Pauses by which whoever switches services off and on says so, a day after the stop, and at once or a night after the start."""
        for service, stopped, what in self.purse.orders:
            if what == "stop" and stopped < number_of(night):
                dice = random.Random(f"{service}/{stopped}")
                begin, days, delay = stopped + dice.choice((0, 0, 1)), dice.choice((2, 4, 8, 99)), dice.choice((1, 1, 2, 5))
                if self.purse.stops.start:
                    ends = [day for of, day, what in self.purse.orders if (of, what) == (service, "start") and begin < day <= number_of(night) - delay]
                else:
                    ends = [stopped + days] if stopped + days <= number_of(night) + 1 else []
                yield {"pause_id": f"P-{service}-{stopped}", "service_id": service, "account_id": "", "from": date.fromordinal(begin), "to": date.fromordinal(ends[0]) if ends else "", "cause": "nonpayment"}

    def night(self, night):
        """The same for the model."""
        tables = defaultdict(list)
        for table, row in self.rows(night):
            tables[table].append(row)
        day = lambda written: number_of(written) if written else NEVER
        services, usage = [], defaultdict(Counter)
        for row in tables["services"]:
            service = next(it for it in self.services if it["row"]["service_id"] == row["service_id"])
            pauses = [(day(it["from"]), day(it["to"]), it["cause"]) for it in tables["pauses"] if it["service_id"] in ("", row["service_id"])]
            services.append(Service(row["service_id"], service["scheme"], CHARGES[service["scheme"], row["charge"]], self.cycle(service), number_of(service["begun"]),
                                    min(day(row["end_on"]), day(tables["accounts"][0]["canceled_on"])), Fraction(row["quantity"] or 1),
                                    Fraction(row["unit_price"]) if row["unit_price"] else None, pauses, number_of(row["hold_until"]) if row["hold_until"] else 0))
        for row in tables["usage"]:
            usage[row["service_id"]][number_of(row["day"])] += Fraction(row["quantity"])
        wallets = [Wallet(row["wallet_id"], Decimal(row["opening_balance"]), Decimal(row["credit_limit"] or 0), int(row["priority"]) if row["priority"] else None, day(row["expires_on"]), row["scheme"] or None)
                   for row in tables["wallets"]]
        top_ups = [TopUp(row["top_up_id"], row["wallet_id"], datetime.fromisoformat(row["at"]), number_of(row["day"]), Decimal(row["amount"]), day(row["expires_on"])) for row in tables["top_ups"]]
        return Night(wallets, services, top_ups, usage)


def number_of(day):
    return day.toordinal()


def money(cents):
    return f"{cents // 100}.{cents % 100:02}"


def lives_of(book, count, only=None):
    nights = sorted({night for _, night in events(book)})
    lives = [Life(book, nth, nights) for nth in range(1, count + 1) if only in (None, f"A-{nth:05}")]
    for life in lives:
        life.purse, life.lacked = Purse(BOOKS[book], stops_of(book), ahead_of(book)), False
    return lives


def export(folder, lives, night, is_new=True):
    """Lays the export of a night in place; some top-ups stand in it twice, and their file is new or of the day before."""
    tables = {table: [] for table in TABLES}
    for life in lives:
        for table, row in life.rows(night):
            tables[table].append(row)
    tables["top_ups"] += tables["top_ups"][5::31]
    for table, rows in tables.items():
        if table not in ("usage", "top_ups"):
            random.Random(f"{table}/{night}").shuffle(rows)
        with (folder / f"{table}.csv").open("w", newline="") as target:
            writer = csv.DictWriter(target, TABLES[table], lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    made = datetime.combine(night, time(19), timezone.utc) - timedelta(hours=0 if is_new else 30)
    os.utime(folder / "top_ups.csv", (made.timestamp(), made.timestamp()))
