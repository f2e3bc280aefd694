//! What a run comes to for one range of accounts: all stages, in the order data flows.

use super::parked::{Parked, of_billed, of_unparked, parked_accounts, told};
use super::range::Range;
use super::stale::items;
use crate::diagnostic::{Aside, Report, Staged};
use crate::identify::{self, Identified, Question, Standing, Tally};
use crate::invoice::{self, Accounts, Drafted, Past, Terms};
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties, Postings};
use crate::model::due::Standings;
use crate::model::finding::Finding;
use crate::model::ids;
use crate::model::line::{Claims, Lines, Settled};
use crate::model::plan::RowBalance;
use crate::model::table::{Columns, date_column, same_column, text_column};
use crate::model::tax::Tax;
use crate::model::workspace::Workspace;
use crate::post;
use crate::rate;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;

/// What all ranges have in common.
pub struct Part<'a> {
    pub run_id: &'a str,
    pub question: &'a Question<'a>,
    pub workspace: &'a Workspace,
    pub tax: Option<&'a Tax>,
    pub keeps_standings: bool,
}

/// What a range comes to. Tables are in the order of the paying accounts, each within that by its own key.
pub struct Ranged {
    pub lines: Lines,
    pub claims: Claims,
    pub drafts: Drafts,
    pub parties: Parties,
    pub taxes: InvoiceTaxes,
    pub postings: Postings,
    pub aside: Vec<Aside>,
    pub findings: Vec<Finding>,
    pub tally: Tally,
    pub balance: Vec<RowBalance>,
    /// Where they are wanted.
    pub standings: Option<Standings>,
    /// How many documents its drafts make.
    pub documents: usize,
    pub billed_by: BTreeSet<String>,
}

impl Part<'_> {
    /// `history` are the lines in the book that its services have to be compared with.
    pub fn of_range(&self, range: &Range, history: &Lines) -> Result<Ranged, Report> {
        let (tables, question) = (&range.tables, self.question);
        let past = identify::Past {
            book: &range.book,
            lines: history,
        };
        let Staged {
            kept:
                Identified {
                    due,
                    unused,
                    settled: mut without_line,
                    standings,
                    owners,
                    usage,
                    findings,
                    tally,
                },
            mut aside,
        } = identify::identify(question, tables, &range.faults, &past)?;
        let rounding = self.workspace.rounding;
        let rated = rate::rate(question.schemes, rounding, &due, &unused);
        aside.extend(rated.aside);
        let drafted = {
            let accounts = Accounts {
                table: &tables.accounts,
                standings: &standings,
                parked: &parked_accounts(&range.faults, &aside),
            };
            let line_ids = history.frame().text("line_id").iter().flatten();
            let past = Past {
                owed: &range.book.owed,
                line_ids: &line_ids.map(str::to_owned).collect(),
            };
            let lines = of_unparked(rated.kept.lines, &Parked::by(&aside));
            invoice::draft(&self.terms(), &accounts, &past, &lines)
        };
        without_line.extend(rated.kept.settled);
        // A service whose invoice waits claims nothing: it would go on behind days that were never billed.
        let carried = &drafted.kept.carried;
        without_line.retain(|days| !carried.contains(ids::item(&days.service_id, &days.charge)));
        aside.extend(drafted.aside);
        let aside = told(aside, carried);
        let Drafted {
            lines,
            drafts,
            parties,
            taxes,
            carried: _,
        } = drafted.kept;
        let standings = identify::settle(standings, &aside);
        without_line.retain(of_billed(&standings, &Parked::by(&aside)));
        let claims = claims(self.run_id, tables, &lines, &without_line);
        let is_idle = lines.is_empty() && claims.is_empty();
        Ok(Ranged {
            postings: post::journal(&drafts, &self.workspace.ledger),
            balance: identify::balance(tables, &standings, &owners, &usage),
            billed_by: match is_idle {
                true => billed_by(&standings, &range.book),
                false => BTreeSet::new(),
            },
            documents: self.documents(&parties),
            standings: self.keeps_standings.then_some(standings),
            lines,
            claims,
            drafts,
            parties,
            taxes,
            aside,
            findings,
            tally,
        })
    }

    fn terms(&self) -> Terms<'_> {
        let Question {
            run, groups, terms, ..
        } = *self.question;
        Terms {
            run_id: self.run_id,
            options: &run.invoices,
            tax: self.tax,
            tax_rounding: self.workspace.tax_rounding,
            payment: terms,
            default_payment: self.workspace.default_terms.as_deref(),
            groups,
            as_of: self.question.as_of,
            window_to: self.question.to,
        }
    }

    /// How many documents the drafts make: a group's own formats go before the run's.
    fn documents(&self, parties: &Parties) -> usize {
        let of_run = self.question.run.formats.len();
        let formats = parties.frame().text("formats").iter();
        formats
            .map(|own| own.map_or(of_run, |own| own.split_whitespace().count()))
            .sum()
    }
}

/// The days every line stands for, those of a credit being open again, and the days spoken for without a line.
fn claims(run_id: &str, tables: &Tables, lines: &Lines, without_line: &[Settled]) -> Claims {
    let frame = lines.frame();
    let own = tables.places.accounts(&tables.accounts);
    let payers = tables.accounts.text("invoice_to");
    let payer = |account: &str| {
        let row = own.row(account);
        let to = row.and_then(|row| own.row(payers.get(row)?));
        to.or(row)
    };
    let periods = frame.dates("period_start").zip(frame.dates("period_end"));
    let effects = frame.text("credits").iter().map(|credited| match credited {
        Some(_) => "reopened",
        None => "claimed",
    });
    let ids = frame
        .text("service_id")
        .iter()
        .zip(frame.text("charge").iter());
    let of_lines = frame
        .text("account_id")
        .iter()
        .zip(ids)
        .zip(periods.zip(effects));
    // An account has several lines, one after the other.
    let (mut last, mut last_payer) = (None, None);
    let of_lines = of_lines.map(|((account, (service, charge)), ((start, end), effect))| {
        if last != account {
            (last, last_payer) = (account, payer(account.unwrap_or_default()));
        }
        let payer = last_payer;
        (
            payer,
            service.unwrap_or_default(),
            charge.unwrap_or_default(),
            start,
            end,
            effect,
        )
    });
    let others = without_line.iter().map(|days| {
        let (start, end) = (Some(days.period.start), Some(days.period.end));
        let payer = payer(&days.account_id);
        (
            payer,
            days.service_id.as_str(),
            days.charge.as_str(),
            start,
            end,
            "claimed",
        )
    });
    let mut claims: Vec<_> = of_lines.chain(others).collect();
    claims.sort_unstable();
    let columns = vec![
        text_column("service_id", claims.iter().map(|claim| Some(claim.1))),
        text_column("charge", claims.iter().map(|claim| Some(claim.2))),
        same_column("run_id", Some(run_id), claims.len()),
        date_column("billed_from", claims.iter().map(|claim| claim.3)),
        date_column("billed_through", claims.iter().map(|claim| claim.4)),
        text_column("effect", claims.iter().map(|claim| Some(claim.5))),
    ];
    Claims::in_order(DataFrame::new(claims.len(), columns).expect("columns of one height"))
}

/// The runs that claimed days of the services a run would bill, were they due: perhaps runs of other definitions (D27).
fn billed_by(standings: &Standings, book: &BookView) -> BTreeSet<String> {
    let frame = standings.frame();
    let standings = items(frame).zip(frame.text("standing").iter().flatten());
    let not_due = standings.filter(|(_, standing)| Standing::parse(standing) == Standing::NotDue);
    let not_due: BTreeSet<&str> = not_due.map(|(item, _)| item).collect();
    let frame = book.claims.frame();
    let claims = items(frame).zip(frame.text("run_id").iter().flatten());
    let runs = claims.filter(|(item, _)| not_due.contains(item));
    let runs: BTreeSet<&str> = runs.map(|(_, run)| run).collect();
    runs.into_iter().map(str::to_owned).collect()
}
