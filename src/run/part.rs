//! What a run comes to for one range of accounts: all stages, in the order data flows.

use super::parked::{Parked, keep_billed, of_unparked, parked_accounts, told};
use super::range::Range;
use super::stale::items;
use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Reach, Report, Staged};
use crate::identify::{self, Identified, Question, Standing, Tally};
use crate::invoice::{self, Accounts, Drafted, Granted, Offers, Past, Terms};
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::debits::{Debits, Estimate};
use crate::model::draft::{Drafts, Parties};
use crate::model::due::{Standings, UnusedDays};
use crate::model::finding::Finding;
use crate::model::ids;
use crate::model::line::{Claims, LATE, LATE_USAGE, Lines, RatedLines, Settled};
use crate::model::outlook::{Outlook, Used};
use crate::model::plan::{Plan, RowBalance};
use crate::model::service_action::ServiceActions;
use crate::model::table::{Columns, Schema, date_column, same_column, text_column};
use crate::model::tax::Tax;
use crate::model::workspace::Workspace;
use crate::post;
use crate::rate::{self, Rated};
use crate::report::causes::Causes;
use crate::wallet::{self, Debited, Openings, Sums};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize};

use std::collections::{BTreeMap, BTreeSet};

/// What all ranges have in common.
pub struct Part<'a> {
    pub run_id: &'a str,
    pub question: &'a Question<'a>,
    pub workspace: &'a Workspace,
    pub tax: Option<&'a Tax>,
    /// What was debited for usage in the days that an estimate looks back at.
    pub used: &'a Used,
    /// Whether it is only to be seen how every service stands.
    pub is_trial: bool,
}

/// What a range comes to. Tables are in the order of the paying accounts, each within that by its own key.
pub struct Ranged {
    /// Those that are written range by range, in the order of [`Part::tables`].
    pub tables: Vec<DataFrame>,
    pub drafts: Drafts,
    pub wallets: Moved,
    pub aside: Vec<Aside>,
    /// The exceptions among them, by cause.
    pub causes: Causes,
    pub findings: Vec<Finding>,
    pub tally: Tally,
    pub balance: Vec<RowBalance>,
    /// Where they are wanted.
    pub standings: Option<Standings>,
    /// Lines that stand on an invoice, or are debited.
    pub line_count: usize,
    /// How many documents its drafts make.
    pub documents: usize,
    pub billed_by: BTreeSet<String>,
}

/// What became of the wallets of a range.
#[derive(Default)]
pub struct Moved {
    pub sums: BTreeMap<String, Sums>,
    pub shortfalls: usize,
    pub top_ups: usize,
    /// What is done about services, or could be; `None`: wallets are none of the run's business.
    pub actions: Option<ServiceActions>,
    /// Services that were rated.
    pub services: usize,
    pub openings: Openings,
}

/// What is due in a range and what it costs.
struct Priced<'a> {
    range: &'a Range,
    history: &'a Lines,
    identified: Identified,
    rated: Rated,
    aside: Vec<Aside>,
}

impl Part<'_> {
    /// The tables that are written range by range.
    pub fn tables(&self) -> &'static [&'static Schema] {
        match self.question.run.debits {
            Some(_) => Plan::OF_DEBITS,
            None => Plan::OF_INVOICES,
        }
    }

    /// `history` are the lines in the book that its services have to be compared with.
    pub fn of_range(&self, range: &Range, history: &Lines) -> Result<Ranged, Report> {
        let past = identify::Past {
            book: &range.book,
            lines: history,
        };
        let Staged {
            kept: identified,
            mut aside,
        } = identify::identify(self.question, &range.tables, &range.faults, &past)?;
        let rounding = self.workspace.rounding;
        let (due, unused) = (&identified.due, &identified.unused);
        let rated = rate::rate(self.question.schemes, rounding, due, unused);
        aside.extend(rated.aside);
        let priced = Priced {
            range,
            history,
            identified,
            rated: rated.kept,
            aside,
        };
        Ok(match &self.question.run.debits {
            Some(debits) => self.debited(debits, priced),
            None => self.invoiced(priced),
        })
    }

    fn debited(&self, debits: &Debits, priced: Priced<'_>) -> Ranged {
        let Priced {
            range,
            history,
            identified,
            rated,
            mut aside,
        } = priced;
        let Identified {
            settled,
            mut stopped,
            unstoppable,
            standings,
            owners,
            usage,
            findings,
            tally,
            ..
        } = identified;
        let tables = &range.tables;
        aside.extend(wallet::discounted(tables, &rated.lines));
        let all = rated.lines.clone();
        let lines = {
            let parked = Parked::by(&aside);
            stopped.retain(|it| !parked.has(&it.account_id, &it.service_id));
            of_unparked(rated.lines, &parked)
        };
        let ahead = self.ahead(debits, range);
        let terms = wallet::Terms {
            run_id: self.run_id,
            debits,
            schemes: self.question.schemes,
            as_of: self.question.as_of,
        };
        let debited = {
            let parked = parked_accounts(&range.faults, &aside);
            let only = concerned(self.question, &standings);
            let wallets = wallet::Wallets {
                only: only.as_ref(),
                tables,
                purse: &range.book.purse,
                parked: &parked,
                stopped: &stopped,
                unstoppable: &unstoppable,
                ahead: ahead
                    .as_ref()
                    .map(|(estimate, outlook, prices)| wallet::Ahead {
                        estimate: *estimate,
                        prices,
                        services: &outlook.used,
                        stopped: &outlook.stopped,
                        used: self.used,
                    }),
                line_ids: history,
            };
            wallet::debit(&terms, &wallets, &lines)
        };
        aside.extend(debited.aside);
        let aside = without_pauses(aside);
        let Debited {
            lines,
            settled: of_nothing,
            transactions,
            states,
            top_ups,
            shortfalls,
            actions,
            notices,
            estimates,
            services,
            openings,
            totals,
        } = debited.kept;
        let standings = identify::settle(standings, &aside, lines.frame());
        let mut without_line = settled;
        without_line.extend(of_nothing);
        keep_billed(&mut without_line, &standings, &Parked::by(&aside));
        let claims = claims(self.run_id, tables, &lines, &without_line);
        let is_idle = lines.is_empty() && claims.is_empty();
        Ranged {
            balance: identify::balance(tables, &standings, &owners, &usage),
            billed_by: match is_idle {
                true => billed_by(&standings, &range.book),
                false => BTreeSet::new(),
            },
            line_count: lines.len(),
            documents: 0,
            standings: self.is_trial.then_some(standings),
            wallets: Moved {
                sums: totals,
                shortfalls: shortfalls.len(),
                top_ups: top_ups.len(),
                actions: Some(actions),
                services,
                openings,
            },
            tables: vec![
                lines.frame().clone(),
                claims.frame().clone(),
                transactions.frame().clone(),
                states.frame().clone(),
                top_ups.frame().clone(),
                shortfalls.frame().clone(),
                estimates.frame().clone(),
                notices.frame().clone(),
            ],
            drafts: Drafts::empty(),
            causes: Causes::of(&aside, &rate::at_stake(&all, &aside)),
            aside: self.wanted(aside),
            findings,
            tally,
        }
    }

    /// What services cost from tomorrow on, where it is estimated how long wallets last: those that are used, and the prices of others.
    fn ahead(&self, debits: &Debits, range: &Range) -> Option<(Estimate, Outlook, RatedLines)> {
        let estimate = debits.estimate.filter(|_| !self.is_trial)?;
        let outlook = identify::outlook(self.question, &range.tables, &range.book);
        let (rounding, nothing) = (self.workspace.rounding, UnusedDays::empty());
        // What has no price is parked by the run itself.
        let priced = rate::rate(self.question.schemes, rounding, &outlook.due, &nothing);
        Some((estimate, outlook, priced.kept.lines))
    }

    fn invoiced(&self, priced: Priced<'_>) -> Ranged {
        let Priced {
            range,
            history,
            identified,
            rated,
            mut aside,
        } = priced;
        let (tables, question) = (&range.tables, self.question);
        let rounding = self.workspace.rounding;
        let Identified {
            changed,
            settled: mut without_line,
            standings,
            owners,
            usage,
            findings,
            tally,
            ..
        } = identified;
        let adjusted = rate::adjust(question.schemes, rounding, &changed);
        aside.extend(adjusted.aside);
        let counting = [history.frame(), adjusted.kept.frame()];
        let rated = rate::true_up(question.schemes, rated, counting, &open(&aside));
        aside.extend(rated.aside);
        let granted = Granted {
            discounts: &tables.discounts,
            credits: &tables.credits,
            subscriptions: &tables.subscriptions,
        };
        let past = Past {
            owed: &range.book.owed,
            lines: history,
        };
        let used = &range.book.allocations;
        let offers = Offers::new(granted, used, self.run_id, question.as_of);
        let all = rated.kept.lines.and(&adjusted.kept);
        let mut lines = of_unparked(all.clone(), &Parked::by(&aside));
        let reduce = |lines: &RatedLines| invoice::reduce(lines, &offers, &past);
        let mut reduced = reduce(&lines);
        if !reduced.aside.is_empty() {
            aside.extend(reduced.aside);
            lines = of_unparked(lines, &Parked::by(&aside));
            reduced = reduce(&lines);
        }
        // What a stage before has set aside may go on: an invoice beside it is not the account's last.
        let standings = identify::settle(standings, &aside, lines.frame());
        let adjusted = identify::adjusted(lines.frame());
        let drafted = {
            let accounts = Accounts {
                table: &tables.accounts,
                standings: &standings,
                parked: &parked_accounts(&range.faults, &aside),
            };
            invoice::draft(&self.terms(), &accounts, &offers, &past, &reduced.kept)
        };
        without_line.extend(rated.kept.settled);
        // A service whose invoice waits claims nothing: it would go on behind days that were never billed.
        let carried = &drafted.kept.carried;
        without_line.retain(|days| !carried.contains(ids::item(&days.service_id, &days.charge)));
        aside.extend(drafted.aside);
        let aside = told(aside, carried, &adjusted);
        let Drafted {
            lines,
            drafts,
            parties,
            taxes,
            allocations,
            carried: _,
        } = drafted.kept;
        let standings = identify::settle(standings, &aside, lines.frame());
        keep_billed(&mut without_line, &standings, &Parked::by(&aside));
        let claims = claims(self.run_id, tables, &lines, &without_line);
        let is_idle = lines.is_empty() && claims.is_empty();
        let postings = post::journal(&drafts, &self.workspace.ledger);
        Ranged {
            balance: identify::balance(tables, &standings, &owners, &usage),
            billed_by: match is_idle {
                true => billed_by(&standings, &range.book),
                false => BTreeSet::new(),
            },
            line_count: lines.on_invoices(),
            documents: self.documents(&parties),
            standings: self.is_trial.then(|| owners.in_key_order(&standings)),
            wallets: Moved::default(),
            tables: vec![
                lines.frame().clone(),
                claims.frame().clone(),
                allocations.frame().clone(),
                parties.frame().clone(),
                taxes.frame().clone(),
                postings.frame().clone(),
            ],
            drafts,
            causes: Causes::of(&aside, &rate::at_stake(&all, &aside)),
            aside: self.wanted(aside),
            findings,
            tally,
        }
    }

    /// What is set aside: of a trial nobody asks for more than the standings say, and it can be every service there is.
    fn wanted(&self, aside: Vec<Aside>) -> Vec<Aside> {
        if self.is_trial { Vec::new() } else { aside }
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

/// What is set aside, with a stop in place of the pause that it is.
fn without_pauses(mut aside: Vec<Aside>) -> Vec<Aside> {
    let stopped = aside.iter().filter(|row| row.code == "stopped");
    let stopped: BTreeSet<String> = stopped.map(|row| row.service_id.clone()).collect();
    if !stopped.is_empty() {
        aside.retain(|row| row.code != "paused" || !stopped.contains(&row.service_id));
    }
    aside
}

/// The accounts a run is about, where it is not about all of them.
fn concerned<'a>(question: &Question<'_>, standings: &'a Standings) -> Option<BTreeSet<&'a str>> {
    let filters = &question.run.filters;
    let is_narrowed = filters.accounts.is_some()
        || filters.subscriptions.is_some()
        || filters.groups.is_some()
        || filters.condition.is_some();
    let frame = standings.frame();
    let rows = frame
        .text("account_id")
        .iter()
        .zip(frame.text("standing").iter());
    let selected = rows.filter(|(_, standing)| {
        let standing = standing.map(Standing::parse);
        !matches!(standing, Some(Standing::NotSelected(_)))
    });
    is_narrowed.then(|| selected.filter_map(|(account, _)| account).collect())
}

/// Accounts of which something that is due is not billed in this run.
fn open(aside: &[Aside]) -> BTreeSet<&str> {
    let is_exception = |row: &Aside| row.kind == AsideKind::Exception && row.reach != Reach::Row;
    let is_open = |row: &&Aside| is_exception(row) || row.code == "held";
    let rows = aside.iter().filter(is_open);
    rows.map(|row| row.account_id.as_str()).collect()
}

/// The days every line stands for, those of a credit being open again, and the days spoken for without a line.
fn claims(run_id: &str, tables: &Tables, lines: &Lines, without_line: &[Settled]) -> Claims {
    let frame = &lines.claiming();
    let own = tables.places.accounts(&tables.accounts);
    let payers = tables.accounts.text("invoice_to");
    let payer = |account: &str| {
        let row = own.row(account);
        let to = row.and_then(|row| own.row(payers.get(row)?));
        to.or(row)
    };
    let settled =
        |of: fn(&Settled) -> &str| text_column("", without_line.iter().map(|days| Some(of(days))));
    let days =
        |of: fn(&Settled) -> Date| date_column("", without_line.iter().map(|days| Some(of(days))));
    // Those of lines, then those without one.
    let both = |name: &str, column: Column, others: Column| {
        let mut all = column.with_name(name.into());
        all.append_owned(others).expect("columns of one type");
        all.rechunk()
    };
    let copied = |name: &str| frame.column(name).expect("a line has it").clone();
    let kinds = frame.text("kind").iter();
    let effects = frame.text("credits").iter().zip(kinds);
    let effects = effects.map(|(credited, kind)| match (credited, kind) {
        (Some(_), _) => Some("reopened"),
        (None, Some(LATE_USAGE)) => Some(LATE),
        (None, _) => Some("claimed"),
    });
    let of_settled = without_line.iter().map(|days| match days.is_late {
        true => Some(LATE),
        false => Some("claimed"),
    });
    let columns = vec![
        both(
            "service_id",
            copied("service_id"),
            settled(|days| &days.service_id),
        ),
        both("charge", copied("charge"), settled(|days| &days.charge)),
        both(
            "billed_from",
            copied("period_start"),
            days(|days| days.period.start),
        ),
        both(
            "billed_through",
            copied("period_end"),
            days(|days| days.period.end),
        ),
        both(
            "effect",
            text_column("", effects),
            text_column("", of_settled),
        ),
    ];
    let height = frame.height() + without_line.len();
    let all = DataFrame::new(height, columns).expect("columns of one height");
    // An account has several lines, one after the other.
    let (mut last, mut last_payer) = (None, None);
    let mut payers = Vec::with_capacity(height);
    for account in frame.text("account_id").iter() {
        if last != account {
            (last, last_payer) = (account, payer(account.unwrap_or_default()));
        }
        payers.push(last_payer);
    }
    payers.extend(without_line.iter().map(|days| payer(&days.account_id)));
    let [services, charges, effects] =
        ["service_id", "charge", "effect"].map(|name| all.whole_texts(name));
    let [starts, ends] = ["billed_from", "billed_through"].map(|name| all.whole_dates(name));
    let key = |row: usize| {
        let item = (services.get(row).unwrap_or_default(), charges.get(row));
        (item, starts.at(row), ends.at(row), effects.get(row))
    };
    let mut order: Vec<(Option<usize>, usize)> = payers.into_iter().zip(0..).collect();
    order.sort_by(|one, other| {
        one.0
            .cmp(&other.0)
            .then_with(|| key(one.1).cmp(&key(other.1)))
    });
    let rows = order.iter().map(|(_, row)| *row as IdxSize).collect();
    let mut claims = all
        .take(&IdxCa::from_vec("".into(), rows))
        .expect("rows within the table");
    let run = same_column("run_id", Some(run_id), height);
    claims
        .insert_column(2, run)
        .expect("a column of its height");
    Claims::in_order(claims)
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
