"""Prepaid wallets, worked out by hand: what purse.py has to make of small histories."""
from decimal import Decimal
from fractions import Fraction

from days import NEVER, Cycle, number, text
from purse import Debits, Night, Purse, Service, TopUp, Wallet

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
