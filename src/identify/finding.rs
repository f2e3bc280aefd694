//! What the checks find as services are looked at.

use super::history::Billed;
use super::joined::Joined;
use super::life::Lives;
use super::service::Service;
use super::standing::Standing;
use super::watermark::{Claim, Watermark};
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::bill_run::{Check, Level};
use crate::model::finding::Finding;
use crate::model::group::Group;
use crate::model::table::{Columns, Units};
use crate::money::{Quantity, Rate};
use std::collections::{BTreeMap, BTreeSet};

/// What is found of a run as a whole, counted range by range.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Rows that are due.
    pub due: usize,
    /// Subscriptions with several lines, where the run is not narrowed to some.
    pub several: usize,
    /// By run, services that wait because it billed beyond the window's end, and the last day it did.
    pub already: BTreeMap<String, (usize, Date)>,
    /// The day of the newest usage.
    pub newest_usage: Option<Date>,
    /// The first day whose usage is not billed.
    pub usage_through: Option<Date>,
}

impl Tally {
    /// Adds that of another range.
    pub fn add(&mut self, other: Self) {
        self.due += other.due;
        self.several += other.several;
        for (run, (services, through)) in other.already {
            let (all, last) = self.already.entry(run).or_insert((0, through));
            *all += services;
            *last = through.max(*last);
        }
        self.newest_usage = self.newest_usage.max(other.newest_usage);
        self.usage_through = self.usage_through.max(other.usage_through);
    }

    /// What it comes to. `has_begin`: the window has a first day.
    pub fn findings(&self, has_begin: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |check: Check, message: String| {
            findings.push(Finding {
                check,
                account_id: String::new(),
                subscription_id: String::new(),
                service_id: String::new(),
                message,
            });
        };
        if let (Some(newest), Some(through)) = (self.newest_usage, self.usage_through)
            && newest < through.plus_days(-1)
        {
            add(
                Check::UsageComplete,
                format!(
                    "the newest usage is of {newest}, and usage up to {through} would be billed"
                ),
            );
        }
        match self.several {
            0 => (),
            1 => add(
                Check::SeveralLines,
                "1 subscription has several lines".to_owned(),
            ),
            more => add(
                Check::SeveralLines,
                format!("{more} subscriptions have several lines each"),
            ),
        }
        // What earlier runs billed beyond the window's end, where this is why the run has nothing to do.
        if has_begin || self.due == 0 {
            for (run, (services, through)) in &self.already {
                let services = match services {
                    1 => "1 service is".to_owned(),
                    more => format!("{more} services are"),
                };
                add(
                    Check::AlreadyInvoiced,
                    format!("{services} billed already by {run}, up to {through}"),
                );
            }
        }
        findings
    }
}

/// Findings as they come up, of the checks that are not off.
pub struct Found<'a> {
    levels: &'a BTreeMap<Check, Level>,
    tables: &'a Tables,
    joined: &'a Joined<'a>,
    lives: &'a Lives<'a>,
    quantities: Units<'a>,
    unit_prices: Units<'a>,
    /// Whether the book has anything of an account, and whether the run is about it.
    billed: Vec<bool>,
    selected: Vec<bool>,
    /// By run, services that wait because it billed beyond the window's end, and the last day it did.
    already: BTreeMap<&'a str, (usize, Date)>,
    pub findings: Vec<Finding>,
}

impl<'a> Found<'a> {
    pub fn new(
        levels: &'a BTreeMap<Check, Level>,
        tables: &'a Tables,
        joined: &'a Joined<'a>,
        lives: &'a Lives<'a>,
    ) -> Self {
        Self {
            levels,
            tables,
            joined,
            lives,
            quantities: tables.services.whole_units("quantity"),
            unit_prices: tables.services.whole_units("unit_price"),
            billed: vec![false; joined.account_count()],
            selected: vec![false; joined.account_count()],
            already: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    fn is_on(&self, check: Check) -> bool {
        self.levels.contains_key(&check)
    }

    fn add(&mut self, check: Check, ids: [&str; 3], message: String) {
        if self.is_on(check) {
            let [account_id, subscription_id, service_id] = ids.map(str::to_owned);
            self.findings.push(Finding {
                check,
                account_id,
                subscription_id,
                service_id,
                message,
            });
        }
    }

    fn of_service(&mut self, check: Check, row: usize, message: String) {
        let joined = self.joined;
        let (_, subscription, account) = joined.row(row);
        let ids = [
            joined.account_id(account),
            joined.subscription_id(subscription),
            joined.service_id(row),
        ];
        self.add(check, ids, message);
    }

    /// A service is older than the window, and new to the book.
    pub fn stale(&mut self, row: usize, message: &str) {
        self.of_service(Check::StaleDates, row, message.to_owned());
    }

    /// Usage of due days is not processed.
    pub fn incomplete(&mut self, row: usize, message: &str) {
        self.of_service(Check::UsageComplete, row, message.to_owned());
    }

    /// How an account stands by one of its services or orders.
    pub fn account(&mut self, account: usize, is_billed: bool, standing: Standing<'_>) {
        self.billed[account] |= is_billed;
        self.selected[account] |= !matches!(standing, Standing::NotSelected(_));
    }

    /// How a service stands.
    pub fn stand(
        &mut self,
        service: &Service<'_>,
        mark: &Watermark<'a>,
        standing: Standing<'_>,
        to: Date,
    ) {
        self.account(service.account, mark.first_claimed.is_some(), standing);
        if standing != Standing::NotDue || !self.is_on(Check::AlreadyInvoiced) {
            return;
        }
        let last = mark.claims.iter().max_by_key(|claim| claim.period.end);
        if let Some(Claim { period, run_id, .. }) = last.filter(|claim| claim.period.end > to) {
            let (services, through) = self.already.entry(run_id).or_insert((0, period.end));
            *services += 1;
            *through = period.end.max(*through);
        }
    }

    /// Compares a service with what the book has of it. Where that is adjusted, a dated change comes late and alters it all the same.
    pub fn compare(
        &mut self,
        service: &Service<'_>,
        mark: &Watermark<'_>,
        lines: &Billed<'_>,
        is_adjusted: bool,
    ) {
        if mark.first_claimed.is_none() {
            return;
        }
        if self.is_on(Check::BillDateChanged)
            && let Some(next) = self.lives.next_bill(service.rows.clone())
        {
            let is_known =
                |claim: &Claim<'_>| claim.period.start == next || claim.period.end == next;
            if !mark.claims.iter().any(is_known) && mark.first_claimed != Some(next) {
                let open = mark.billed_through().map_or_else(
                    || "nothing of it is billed".to_owned(),
                    |open| format!("it is billed up to {open}, and goes on from there"),
                );
                let message = format!("next_bill_on is {next}, and {open}");
                self.of_service(Check::BillDateChanged, service.row, message);
            }
        }
        if self.is_on(Check::ChangedWithoutDate) {
            self.compare_changes(service, mark, lines, is_adjusted);
        }
    }

    /// Changes that come without a date, or with one before days that are billed: neither alters what is billed.
    fn compare_changes(
        &mut self,
        service: &Service<'_>,
        mark: &Watermark<'_>,
        lines: &Billed<'_>,
        is_adjusted: bool,
    ) {
        let rows = service.rows.clone();
        if !self.lives.has_dated_changes(rows.clone()) {
            let Some(line) = lines.last() else { return };
            if let Some(change) = self.change(service.row, lines, line) {
                let from = mark.billed_through().unwrap_or(lines.period(line).end);
                let message = format!("{change} without an effective_on; it holds from {from}");
                self.of_service(Check::ChangedWithoutDate, service.row, message);
            }
            return;
        }
        for (row, from) in self.lives.changes(rows) {
            if is_adjusted {
                continue;
            }
            let Some(line) = lines.on(from) else { continue };
            if let Some(change) = self.change(row, lines, line) {
                let message = format!(
                    "{change} on {from}, and the days up to {} stay billed as they were",
                    lines.period(line).end
                );
                self.of_service(Check::ChangedWithoutDate, row, message);
            }
        }
    }

    /// What is otherwise than on the last line of a service.
    fn change(&self, row: usize, lines: &Billed<'_>, line: usize) -> Option<String> {
        let (was, is) = (lines.text("charge", line), self.joined.charge(row));
        if was != is {
            return Some(format!("the charge went from `{was}` to `{is}`"));
        }
        let of_usage = lines.text("kind", line) == "usage";
        let (was, is) = (
            lines.quantity(line),
            self.quantities.at(row).unwrap_or_default(),
        );
        if !of_usage && was != is {
            let [was, is] = [was, is].map(|units| {
                Quantity::from_units(units)
                    .map_or_else(String::new, |quantity| quantity.to_string())
            });
            return Some(format!("the quantity went from {was} to {is}"));
        }
        let was = (lines.text("price_from", line) == "service")
            .then(|| lines.unit_price(line))
            .flatten();
        let is = self.unit_prices.at(row);
        (was != is).then(|| {
            let [was, is] = [was, is].map(|units| {
                units
                    .and_then(Rate::from_units)
                    .map_or_else(|| "the scheme's".to_owned(), |rate| rate.to_string())
            });
            format!("the unit price went from {was} to {is}")
        })
    }

    /// Services that the book has, by a run of this definition, and the export has no longer.
    pub fn vanished(
        &mut self,
        unasked: Vec<(&str, Claim<'_>)>,
        runs: &BTreeSet<&str>,
        ended: &BTreeSet<&str>,
    ) {
        for (service, last) in unasked {
            if runs.contains(last.run_id) && !ended.contains(service) {
                let message = format!(
                    "billed up to {} by {}, and not in the export any more; it is not billed, and goes on from there if it returns",
                    last.period.end, last.run_id
                );
                self.add(Check::Vanished, ["", "", service], message);
            }
        }
    }

    /// Accounts of the run that were never billed and lack something a first invoice should have. A bill day is none of it:
    /// without one the first service's start gives the day.
    pub fn new_accounts(&mut self, groups: &BTreeMap<String, Group>) {
        if !self.is_on(Check::NewAccounts) {
            return;
        }
        let accounts = &self.tables.accounts;
        let [name, address, emails, delivery, group] =
            ["name", "address", "emails", "delivery", "group"].map(|name| accounts.text(name));
        for account in 0..self.billed.len() {
            if self.billed[account] || !self.selected[account] {
                continue;
            }
            let of_group = || groups.get(group.get(account)?)?.delivery.as_deref();
            let delivery = delivery.get(account).or_else(of_group);
            let is_mailed = !matches!(delivery, Some("none" | "hardcopy"));
            let wanted = [
                ("name", name, true),
                ("address", address, true),
                ("emails", emails, is_mailed),
            ];
            let missing: Vec<&str> = wanted
                .into_iter()
                .filter(|(_, column, is_wanted)| *is_wanted && column.get(account).is_none())
                .map(|(name, _, _)| name)
                .collect();
            if !missing.is_empty() {
                let message = format!("never billed, and without {}", missing.join(", "));
                self.add(
                    Check::NewAccounts,
                    [self.joined.account_id(account), "", ""],
                    message,
                );
            }
        }
    }

    /// Subscriptions with several lines: each is told where the run is narrowed to some; else how many.
    pub fn several_lines(&mut self, mut rows: Vec<usize>, is_narrowed: bool) -> usize {
        if !self.is_on(Check::SeveralLines) {
            return 0;
        }
        rows.sort_unstable();
        let several = rows.chunk_by(|one, next| one == next);
        let several = several.filter(|lines| lines.len() > 1);
        if !is_narrowed {
            return several.count();
        }
        for lines in several {
            let id = self.joined.subscription_id(lines[0]);
            let message = format!("{} lines", lines.len());
            self.add(Check::SeveralLines, ["", id, ""], message);
        }
        0
    }

    /// By run, services that wait because it billed beyond the window's end, and the last day it did.
    pub fn already(&mut self) -> BTreeMap<String, (usize, Date)> {
        let already = std::mem::take(&mut self.already).into_iter();
        already
            .map(|(run, services)| (run.to_owned(), services))
            .collect()
    }

    /// A subscription that no enabled bill run selects.
    pub fn uncovered(&mut self, subscription: usize, account: usize, scheme: &str) {
        let ids = [
            self.joined.account_id(account),
            self.joined.subscription_id(subscription),
            "",
        ];
        let message = format!("no enabled bill run selects it; its scheme is `{scheme}`");
        self.add(Check::Uncovered, ids, message);
    }
}
