"""Prepaid wallets, worked out by hand: what purse.py has to make of small histories."""
from decimal import Decimal
from fractions import Fraction

from days import NEVER, Cycle, number, text
import purse_ahead
import purse_stops
from purse import Purse
from purse_rows import Ahead, Debits, Night, Service, Stops, TopUp, Wallet

MONTHS = Cycle("monthly", first=number("2001-01-01"))


def a_service(name, price, start="2026-01-01", kind="recurring", **more):
    of_kind = {"recurring": {"proration": "daily"}, "none": {"proration": "none"}, "one_time": {}, "usage": {"meter": "units", **more.pop("usage", {})}}[kind]
    charge = {"code": kind, {"none": "recurring"}.get(kind, kind): of_kind, "price": price, **more.pop("charge", {})}
    return Service(name, "mobile", charge, MONTHS, number(start), **more)


def a_wallet(name, opening, **more):
    return Wallet(name, Decimal(opening), **{"expires": number(more.pop("until", None)) or NEVER, **more})


def used(**by_service):
    return {service: {number(day): Fraction(quantity) for day, quantity in days.items()} for service, days in by_service.items()}


def told(run):
    """What a run did, in short."""
    lines = [f"{line.service} {text(line.start)[5:]}..{text(line.end)[5:]} {line.amount}" for line in run.lines]
    moved = [f"{it.wallet} {it.kind} {it.amount} -> {it.balance_after}" for it in run.transactions]
    short = [f"{it.service} {text(it.start)[5:]}..{text(it.end)[5:]} {it.amount} lacks {it.missing}" for it in run.shortfalls]
    return lines, moved, short


def nights(debits, *exports, **by_day):
    """What each of some nights did, given one export for all or one for each."""
    purse = Purse(debits)
    return [told(purse.night(number(day.replace("_", "-").removeprefix("on-")), exports[min(nth, len(exports) - 1)])) for nth, day in enumerate(by_day)]


def same(found, expected):
    assert found == expected, f"\n  found {found}\n  not   {expected}"


def examples():
    of_debits()
    of_stops()
    of_limits()
    of_days_ahead()


def of_debits():
    ten, whole = {"flat": "10.00"}, {"flat": "5.00"}
    # 10.00 a month: 10/31 = 0.3225.., 20/31 = 0.6451.., 30/31 = 0.9677..
    export = Night([a_wallet("W", "2.00")], [a_service("S", ten)])
    same(nights(Debits(), export, on_2026_01_01=0, on_2026_01_02=0, on_2026_01_03=0), [
        (["S 01-01..01-02 0.32"], ["W debit -0.32 -> 1.68"], []), (["S 01-02..01-03 0.33"], ["W debit -0.33 -> 1.35"], []),
        (["S 01-03..01-04 0.32"], ["W debit -0.32 -> 1.03"], [])])
    # A night missed costs the same, and the same night again nothing.
    same(nights(Debits(), export, on_2026_01_01=0, on_2026_01_03=0)[1], (["S 01-02..01-04 0.65"], ["W debit -0.65 -> 1.03"], []))
    purse = Purse(Debits())
    purse.night(number("2026-01-03"), export)
    same(told(purse.night(number("2026-01-03"), export)), ([], [], []))
    # Over the end of a month: 10.00 - round(10 x 30/31) = 0.32 for 31 January, round(10/28) = 0.36 for 1 February. It fits whole, or not, or by the day.
    for debits, opening, expected in (
            (Debits(), "0.68", (["S 01-31..02-01 0.32", "S 02-01..02-02 0.36"], ["W debit -0.32 -> 0.36", "W debit -0.36 -> 0.00"], [])),
            (Debits(), "0.67", ([], [], ["S 01-31..02-02 0.68 lacks 0.01"])),
            (Debits(on_insufficient="partial_days"), "0.67", (["S 01-31..02-01 0.32"], ["W debit -0.32 -> 0.35"], ["S 02-01..02-02 0.36 lacks 0.01"])),
            (Debits(granularity="day"), "0.35", (["S 01-31..02-01 0.32"], ["W debit -0.32 -> 0.03"], ["S 02-01..02-02 0.36 lacks 0.33"]))):
        same(nights(debits, Night([a_wallet("W", opening)], [a_service("S", ten, "2026-01-31")]), on_2026_02_01=0)[0], expected)
    # Periods that are not cut, and what is charged once: at once, or not at all; the next is still tried.
    export = Night([a_wallet("W", "7.49")], [a_service("A", whole, "2026-01-20", "none"), a_service("B", {"per_unit": "2.50"}, "2026-01-20", "one_time"), a_service("C", {"flat": "0.31"}, "2026-01-20")])
    same(nights(Debits(), export, on_2026_01_20=0, on_2026_02_01=0), [
        (["A 01-20..02-01 5.00", "C 01-20..01-21 0.01"], ["W debit -5.00 -> 2.49", "W debit -0.01 -> 2.48"], ["B 01-20..01-21 2.50 lacks 0.01"]),
        # 11 days at 0.01 for 31 of them, 0.31/28 = 0.01 for 1 February
        (["C 01-21..02-01 0.11", "C 02-01..02-02 0.01"], ["W debit -0.11 -> 2.37", "W debit -0.01 -> 2.36"],
         ["A 02-01..03-01 5.00 lacks 2.52", "B 01-20..01-21 2.50 lacks 0.02"])])
    # 20 included, 0.11 up to 50, then 0.03: 15 cost nothing and are a line, 10 more are 5 beyond, 50 more reach 55 of which 45 cost 0.11 and 5 cost 0.03.
    tiers = {"graduated": [{"to": "50", "unit": "0.11"}, {"unit": "0.03"}]}
    export = Night([a_wallet("W", "9.00")], [a_service("S", tiers, kind="usage", usage={"included": "20"})],
                   usage=used(S={"2026-01-01": "15", "2026-01-02": "10", "2026-01-03": "50"}))
    same(nights(Debits(), export, on_2026_01_02=0, on_2026_01_03=0, on_2026_01_04=0), [
        (["S 01-01..01-02 0.00"], [], []), (["S 01-02..01-03 0.55"], ["W debit -0.55 -> 8.45"], []), (["S 01-03..01-04 5.10"], ["W debit -5.10 -> 3.35"], [])])
    # 0.335 is rounded once a debit: 0.34 + 0.34 night by night, 0.67 for both days; 0.004 is nothing, and no line.
    price = {"per_unit": "0.335"}
    export = Night([a_wallet("W", "9.00")], [a_service("S", price, kind="usage")], usage=used(S={"2026-01-01": 1, "2026-01-02": 1, "2026-01-03": "0.01"}))
    same(nights(Debits(), export, on_2026_01_02=0, on_2026_01_03=0, on_2026_01_04=0), [
        (["S 01-01..01-02 0.34"], ["W debit -0.34 -> 8.66"], []), (["S 01-02..01-03 0.34"], ["W debit -0.34 -> 8.32"], []), ([], [], [])])
    same(nights(Debits(), export, on_2026_01_03=0)[0], (["S 01-01..01-03 0.67"], ["W debit -0.67 -> 8.33"], []))
    # A maximum of 1.00 in a month, of which 0.67 are used.
    capped = Night([a_wallet("W", "9.00")], [a_service("S", price, kind="usage", charge={"maximum": "1.00"})], usage=used(S={"2026-01-01": 2, "2026-01-02": 8, "2026-01-03": 1}))
    same(nights(Debits(), capped, on_2026_01_02=0, on_2026_01_03=0, on_2026_01_04=0), [
        (["S 01-01..01-02 0.67"], ["W debit -0.67 -> 8.33"], []), (["S 01-02..01-03 0.33"], ["W debit -0.33 -> 8.00"], []), (["S 01-03..01-04 0.00"], [], [])])
    # By the day: the second day costs too much, the third waits for it.
    export = Night([a_wallet("W", "1.00")], [a_service("S", {"per_unit": "0.50"}, kind="usage")], usage=used(S={"2026-01-01": 1, "2026-01-02": 2, "2026-01-03": 1}))
    same(nights(Debits(granularity="day"), export, on_2026_01_04=0)[0],
         (["S 01-01..01-02 0.50"], ["W debit -0.50 -> 0.50"], ["S 01-02..01-04 1.50 lacks 1.00"]))
    # Wallets: the scheme's own, then what expires first, then the lowest priority, then the id; A's top-up is taken before what B holds for longer.
    wallets = [a_wallet("A", "1.00"), a_wallet("B", "1.00", until="2026-06-01"), a_wallet("C", "1.00", priority=2), a_wallet("D", "1.00", priority=7), a_wallet("E", "0.10", scheme="mobile"), a_wallet("F", "9.00", scheme="club")]
    top_ups = [TopUp("T", "A", "2026-01-01T08", number("2026-01-01"), Decimal("1.00"), number("2026-05-01")), TopUp("U", "A", "2026-01-02T08", number("2026-01-02"), Decimal("9.00"))]
    pay = lambda price, wallets, top_ups=(), **more: nights(Debits(**more), Night(wallets, [a_service("S", {"flat": price}, kind="one_time")], top_ups), on_2026_01_01=0)[0][1:]
    same(pay("4.60", wallets, top_ups), (["A top_up 1.00 -> 2.00", "E debit -0.10 -> 0.00", "A debit -1.50 -> 0.50", "B debit -1.00 -> 0.00", "C debit -1.00 -> 0.00", "D debit -1.00 -> 0.00"], []))
    # Below nothing: what both hold, then the credit of the first, then of the next; a cent more is too much.
    wallets = [a_wallet("A", "1.00", limit=Decimal("2.00")), a_wallet("B", "1.00", limit=Decimal("3.00"), priority=1)]
    same(pay("6.00", wallets, on_insufficient="allow_negative"), (["B debit -4.00 -> -3.00", "A debit -2.00 -> -1.00"], []))
    same(pay("7.01", wallets, on_insufficient="allow_negative"), ([], ["S 01-01..01-02 7.01 lacks 0.01"]))
    same(pay("2.01", wallets), ([], ["S 01-01..01-02 2.01 lacks 0.01"]))
    # What expires: a top-up on the night of its last day, one that is there too late, and a wallet with all in it. A top-up pays a debt first.
    wallets = [a_wallet("A", "-0.50"), a_wallet("B", "3.00", until="2026-01-02")]
    top_ups = [TopUp("T", "A", "1", number("2026-01-01"), Decimal("2.00"), number("2026-01-03")), TopUp("U", "B", "2", number("2026-01-02"), Decimal("1.00"))]
    same(nights(Debits(), Night(wallets, [], top_ups), on_2026_01_01=0, on_2026_01_02=0, on_2026_01_03=0), [
        ([], ["A top_up 2.00 -> 1.50"], []), ([], ["B top_up 1.00 -> 4.00", "B expiry -4.00 -> 0.00"], []), ([], ["A expiry -1.50 -> 0.00"], [])])
    # Days without money: charged, or let go as soon as a new day is paid; those of a stop are charged by one alone.
    stopped = [(number("2026-01-02"), number("2026-01-03"), "nonpayment")]
    for on_topup, third in (("charge_all", ["S 01-01..01-04 0.97"]), ("charge_active_days", ["S 01-01..01-02 0.32", "S 01-03..01-04 0.32"]), ("waive", ["S 01-03..01-04 0.32"])):
        export = Night([a_wallet("W", "0.10")], [a_service("S", ten, pauses=stopped)], [TopUp("T", "W", "1", number("2026-01-03"), Decimal("1.00"))])
        assert nights(Debits(on_topup=on_topup), export, on_2026_01_01=0, on_2026_01_03=0)[1][0] == third, on_topup
    # Taken back: what was paid and what expired is there again, and the night bills anew.
    purse = Purse(Debits(on_insufficient="allow_negative"))
    export = Night([a_wallet("W", "0.20", limit=Decimal("1.00")), a_wallet("X", "1.00", until="2026-01-01")], [a_service("S", ten)])
    done = (["S 01-01..01-02 0.32"], ["X expiry -1.00 -> 0.00", "W debit -0.32 -> -0.12"], [])
    same(told(purse.night(number("2026-01-01"), export)), done)
    same(told(purse.cancel())[1], ["X refund 1.00 -> 1.00", "W refund 0.20 -> 0.08", "W refund 0.12 -> 0.20"])
    same(told(purse.night(number("2026-01-01"), export)), done)
    # Two of them, though a top-up has paid what the first owed: 0.32 and 0.33 are there again, and both days cost 0.65.
    purse = Purse(Debits(on_insufficient="allow_negative"))
    export = Night([a_wallet("W", "0.00", limit=Decimal("1.00"))], [a_service("S", ten)], [TopUp("T", "W", "1", number("2026-01-02"), Decimal("1.00"))])
    same([told(purse.night(number(day), export))[1] for day in ("2026-01-01", "2026-01-02")], [["W debit -0.32 -> -0.32"], ["W top_up 1.00 -> 0.68", "W debit -0.33 -> 0.35"]])
    same([told(purse.cancel())[1] for _ in range(2)], [["W refund 0.33 -> 0.68"], ["W refund 0.32 -> 1.00"]])
    same(told(purse.night(number("2026-01-02"), export)), (["S 01-01..01-03 0.65"], ["W debit -0.65 -> 0.35"], []))
    # Usage that is let go does not use up what is included: 3 - 1 would have cost 1.00, 2 - 1 of the next day cost 0.50. Until then it is not tried again.
    export = Night([a_wallet("W", "0.10")], [a_service("S", {"per_unit": "0.50"}, kind="usage", usage={"included": "1"})], [TopUp("T", "W", "1", number("2026-01-03"), Decimal("1.00"))],
                   used(S={"2026-01-01": 3, "2026-01-02": 2}))
    same(nights(Debits(on_topup="waive"), export, on_2026_01_02=0, on_2026_01_03=0), [
        ([], [], ["S 01-01..01-02 1.00 lacks 0.90"]), (["S 01-02..01-03 0.50"], ["W top_up 1.00 -> 1.10", "W debit -0.50 -> 0.60"], [])])
    # Nobody to pay it.
    run = Purse(Debits()).night(number("2026-01-01"), Night([a_wallet("W", "5.00", scheme="club")], [a_service("S", ten)]))
    assert run.unpayable == {"S"} and not run.lines and not run.shortfalls


# -- stopped, started, and what is ahead ----------------------------------------------------------------------------

TEN = {"flat": "10.00"}  # in January 0.32, 0.33, 0.32, 0.32, 0.32, 0.33, 0.32 for its first days


class Diary:
    """Nights of January of one account; each tells its debits in all, and what it did about services."""

    def __init__(self, wallets, services, top_ups=(), usage=(), stops=Stops(stop=True, start=True, at_most=9), ahead=Ahead(), **debits):
        self.purse, self.export = Purse(Debits(**debits), stops, ahead), Night(wallets, services, top_ups, dict(usage))

    def on(self, day, is_new=True):
        self.run = self.purse.night(number(f"2026-01-{day:02}"), self.export)
        purse_stops.decide([self.purse], [self.run], is_new)
        purse_ahead.look(self.purse, self.run, self.export)
        done = [f"{it.what if it.is_ordered else 'could ' + it.what} {it.service} {it.amount}" for it in self.run.actions]
        return f"{-sum((it.amount for it in self.run.transactions if it.kind == 'debit'), Decimal('0.00'))}", done + [f"{service} stays" for service in self.run.stopped]

    def told(self, *days):
        return [self.on(day) for day in days]


def topped_up(**days):
    """on_6="1.00" is a top-up of wallet W on 6 January."""
    return [TopUp(f"T-{day}", "W", int(day[3:]), number(f"2026-01-{int(day[3:]):02}"), Decimal(amount)) for day, amount in days.items()]


def paused(begin, end=None):
    return [(number(f"2026-01-{begin:02}"), number(f"2026-01-{end:02}") if end else NEVER, "nonpayment")]


def of_stops():
    diary = lambda opening="0.70", services=None, **more: Diary([a_wallet("W", opening)], services or [a_service("S", TEN)], **more)
    # 2 and 3 January cost 0.65 of which 0.38 are there: stopped from 3 January. The next night takes 0.33 for 2 January; 0.05 do not start it. Then 6 January is paid alone.
    ben = diary(top_ups=topped_up(on_6="1.00"))
    same(ben.told(1, 3, 4, 6, 7), [("0.32", []), ("0.00", ["stop S 0.27"]), ("0.33", ["S stays"]), ("0.33", ["start S 0.33"]), ("0.32", [])])
    # Where nothing is ordered it could be stopped every night, and all days that were missed are tried.
    same(diary(stops=Stops(), top_ups=topped_up(on_6="1.00")).told(1, 3, 4, 6), [("0.32", []), ("0.00", ["could stop S 0.27"]), ("0.00", ["could stop S 0.59"]), ("0.00", ["could stop S 0.24"])])
    # Where none is started by itself, it could be.
    same(diary(stops=Stops(stop=True), top_ups=topped_up(on_6="1.00")).told(3, 4, 6), [("0.00", ["stop S 0.27"]), ("0.65", ["S stays"]), ("0.00", ["could start S 0.33", "S stays"])])
    # By `charge_all` 3, 4, 5 and 6 January have to be paid, which is 1.29 and not 0.85; with a day more 1.61 of 1.85.
    same(diary(on_topup="charge_all", top_ups=topped_up(on_6="0.80", on_7="1.00")).told(1, 3, 4, 6, 7),
         [("0.32", []), ("0.00", ["stop S 0.27"]), ("0.33", ["S stays"]), ("0.00", ["S stays"]), ("1.61", ["start S 1.61"])])
    # By `waive` 1 January is let go as soon as 0.32 are there, and 3 January is paid.
    waived = diary("0.10", on_topup="waive", top_ups=topped_up(on_3="0.40"))
    same(waived.told(2, 3), [("0.00", ["stop S 0.55"]), ("0.32", ["start S 0.32"])])
    assert waived.run.waived == 1
    # By the day: 1 January is paid, of 2 and 3 January 0.27 are missing; what is paid is no reason not to stop it.
    same(diary(granularity="day", on_insufficient="skip").told(3, 4), [("0.65", ["stop S 0.27"]), ("0.00", ["S stays"])])
    # A pause for nonpayment is a stop: 0.32 on 1 January, then nothing until 5 January is paid, though the export has not heard of the start.
    export = diary("5.00", [a_service("S", TEN, pauses=paused(2))], stops=Stops(start=True))
    same(export.told(1, 2), [("0.32", []), ("0.33", ["start S 0.33"])])
    export = diary("0.40", [a_service("S", TEN, pauses=paused(2))], stops=Stops(start=True), top_ups=topped_up(on_5="1.00"))
    same(export.told(1, 2, 5, 6), [("0.32", []), ("0.00", ["S stays"]), ("0.32", ["start S 0.32"]), ("0.33", [])])
    # Days before a pause are tried before it is looked at, also on its first day: 0.65 for two days, and 0.05 do not start it on the third.
    same(diary(services=[a_service("S", TEN, pauses=paused(3))]).told(3), [("0.65", ["S stays"])])
    # People start it: the pause in the export ends on 5 January, and with it the stop of 2 January; 1 January is paid with 5 and 6 January.
    people = diary("0.10", [a_service("S", TEN)], stops=Stops(stop=True), top_ups=topped_up(on_6="1.00"))
    same(people.told(2), [("0.00", ["stop S 0.55"])])
    people.export.services[0].pauses = paused(2, 5)
    same(people.told(6), [("0.97", [])])
    # Who is stopped is not stopped again, whatever else becomes of the service: its customer pauses it, or it ends.
    for change in ({"pauses": [(number("2026-01-03"), NEVER, "customer")]}, {"ended": number("2026-01-03")}):
        again = diary("0.10")
        same(again.told(2), [("0.00", ["stop S 0.55"])])
        again.export.services = [a_service("S", TEN, **change)]
        same(again.told(4), [("0.00", [])])
    # A period that is not cut costs 5.00 once: not at all while it is stopped from its first day on, whole with the days that are left; and once where days before the stop and after it are open.
    box = lambda opening, **more: diary(opening, [a_service("S", {"flat": "5.00"}, "2026-01-01", "none", **more)], top_ups=topped_up(on_9="5.00"))
    whole = box("1.00")
    same(whole.told(1, 5, 9), [("0.00", ["stop S 4.00"]), ("0.00", ["S stays"]), ("5.00", ["start S 5.00"])])
    same([(text(line.start)[5:], text(line.end)[5:]) for line in whole.run.lines], [("01-09", "02-01")])
    same(box("1.00", pauses=paused(3, 8)).told(8), [("0.00", ["stop S 4.00"])])
    # Usage and what is charged once are started by anything at all, once what they owe is paid.
    for kind, more in (("usage", {"usage": used(A={"2026-01-01": 1}).items()}), ("one_time", {})):
        asked = Diary([a_wallet("W", "0.00")], [a_service("A", {"per_unit": "1.00"}, kind=kind)], topped_up(on_4="1.00", on_6="0.01"), **more)
        same(asked.told(2, 4, 6, 7), [("0.00", ["stop A 1.00"]), ("1.00", ["A stays"]), ("0.00", ["start A 0.00"]), ("0.00", [])])
    # One after another by their ids: 0.60 start the first of two, and leave too little for the second.
    two = diary("0.00", [a_service("B", TEN), a_service("A", TEN)], top_ups=topped_up(on_2="0.60"))
    same(two.told(1, 2), [("0.00", ["stop A 0.32", "stop B 0.32"]), ("0.33", ["start A 0.33", "B stays"])])
    # Taken back: the stop is as if it had not been and is ordered anew; so is the start, where the top-up stays counted and pays all days.
    back = diary(top_ups=topped_up(on_6="1.00"))
    same(back.told(1, 3), [("0.32", []), ("0.00", ["stop S 0.27"])])
    same(back.purse.cancel().taken_back, [("S", number("2026-01-03"), "stop")])
    same(back.told(3, 6), [("0.00", ["stop S 0.27"]), ("0.66", ["start S 0.33"])])
    same([back.purse.cancel().taken_back for _ in range(2)], [[("S", number("2026-01-06"), "start")], [("S", number("2026-01-03"), "stop")]])
    same(back.told(4), [("0.97", [])])


def of_limits():
    """How many may be stopped: three services of three accounts, of which each could be."""
    for at_most, is_new, needs_fresh, stopped in ((2, True, True, 0), (3, True, True, 3), ("99%", True, True, 0), ("100%", True, True, 3), ("100%", False, True, 0), ("100%", False, False, 3)):
        purses = [Purse(Debits(), Stops(stop=True, at_most=at_most, needs_fresh=needs_fresh)) for _ in range(3)]
        runs = [purse.night(number("2026-01-01"), Night([a_wallet("W", "0.00")], [a_service("S", TEN)])) for purse in purses]
        refused = purse_stops.decide(purses, runs, is_new)
        assert (refused, sum(len(purse.orders) for purse in purses)) == (None if stopped else (3, 3), stopped), at_most
    # One in any case, whatever part of those rated it is.
    same(Diary([a_wallet("W", "0.00")], [a_service("S", TEN)], stops=Stops(stop=True, at_most="1%")).told(1), [("0.00", ["stop S 0.32"])])


def of_days_ahead():
    lasts = lambda diary: [f"{it.wallet} {it.balance} {float(it.per_day):.4} a day: {it.days}" + (f", out {text(it.runs_out_on)[5:]}" if it.runs_out_on else "") for it in diary.run.estimates]
    one = {"flat": "31.00"}  # 1.00 a day in January
    # Told once: 5.10 fall to 4.10; 3.10 are below before and after; topped up to 6.10 they stay above with 5.10, and fall below again.
    low = Diary([a_wallet("W", "5.10")], [a_service("S", one)], topped_up(on_3="3.00"))
    same([(low.on(day), low.run.notices)[1] for day in (1, 2, 3, 4)], [[("W", Decimal("4.10"))], [], [], [("W", Decimal("4.10"))]])
    # By 0 none is told of, not even one that owes.
    owing = Diary([a_wallet("W", "0.10", limit=Decimal("5.00"))], [a_service("S", one)], ahead=Ahead(low_balance=Decimal("0")), on_insufficient="allow_negative")
    same((owing.on(1), owing.run.notices), (("1.00", []), []))
    # 9.00 are left, nine days from 2 to 10 January; 8.50 pay eight of them. The days of longer and shorter months cost the same.
    for opening, left, expected in (("10.00", "9.00", "9, out 01-11"), ("9.50", "8.50", "8, out 01-10"), ("1.00", "0.00", "0, out 01-02"), ("6.00", "5.00", "5, out 01-07"), ("181.00", "180.00", "180"), ("180.00", "179.00", "179, out 06-30")):
        plain = Diary([a_wallet("W", opening)], [a_service("S", one)])
        plain.on(1)
        same(lasts(plain), [f"W {left} {'1.0' if left != '0.00' else '0.0'} a day: {expected}"])
    # A gift that expires on 4 January pays 2 and 3 January, and loses 1.00; then W pays its own 3.00 from 4 to 6 January.
    gift = Diary([a_wallet("G", "4.00", until="2026-01-04"), a_wallet("W", "3.00")], [a_service("S", one)])
    gift.on(1)
    same(lasts(gift), ["G 3.00 1.0 a day: 2, out 01-04", "W 3.00 0.0 a day: 5, out 01-07"])
    # 2.50 of G pay two days and half a third, W the other half of it and two more; a wallet for another scheme lasts.
    pair = Diary([a_wallet("G", "3.50", scheme="mobile"), a_wallet("W", "2.50"), a_wallet("X", "1.00", scheme="club")], [a_service("S", one)], ahead=Ahead(horizon=60))
    pair.on(1)
    same(lasts(pair), ["G 2.50 1.0 a day: 2, out 01-04", "W 2.50 0.0 a day: 5, out 01-07", "X 1.00 0.0 a day: 60"])
    # Usage of 0.60 in three days is 0.20 a day. Of a lookback of two days counts what the run of the day before and this one debited: 0.30 and 0.40.
    calls = lambda **more: Diary([a_wallet("W", "9.00")], [a_service("S", {"per_unit": "0.10"}, kind="usage")], usage=used(S={"2026-01-01": 1, "2026-01-02": 5, "2026-01-04": 3, "2026-01-05": 4}).items(), **more)
    spoken = calls()
    spoken.on(4)
    same(lasts(spoken), ["W 8.40 0.2 a day: 42, out 02-16"])
    spoken = calls(ahead=Ahead(lookback=2))
    spoken.told(4, 5, 6)
    same(lasts(spoken), ["W 7.70 0.35 a day: 22, out 01-29"])
    # Usage up to the day itself: 0.90 in four days.
    spoken = calls(usage_days=0)
    spoken.on(4)
    same(lasts(spoken), ["W 8.10 0.225 a day: 36, out 02-10"])
    # What is stopped costs nothing from the night after on, and what could be goes on.
    for stops, expected in ((Stops(stop=True), "W 0.50 0.0 a day: 180"), (Stops(), "W 0.50 1.0 a day: 0, out 01-03")):
        short = Diary([a_wallet("W", "0.50")], [a_service("S", one)], stops=stops)
        short.on(1)
        same(lasts(short), ["W 0.50 1.0 a day: 0, out 01-02"])
        short.on(2)
        same(lasts(short), [expected])
