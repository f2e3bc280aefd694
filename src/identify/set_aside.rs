//! Why a service or order line is not billed by this run.

use super::Question;
use super::standing::Standing;
use crate::calendar::{Date, Period};
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::bill_run::Stale;
use crate::model::book_view::BookView;
use crate::model::hold::Hold;
use crate::model::table::Columns;
use std::collections::HashSet;

/// The reason one service or order line is left out, the rest of its account being billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub kind: AsideKind,
    pub code: &'static str,
    pub message: String,
}

impl SetAside {
    /// Rightly not billed.
    pub fn exclusion(code: &'static str, message: String) -> Self {
        Self {
            kind: AsideKind::Exclusion,
            code,
            message,
        }
    }

    /// Should be billed, and cannot be.
    pub fn exception(code: &'static str, message: String) -> Self {
        Self {
            kind: AsideKind::Exception,
            code,
            message,
        }
    }

    pub fn waived(hold: &Hold) -> Self {
        let message = format!(
            "what was ready before {} is waived, as `{}` says",
            hold.until, hold.name
        );
        Self::exclusion("waived", message)
    }

    pub fn standing(&self) -> Standing<'static> {
        match self.kind {
            AsideKind::Exclusion => Standing::Excluded(self.code),
            AsideKind::Exception => Standing::Excepted(self.code),
        }
    }

    /// As a row set aside by this stage: `ids` are those of account, subscription and service, then the charge.
    pub fn aside(self, ids: [&str; 4], reach: Reach) -> Aside {
        let [account_id, subscription_id, service_id, charge] = ids.map(str::to_owned);
        Aside {
            kind: self.kind,
            reach,
            account_id,
            subscription_id,
            service_id,
            charge,
            stage: "identify",
            code: self.code,
            message: self.message,
        }
    }
}

/// The window of a run, and whom earlier runs have met.
pub struct Window<'a> {
    question: &'a Question<'a>,
    excluded: HashSet<&'a str>,
    parked: HashSet<&'a str>,
}

impl<'a> Window<'a> {
    pub fn new(question: &'a Question<'a>, book: &'a BookView) -> Self {
        let frame = book.exclusions.frame();
        let services = frame.text("service_id").iter();
        let excluded = services.zip(frame.text("charge").iter());
        Self {
            question,
            excluded: excluded
                .filter_map(|(service, charge)| service.filter(|id| !id.is_empty()).or(charge))
                .collect(),
            parked: book
                .exceptions
                .frame()
                .text("account_id")
                .iter()
                .flatten()
                .collect(),
        }
    }

    /// Why what is ready is kept back, if it is: at first sight, where it was ready before the window; at any, where it waits too
    /// long. `id` is the service's or the order line's.
    pub fn keeps_back(
        &self,
        account_id: &str,
        id: &str,
        is_claimed: bool,
        ready_on: Date,
        waits_since: Date,
    ) -> Option<SetAside> {
        let window = &self.question.run.window;
        let is_new =
            || !is_claimed && !self.excluded.contains(id) && !self.parked.contains(account_id);
        let from = self.question.from;
        if let Some(from) =
            from.filter(|from| window.stale == Stale::Hold && ready_on < *from && is_new())
        {
            let message = format!(
                "never billed, and ready since {ready_on}, before the window begins on {from}; begin it earlier, or say `stale: bill`"
            );
            return Some(SetAside::exclusion("stale", message));
        }
        let behind = Period::new(waits_since, self.question.to).days();
        (behind > window.max_behind_days).then(|| {
            let message = format!(
                "unbilled since {waits_since}, {behind} days before {}, and `max_behind` is {} days; raise it to bill the backlog",
                self.question.to, window.max_behind_days
            );
            SetAside::exception("BW-R201", message)
        })
    }
}
