use super::*;
use crate::calendar::Step;
use crate::identify::days::merged;
use crate::identify::life::FOREVER;
use crate::model::proration::Proration;
use proptest::prelude::*;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn period(days: (&str, &str)) -> Period {
    let end = if days.1.is_empty() {
        FOREVER
    } else {
        day(days.1)
    };
    Period::new(day(days.0), end)
}

/// One charge of a service that is billed monthly on the 1st unless said otherwise.
struct Case<'a> {
    rhythm: Rhythm,
    cycle: Option<Cycle>,
    spans: &'a [(&'a str, &'a str)],
    pauses: &'a [(&'a str, &'a str)],
    billed: &'a [(&'a str, &'a str)],
    to: &'a str,
    advance_days: i32,
}

const PLAIN: Case<'_> = Case {
    rhythm: Rhythm::AtStart,
    cycle: None,
    spans: &[("2026-01-01", "")],
    pauses: &[],
    billed: &[],
    to: "2026-01-01",
    advance_days: 0,
};

impl Case<'_> {
    /// `PERIOD BEFORE+DAYS/PERIOD_DAYS`, marked where a piece is not ready on its first day, or not the last of its period.
    fn due(&self) -> Vec<String> {
        let periods = |days: &[(&str, &str)]| days.iter().copied().map(period).collect::<Vec<_>>();
        let segments: Vec<Segment> = periods(self.spans)
            .into_iter()
            .enumerate()
            .map(|(row, span)| Segment { row, span })
            .collect();
        let (pauses, billed) = (periods(self.pauses), periods(self.billed));
        let stint = Stint {
            rhythm: self.rhythm,
            proration: Proration::Daily,
            cycle: self
                .cycle
                .unwrap_or_else(|| Cycle::anchored(segments[0].span.start, 1, 1)),
            began: Some(segments[0].span.start),
            segments: &segments,
            pauses: &pauses,
            billed: &billed,
        };
        let to = day(self.to);
        let limits = Limits {
            to,
            advance_to: to.plus_days(self.advance_days),
            once: to,
        };
        let mut due = Vec::new();
        let next = pieces(&stint, limits, &mut due);
        let written = due.iter().map(|piece| {
            let ready = match piece.ready_on == piece.period.start {
                true => String::new(),
                false => format!(" ready {}", piece.ready_on),
            };
            let goes_on = if piece.is_final { "" } else { " .." };
            format!(
                "{} {}+{}/{}{ready}{goes_on}",
                piece.period,
                piece.days_before,
                piece.period.days(),
                piece.full.days()
            )
        });
        written
            .chain(next.map(|next| format!("next {next}")))
            .collect()
    }
}

#[test]
fn every_missed_month_is_due_oldest_first() {
    let case = Case {
        billed: &[("2026-01-01", "2026-02-01")],
        to: "2026-04-01",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-02-01..2026-03-01 0+28/28",
            "2026-03-01..2026-04-01 0+31/31",
            "2026-04-01..2026-05-01 0+30/30",
            "next 2026-05-01"
        ]
    );
}

/// P11: both stubs are counted against the full periods they lie in.
#[test]
fn stubs_at_both_ends_are_parts_of_full_periods() {
    let case = Case {
        spans: &[("2026-01-20", "2026-02-10")],
        to: "2026-02-01",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-20..2026-02-01 0+12/31",
            "2026-02-01..2026-02-10 0+9/28"
        ]
    );
}

#[test]
fn the_rest_of_a_period_that_was_cut_short_is_due_when_the_end_moves() {
    let case = Case {
        spans: &[("2026-02-01", "2026-03-01")],
        billed: &[("2026-02-01", "2026-02-15")],
        to: "2026-02-20",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        ["2026-02-15..2026-03-01 14+14/28 ready 2026-02-01"]
    );
}

/// P49: month ends do not drift.
#[test]
fn what_is_billed_is_not_due_again() {
    let case = Case {
        cycle: Some(Cycle::anchored(day("2026-01-31"), 31, 1)),
        spans: &[("2026-01-31", "")],
        billed: &[("2026-01-31", "2026-02-28")],
        to: "2026-02-27",
        ..PLAIN
    };
    assert_eq!(case.due(), ["next 2026-02-28"]);
}

/// O38, AO14: advance days bring forward what is billed in advance, and nothing else.
#[test]
fn advance_days_move_the_limit_of_what_is_billed_in_advance_alone() {
    let ahead = Case {
        billed: &[("2026-01-01", "2026-02-01")],
        to: "2026-01-28",
        advance_days: 5,
        ..PLAIN
    };
    assert_eq!(
        ahead.due(),
        ["2026-02-01..2026-03-01 0+28/28", "next 2026-03-01"]
    );
    let behind = Case {
        rhythm: Rhythm::AtEnd,
        billed: &[],
        ..ahead
    };
    assert_eq!(behind.due(), ["next 2026-02-01"]);
}

/// AD6: what is billed in arrears is ready on the day after its period, and a service's end makes its last period ready.
#[test]
fn arrears_are_ready_when_the_period_or_the_service_has_ended() {
    let case = Case {
        rhythm: Rhythm::AtEnd,
        spans: &[("2026-01-20", "2026-02-10")],
        to: "2026-02-10",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-20..2026-02-01 0+12/31 ready 2026-02-01",
            "2026-02-01..2026-02-10 0+9/28 ready 2026-02-10"
        ]
    );
    let earlier = Case {
        to: "2026-02-09",
        ..case
    };
    assert_eq!(
        earlier.due(),
        [
            "2026-01-20..2026-02-01 0+12/31 ready 2026-02-01",
            "next 2026-02-10"
        ]
    );
}

#[test]
fn usage_day_by_day_is_billed_up_to_the_window_and_goes_on_in_its_period() {
    let case = Case {
        rhythm: Rhythm::DayByDay,
        billed: &[("2026-01-01", "2026-01-11")],
        to: "2026-01-21",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-11..2026-01-21 10+10/31 ready 2026-01-21 ..",
            "next 2026-01-22"
        ]
    );
    let later = Case {
        billed: &[("2026-01-01", "2026-01-21")],
        to: "2026-02-03",
        ..case
    };
    assert_eq!(
        later.due(),
        [
            "2026-01-21..2026-02-01 20+11/31 ready 2026-02-01",
            "2026-02-01..2026-02-03 0+2/28 ready 2026-02-03 ..",
            "next 2026-02-04"
        ]
    );
}

#[test]
fn paused_days_are_left_out_and_not_counted_before() {
    let case = Case {
        pauses: &[("2026-01-11", "2026-01-21")],
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-01..2026-01-11 0+10/31 ..",
            "2026-01-21..2026-02-01 10+11/31 ready 2026-01-01",
            "next 2026-02-01"
        ]
    );
}

#[test]
fn a_pause_without_an_end_leaves_nothing_to_be_ready() {
    let case = Case {
        pauses: &[("2026-01-11", "")],
        to: "2026-06-01",
        ..PLAIN
    };
    assert_eq!(case.due(), ["2026-01-01..2026-01-11 0+10/31"]);
    let through_february = Case {
        pauses: &[("2026-02-01", "2026-03-01")],
        to: "2026-02-01",
        ..PLAIN
    };
    assert_eq!(
        through_february.due(),
        ["2026-01-01..2026-02-01 0+31/31", "next 2026-03-01"]
    );
}

/// A change of the quantity splits a period; the parts go on counting.
#[test]
fn a_dated_change_splits_the_period_it_lies_in() {
    let case = Case {
        spans: &[("2026-01-01", "2026-01-16"), ("2026-01-16", "")],
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-01..2026-01-16 0+15/31 ..",
            "2026-01-16..2026-02-01 15+16/31 ready 2026-01-01",
            "next 2026-02-01"
        ]
    );
}

/// A charge that was left and taken up again counts only its own days.
#[test]
fn a_charge_taken_up_again_counts_its_own_days() {
    let case = Case {
        spans: &[("2026-01-01", "2026-01-11"), ("2026-01-21", "2026-01-31")],
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-01-01..2026-01-11 0+10/31 ..",
            "2026-01-21..2026-01-31 10+10/31 ready 2026-01-01"
        ]
    );
}

#[test]
fn a_one_time_charge_is_due_once_on_its_first_day() {
    let case = Case {
        rhythm: Rhythm::Once,
        spans: &[("2026-01-20", "")],
        to: "2026-02-01",
        ..PLAIN
    };
    assert_eq!(case.due(), ["2026-01-20..2026-01-21 0+1/1"]);
    let again = Case {
        billed: &[("2026-01-20", "2026-01-21")],
        ..case
    };
    assert_eq!(again.due(), [] as [&str; 0]);
    let early = Case {
        to: "2026-01-19",
        ..case
    };
    assert_eq!(early.due(), ["next 2026-01-20"]);
}

/// SVC-007: 29 February is billed on the 28th in common years.
#[test]
fn svc_007_a_year_from_29_february_ends_on_the_28th_but_in_leap_years() {
    let case = Case {
        cycle: Some(Cycle::anchored(day("2024-02-29"), 29, 12)),
        spans: &[("2024-02-29", "")],
        to: "2028-02-29",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2024-02-29..2025-02-28 0+365/365",
            "2025-02-28..2026-02-28 0+365/365",
            "2026-02-28..2027-02-28 0+365/365",
            "2027-02-28..2028-02-29 0+366/366",
            "2028-02-29..2029-02-28 0+365/365",
            "next 2029-02-28"
        ]
    );
}

/// Quarters of the calendar and weeks from Monday on, with a stub before.
#[test]
fn calendar_quarters_and_weeks_have_their_own_boundaries() {
    let origin = Date::clamped(2001, 1, 1);
    let case = Case {
        cycle: Some(Cycle::from(origin, Step::Months(3))),
        spans: &[("2026-02-10", "")],
        to: "2026-04-01",
        ..PLAIN
    };
    assert_eq!(
        case.due(),
        [
            "2026-02-10..2026-04-01 0+50/90 ready 2026-02-10".trim_end_matches(" ready 2026-02-10"),
            "2026-04-01..2026-07-01 0+91/91",
            "next 2026-07-01"
        ]
    );
    let weekly = Case {
        cycle: Some(Cycle::from(origin, Step::Days(7))),
        spans: &[("2026-01-01", "")],
        to: "2026-01-05",
        ..PLAIN
    };
    assert_eq!(
        weekly.due(),
        [
            "2026-01-01..2026-01-05 0+4/7",
            "2026-01-05..2026-01-12 0+7/7",
            "next 2026-01-12"
        ]
    );
}

proptest! {
    /// P11: over any runs, missed or repeated, whatever the pauses and changes, every used day is billed exactly once, and
    /// the parts of a full period count its days without gap or overlap.
    #[test]
    fn every_used_day_of_any_life_is_billed_once(
        start in 20_000_i32..20_100,
        lengths in proptest::collection::vec(1_i32..120, 1..5),
        pauses in proptest::collection::vec((0_i32..400, 1_i32..60), 0..4),
        runs in proptest::collection::vec(0_i32..500, 1..12),
        anchor in 1_u32..=31,
        months in proptest::sample::select(vec![0, 1, 3, 12]),
        rhythm in proptest::sample::select(vec![Rhythm::AtStart, Rhythm::AtEnd, Rhythm::DayByDay]),
        advance_days in 0_i32..10,
    ) {
        let mut spans = Vec::new();
        let mut at = start;
        for (row, length) in lengths.iter().enumerate() {
            spans.push(Segment { row, span: Period::new(Date::from_number(at), Date::from_number(at + length)) });
            at += length;
        }
        let end = Date::from_number(at);
        let first = Date::from_number(start);
        let pauses = merged(pauses.iter().map(|(from, days)| {
            Period::new(first.plus_days(*from), first.plus_days(from + days))
        }).collect());
        let cycle = match months {
            0 => Cycle::from(first, Step::Days(7)),
            months => Cycle::anchored(first, anchor, months),
        };
        let mut billed: Vec<Period> = Vec::new();
        let mut counted: Vec<Piece> = Vec::new();
        // Whatever the order of the runs, one at the end bills the rest.
        for to in runs.iter().map(|after| first.plus_days(*after)).chain([end.plus_days(400)]) {
            let stint = Stint { rhythm, proration: Proration::Daily, cycle, began: Some(first), segments: &spans, pauses: &pauses, billed: &billed };
            let mut due = Vec::new();
            pieces(&stint, Limits { to, advance_to: to.plus_days(advance_days), once: to }, &mut due);
            for piece in &due {
                prop_assert!(piece.ready_on <= to.plus_days(advance_days));
                prop_assert!(gaps(piece.period, &billed).eq([piece.period]), "billed before: {piece:?}");
                prop_assert!(spans[piece.row].span.intersect(piece.period) == piece.period);
            }
            prop_assert!(due.is_sorted_by_key(|piece| piece.period.start));
            counted.extend(&due);
            billed = merged(billed.iter().copied().chain(due.iter().map(|piece| piece.period)).collect());
        }
        let life = Period::new(first, end);
        let used = merged(gaps(life, &pauses).collect());
        prop_assert_eq!(&billed, &used);
        counted.sort_by_key(|piece| piece.period.start);
        // Full periods are numbered without a gap, from the one the service began in.
        let of_first = cycle.periods_from(first).zip(1..);
        let numbers: Vec<(Period, i32)> = of_first.take_while(|(full, _)| full.start < end).collect();
        for piece in &counted {
            prop_assert!(numbers.contains(&(piece.full, piece.number)));
        }
        for parts in counted.chunk_by(|one, other| one.full == other.full) {
            let mut days = 0;
            for piece in parts {
                prop_assert_eq!(piece.days_before, days);
                days += piece.period.days();
            }
            prop_assert_eq!(parts.iter().filter(|piece| piece.is_final).count(), 1);
        }
    }
}
