//! What is billed and costs something else today -> lines of the difference.

use super::answer::{self, Answer, Priced, Unpriced};
use super::answered;
use super::lines;
use super::source::Source;
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::derivation::Derivation;
use crate::model::due::Changed;
use crate::model::line::{ADJUSTMENT, RatedLines};
use crate::model::scheme::{Retroactive, Scheme};
use crate::model::table::{Columns, Kind, text_column, units_column};
use crate::money::{Amount, Currency, Rounding};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// A line of kind `adjustment` wherever days, or the usage of a period, cost something else than they were billed at: with the derivation
/// of the new price, and the difference as its amount.
///
/// Aside: services whose charge wants a person to look at it (`BW-R107`), and those that cannot be priced.
pub fn adjust(
    schemes: &BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    changed: &Changed,
) -> Staged<RatedLines> {
    let billed = changed.billed.frame();
    let line_ids = billed.text("line_id");
    let of_days = differences(
        schemes,
        workspace_rounding,
        changed.due.frame(),
        |row, _| {
            let amount = Derivation::read(billed, row).amount();
            Was {
                amount: amount.expect("a part of what fitted an amount"),
                line_id: line_ids.get(row),
            }
        },
    );
    let usage = changed.usage.frame();
    let (line_ids, amounts) = (usage.text("adjusts"), usage.whole_units("billed"));
    let of_usage = differences(schemes, workspace_rounding, usage, |row, priced| {
        // What came before it in its period is in the price, and was billed by lines of its own.
        let own = amounts.at(row).and_then(Amount::from_units);
        let amount = own.and_then(|own| own.checked_add(priced.paid));
        Was {
            amount: amount.expect("a sum of lines that fitted an amount"),
            line_id: line_ids.get(row),
        }
    });
    Staged {
        kept: of_days.kept.and(&of_usage.kept),
        aside: [of_days.aside, of_usage.aside].concat(),
    }
}

/// What something was billed at.
struct Was<'a> {
    amount: Amount,
    /// The line that said so last; `None`: none did.
    line_id: Option<&'a str>,
}

/// Prices due rows, and compares each with what it was billed at.
fn differences<'a>(
    schemes: &BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    frame: &DataFrame,
    was: impl Fn(usize, &Priced) -> Was<'a>,
) -> Staged<RatedLines> {
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
        let was = was(row, priced);
        let scheme = &schemes[frame.text_at("scheme", row)];
        let charge = scheme.charge(frame.text_at("charge", row));
        let retroactive = charge.map_or(Retroactive::Ignore, |charge| charge.retroactive);
        let is = priced.amount.checked_add(priced.paid);
        let difference = is.and_then(|is| is.checked_sub(was.amount));
        if difference == Some(Amount::ZERO) || retroactive == Retroactive::Ignore {
            *answer = Answer::Nothing;
        } else if retroactive == Retroactive::Park {
            let is = is.unwrap_or(priced.amount);
            aside.push(parked(frame, row, &was, is, scheme.currency));
            *answer = Answer::Nothing;
        } else if let Some(difference) = difference {
            differences.push(Some(difference.units()));
            billed.push(Some(was.amount.units()));
            adjusts.push(was.line_id);
        } else {
            *answer = Answer::Unpriced(Unpriced::Overflow);
        }
    }
    let unpriced = answer::aside(frame, &answers).into_iter();
    aside.extend(unpriced.filter(|row| row.kind == AsideKind::Exception));
    let sources: Vec<&Source<'_>> = sources.iter().map(|(source, _)| source).collect();
    let mut lines = lines::lines(frame, &answers, &sources, source_of);
    let kind = text_column("kind", differences.iter().map(|_| Some(ADJUSTMENT)));
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

fn parked(frame: &DataFrame, row: usize, was: &Was<'_>, is: Amount, currency: Currency) -> Aside {
    let billed = was.amount.text(currency);
    let what = match (was.line_id, frame.text_at("kind", row)) {
        (Some(line), ADJUSTMENT) => {
            format!("{billed} {currency} are billed, last by line {line}, for usage that")
        }
        (Some(line), _) => format!("line {line} billed {billed} {currency} for days that"),
        (None, _) => "nothing is billed for a period of usage that".to_owned(),
    };
    let message = format!(
        "{what} would cost {} today; bill the difference by `retroactive: adjust`, or leave it by `ignore`",
        is.text(currency)
    );
    answer::set_aside(frame, row, Reach::Service, "BW-R107", message)
}
