//! Billed days that cost something else today -> lines of the difference.

use super::answer::{self, Answer, Unpriced};
use super::answered;
use super::lines;
use super::source::Source;
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::derivation::Derivation;
use crate::model::due::Changed;
use crate::model::line::RatedLines;
use crate::model::scheme::{Retroactive, Scheme};
use crate::model::table::{Columns, Kind, text_column, units_column};
use crate::money::{Amount, Currency, Rounding};
use std::collections::BTreeMap;

/// A line of kind `adjustment` wherever days cost something else than they were billed at: with the derivation of the new price, and the
/// difference as its amount.
///
/// Aside: services whose scheme wants a person to look at it (`BW-R107`), and those that cannot be priced.
pub fn adjust(
    schemes: &BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    changed: &Changed,
) -> Staged<RatedLines> {
    let (frame, before) = (changed.due.frame(), changed.billed.frame());
    if frame.height() == 0 {
        return Staged {
            kept: RatedLines::empty(),
            aside: Vec::new(),
        };
    }
    let (sources, source_of, mut answers) = answered(schemes, workspace_rounding, frame);
    let mut aside: Vec<Aside> = Vec::new();
    let (mut differences, mut billed, mut adjusts) = (Vec::new(), Vec::new(), Vec::new());
    for (row, answer) in answers.iter_mut().enumerate() {
        let Answer::Line(priced) = &*answer else {
            continue;
        };
        let was = Derivation::read(before, row).amount();
        let was = was.expect("a part of what fitted an amount");
        let scheme = &schemes[frame.text_at("scheme", row)];
        let difference = priced.amount.checked_sub(was);
        if difference == Some(Amount::ZERO) || scheme.retroactive == Retroactive::Ignore {
            *answer = Answer::Nothing;
        } else if scheme.retroactive == Retroactive::Park {
            aside.push(parked(changed, row, was, priced.amount, scheme.currency));
            *answer = Answer::Nothing;
        } else if let Some(difference) = difference {
            differences.push(Some(difference.units()));
            billed.push(Some(was.units()));
            adjusts.push(before.text("line_id").get(row));
        } else {
            *answer = Answer::Unpriced(Unpriced::Overflow);
        }
    }
    let unpriced = answer::aside(frame, &answers).into_iter();
    aside.extend(unpriced.filter(|row| row.kind == AsideKind::Exception));
    let sources: Vec<&Source<'_>> = sources.iter().map(|(source, _)| source).collect();
    let mut lines = lines::lines(frame, &answers, &sources, source_of);
    let kind = text_column("kind", differences.iter().map(|_| Some("adjustment")));
    for column in [
        kind,
        units_column("amount", Kind::Amount, differences),
        units_column("billed", Kind::Amount, billed),
        text_column("adjusts", adjusts),
    ] {
        lines
            .with_column(column)
            .expect("a column in place of another");
    }
    Staged {
        kept: RatedLines::checked(lines),
        aside,
    }
}

fn parked(changed: &Changed, row: usize, was: Amount, is: Amount, currency: Currency) -> Aside {
    let (frame, before) = (changed.due.frame(), changed.billed.frame());
    let message = format!(
        "line {} billed {} {currency} for days that would cost {} today; bill the difference by `retroactive: adjust`, or leave it by `ignore`",
        before.text_at("line_id", row),
        was.text(currency),
        is.text(currency)
    );
    answer::set_aside(frame, row, Reach::Service, "BW-R107", message)
}
