//! What is missing to a commitment: its price, less what is billed for the same days.

use super::Rated;
use crate::calendar::{Date, Period};
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::line::{RatedLines, Settled};
use crate::model::scheme::{Commits, Scheme};
use crate::model::table::{Columns, Kind, units_column};
use polars::prelude::{BooleanChunked, DataFrame};
use std::collections::{BTreeMap, BTreeSet};

/// Whose lines count, by what they are told apart.
type Owner<'a> = (Commits, &'a str);

/// Brings the lines of commitments to what is missing: lines of the same subscription or account count where they begin in the period of the
/// commitment, those of this run and `others`, those in the book and those that adjust them; commitments count nowhere.
///
/// `open` are accounts of which something is not billed that could still count: their commitments wait. Aside: the exclusion
/// `commitment_met`, whose days are billed without a line; `BW-R108`, which parks the service.
pub fn true_up(
    schemes: &BTreeMap<String, Scheme>,
    rated: Rated,
    others: [&DataFrame; 2],
    open: &BTreeSet<&str>,
) -> Staged<Rated> {
    let mut charges = schemes.values().flat_map(|scheme| &scheme.charges);
    if !charges.any(|charge| charge.commits.is_some()) {
        return Staged {
            kept: rated,
            aside: Vec::new(),
        };
    }
    let frame = rated.lines.frame();
    let commits: Vec<Option<Commits>> = (0..frame.height())
        .map(|row| commits(schemes, frame, row))
        .collect();
    let counted = Counted::new(schemes, [frame, others[0], others[1]]);
    let (mut aside, mut settled) = (Vec::new(), rated.settled);
    let mut amounts: Vec<Option<i128>> = frame.units("amount").collect();
    let mut billed: Vec<Option<i128>> = frame.units("billed").collect();
    let mut kept = vec![true; frame.height()];
    for (row, commits) in commits.into_iter().enumerate() {
        let Some(commits) = commits else { continue };
        let (account, period) = (frame.text_at("account_id", row), period(frame, row));
        if open.contains(account) {
            kept[row] = false;
            let message = "something of the account is not billed yet and could count towards the commitment; mend that first";
            aside.push(set_aside(
                frame,
                row,
                AsideKind::Exception,
                "BW-R108",
                message.to_owned(),
            ));
            continue;
        }
        let sum = counted.within(owner(frame, row, commits), period);
        let missing = amounts[row].unwrap_or_default() - sum;
        if missing <= 0 {
            kept[row] = false;
            let message = format!("what is billed for {period} comes to the commitment");
            aside.push(set_aside(
                frame,
                row,
                AsideKind::Exclusion,
                "commitment_met",
                message,
            ));
            settled.push(Settled {
                account_id: account.to_owned(),
                service_id: frame.text_at("service_id", row).to_owned(),
                charge: frame.text_at("charge", row).to_owned(),
                period,
                is_late: false,
            });
        } else {
            (amounts[row], billed[row]) = (Some(missing), Some(sum));
        }
    }
    let mut lines = frame.clone();
    for column in [
        units_column("amount", Kind::Amount, amounts),
        units_column("billed", Kind::Amount, billed),
    ] {
        lines
            .with_column(column)
            .expect("a column in place of another");
    }
    let kept: BooleanChunked = kept.into_iter().map(Some).collect();
    let lines = lines.filter(&kept).expect("a mask of the same height");
    Staged {
        kept: Rated {
            lines: RatedLines::checked(lines),
            settled,
        },
        aside,
    }
}

/// Whether a line is one of a commitment.
fn commits(schemes: &BTreeMap<String, Scheme>, lines: &DataFrame, row: usize) -> Option<Commits> {
    let scheme = schemes.get(lines.text("scheme").get(row)?)?;
    let charge = scheme.charge(lines.text_at("charge", row))?;
    charge
        .commits
        .filter(|_| lines.text_at("kind", row) == "recurring")
}

fn owner(lines: &DataFrame, row: usize, commits: Commits) -> Owner<'_> {
    let column = match commits {
        Commits::Subscription => "subscription_id",
        Commits::Account => "account_id",
    };
    (commits, lines.text_at(column, row))
}

fn period(lines: &DataFrame, row: usize) -> Period {
    let day = |name: &str| {
        lines
            .whole_dates(name)
            .at(row)
            .expect("a line has a period")
    };
    Period::new(day("period_start"), day("period_end"))
}

/// What lines come to, by whose they are and the day they begin.
struct Counted<'a>(BTreeMap<(Owner<'a>, Date), i128>);

impl<'a> Counted<'a> {
    fn new(schemes: &BTreeMap<String, Scheme>, tables: [&'a DataFrame; 3]) -> Self {
        let mut sums = BTreeMap::new();
        for lines in tables {
            let starts: Vec<Option<Date>> = lines.dates("period_start").collect();
            for (row, amount) in lines.units("amount").enumerate() {
                let (Some(amount), Some(start)) = (amount, starts[row]) else {
                    continue;
                };
                // Lines of this run have nothing taken off them yet, so what was taken off those of the book does not count either.
                let is_off = matches!(lines.text_at("kind", row), "discount" | "price_credit");
                if is_off || commits(schemes, lines, row).is_some() {
                    continue;
                }
                for commits in [Commits::Subscription, Commits::Account] {
                    *sums.entry((owner(lines, row, commits), start)).or_default() += amount;
                }
            }
        }
        Self(sums)
    }

    fn within(&self, owner: Owner<'a>, period: Period) -> i128 {
        let days = (owner, period.start)..(owner, period.end);
        self.0.range(days).map(|(_, amount)| amount).sum()
    }
}

fn set_aside(
    lines: &DataFrame,
    row: usize,
    kind: AsideKind,
    code: &'static str,
    message: String,
) -> Aside {
    let text = |name: &str| lines.text_at(name, row).to_owned();
    Aside {
        kind,
        reach: Reach::Service,
        account_id: text("account_id"),
        subscription_id: text("subscription_id"),
        service_id: text("service_id"),
        charge: text("charge"),
        stage: "rate",
        code,
        message,
    }
}
