//! What is ahead of wallets: the pace at which money is taken from tomorrow on, and how long each lasts.

use super::lasting::{FINE, lasting};
use super::night::Fate;
use super::opened::Opened;
use super::{Terms, Wallets};
use crate::calendar::Date;
use crate::model::debits::Estimate;
use crate::model::line::RatedLines;
use crate::model::outlook::{Used, UsedAhead, WalletEstimates};
use crate::model::table::{
    Columns, Kind, count_column, date_column, flag_column, same_column, text_column, units_column,
};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is taken in a day for subscriptions under a scheme, by account, in parts of units.
type Pace<'a> = HashMap<&'a str, BTreeMap<&'a str, i128>>;

/// What an estimate is made from.
#[derive(Clone, Copy)]
pub struct Ahead<'a> {
    pub estimate: Estimate,
    /// Of recurring charges, each for the whole of the period that tomorrow lies in.
    pub prices: &'a RatedLines,
    pub services: &'a [UsedAhead],
    /// Services that were stopped when the run began.
    pub stopped: &'a BTreeSet<String>,
    /// What was debited for usage in the days that are looked back at, those of this run aside.
    pub used: &'a Used,
}

impl<'a> Ahead<'a> {
    /// The pace of all accounts. `tonight` is what this run debits; services that are stopped cost nothing.
    fn pace(
        &self,
        terms: &Terms<'_>,
        tonight: (&'a RatedLines, &[Fate]),
        stopped: &BTreeSet<&str>,
    ) -> Pace<'a> {
        let mut pace: Pace<'a> = HashMap::new();
        let mut add = |account: &'a str, scheme: &'a str, per_day: i128| {
            *pace.entry(account).or_default().entry(scheme).or_default() += per_day;
        };
        let prices = self.prices.frame();
        let text = |name: &str, row: usize| prices.text_at(name, row);
        let amounts = prices.whole_units("amount");
        let (starts, ends) = (
            prices.whole_dates("period_start"),
            prices.whole_dates("period_end"),
        );
        for row in (0..prices.height()).filter(|row| !stopped.contains(text("service_id", *row))) {
            let (Some(amount), Some(start), Some(end)) =
                (amounts.at(row), starts.at(row), ends.at(row))
            else {
                continue;
            };
            let days = i128::from((end.number() - start.number()).max(1));
            add(
                text("account_id", row),
                text("scheme", row),
                amount * FINE / days,
            );
        }
        let tonight = billed(tonight);
        let lookback = self.estimate.lookback_days;
        for service in self
            .services
            .iter()
            .filter(|it| !stopped.contains(it.service_id.as_str()))
        {
            let ids = (service.service_id.as_str(), service.charge.as_str());
            let before = self
                .used
                .get(&(service.service_id.clone(), service.charge.clone()));
            let tonight = tonight.get(&ids);
            let sum = before.copied().unwrap_or_default() + tonight.map_or(0, |it| it.debited);
            let Some(since) = service.since.or(tonight.map(|it| it.since)) else {
                continue;
            };
            // What is younger has fewer days to take the average of.
            let through = terms.debits.usage_through.of(terms.as_of).number() + 1;
            let days = (through - since.number()).clamp(1, lookback);
            if sum > 0 {
                add(
                    &service.account_id,
                    &service.scheme,
                    sum * FINE / i128::from(days),
                );
            }
        }
        pace
    }
}

/// What becomes of the usage of a service in a run.
struct Billed {
    /// In units of an amount.
    debited: i128,
    /// The first of the days that it bills, for money or for nothing.
    since: Date,
}

/// What a run bills of usage, by service and charge.
fn billed<'a>((lines, fates): (&'a RatedLines, &[Fate])) -> HashMap<(&'a str, &'a str), Billed> {
    let frame = lines.frame();
    let [services, charges, kinds] = ["service_id", "charge", "kind"].map(|name| frame.text(name));
    let (amounts, starts) = (
        frame.whole_units("amount"),
        frame.whole_dates("period_start"),
    );
    let mut all: HashMap<(&str, &str), Billed> = HashMap::new();
    for (row, fate) in fates.iter().enumerate() {
        let (Some(service), Some(charge), Some("usage"), Some(since)) = (
            services.get(row),
            charges.get(row),
            kinds.get(row),
            starts.at(row),
        ) else {
            continue;
        };
        let debited = match fate {
            Fate::Paid => amounts.at(row).unwrap_or_default(),
            Fate::Settled | Fate::Waived => 0,
            Fate::Open | Fate::Stopped => continue,
        };
        let of_service = all.entry((service, charge));
        let billed = of_service.or_insert(Billed { debited: 0, since });
        billed.debited += debited;
        billed.since = billed.since.min(since);
    }
    all
}

/// How long the wallets last that a run is about, with what it leaves in them.
pub fn estimates<'a>(
    terms: &Terms<'_>,
    wallets: &Wallets<'a>,
    opened: &Opened<'_>,
    tonight: (&'a RatedLines, &[Fate]),
    started: &BTreeSet<&str>,
) -> WalletEstimates {
    let Some(ahead) = wallets.ahead else {
        return WalletEstimates::empty();
    };
    let stopped = ahead.stopped.iter().map(String::as_str);
    let stopped = stopped.filter(|id| !started.contains(id)).collect();
    let pace = ahead.pace(terms, tonight, &stopped);
    let (table, accounts) = (&wallets.tables.wallets, &wallets.tables.accounts);
    let account_ids = accounts.whole_texts("account_id");
    let nothing = BTreeMap::new();
    let mut places = Vec::new();
    let mut found = Vec::new();
    for account in 0..accounts.height() {
        let id = account_ids.get(account).unwrap_or_default();
        if !wallets.concerns(id) || wallets.parked.contains_key(id) {
            continue;
        }
        let own = opened.starts[account]..opened.starts[account + 1];
        let pace = pace.get(id).unwrap_or(&nothing);
        found.extend(lasting(
            &opened.money[own.clone()],
            pace,
            terms.as_of,
            ahead.estimate.horizon_days,
        ));
        places.extend(own);
    }
    let height = places.len();
    let texts = |name: &str| {
        let texts = table.whole_texts(name);
        text_column(
            name,
            places
                .iter()
                .map(move |at| texts.get(opened.rows[*at]).filter(|text| !text.is_empty())),
        )
    };
    let horizon = ahead.estimate.horizon_days;
    let columns = vec![
        texts("wallet_id"),
        texts("account_id"),
        same_column("run_id", Some(terms.run_id), height),
        texts("scheme"),
        texts("currency"),
        units_column(
            "balance",
            Kind::Amount,
            places.iter().map(|at| Some(opened.money[*at].balance())),
        ),
        units_column(
            "per_day",
            Kind::Amount,
            found.iter().map(|it| Some((it.per_day + FINE / 2) / FINE)),
        ),
        date_column("as_of", (0..height).map(|_| Some(terms.as_of))),
        count_column(
            "days",
            found
                .iter()
                .map(|it| Some(it.days.unwrap_or(horizon).into())),
        ),
        date_column(
            "runs_out_on",
            found
                .iter()
                .map(|it| Some(terms.as_of.plus_days(1 + it.days?))),
        ),
        flag_column("capped", found.iter().map(|it| Some(it.days.is_none()))),
    ];
    WalletEstimates::checked(DataFrame::new(height, columns).expect("columns of one height"))
}
