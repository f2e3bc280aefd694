//! Which charges are due, and how every service stands: billed, not due, not selected, excluded or excepted.
//!
//! Owns selection, periods and watermarks, and which price version is in force. Does not own what a price means (`rate/`).
//! Invariant: every service of the input has exactly one standing, and every due day is due once.

mod condition;
mod due;
mod joined;
mod selection;
mod standing;
mod watermark;

pub use standing::{Standing, balance, settle};

use crate::calendar::Date;
use crate::diagnostic::{Aside, Report, Staged};
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::book_view::BookView;
use crate::model::due::{DueCharges, Standings};
use crate::model::scheme::Scheme;
use std::collections::BTreeMap;

/// What is asked: the definition, its schemes, and the last day of the window.
pub struct Question<'a> {
    pub run: &'a BillRun,
    pub schemes: &'a BTreeMap<String, Scheme>,
    /// A charge whose `ready_on` is on or before this day is due.
    pub to: Date,
}

/// What is due, and how every service stands.
#[derive(Debug)]
pub struct Identified {
    pub due: DueCharges,
    pub standings: Standings,
}

/// Finds what is due.
///
/// `faults` are the rows that `inputs/` set aside: they park their accounts here, where it is known who is selected.
/// Out: a row of `due` per period, a standing per service. Aside: exclusions `ended`; exceptions of selected accounts:
/// those of `inputs/`, `BW-X106` unknown scheme or charge, `BW-X110` and `BW-X114` currency, `BW-V150` no start,
/// `BW-R103` no price in force, `BW-R201` further behind than `max_behind`.
/// Errors: `BW-D245` a `where` that the columns do not carry.
pub fn identify(
    question: &Question<'_>,
    tables: &Tables,
    faults: &[Aside],
    book: &BookView,
) -> Result<Staged<Identified>, Report> {
    let faults = selection::Faults::new(faults);
    let accounts = selection::accounts(
        &question.run.criteria,
        &question.run.filters,
        &tables.accounts,
        &faults,
    );
    let condition = question.run.filters.condition.as_ref();
    let matching = condition
        .map(|condition| condition::matching(condition, tables))
        .transpose()?;
    let joined = joined::Joined::new(tables);
    let selected = selection::services(
        question,
        &joined,
        &accounts,
        matching.as_ref(),
        &faults,
        book,
    );
    Ok(due::due(question, tables, &joined, selected, &faults, book))
}
