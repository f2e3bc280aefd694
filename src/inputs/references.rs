//! Rows of the tables tied together: each to its parent, and so to the account it belongs to.

use super::asides;
use super::discounts;
use super::ids;
use super::parents;
use super::top_ups;
use super::typed::Typed;
use super::wallets;
use crate::diagnostic::{Aside, Report};
use crate::model::index::{Index, NOWHERE};
use crate::model::places::Places;
use crate::model::table::{Columns, internal};
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tables whose rows were read one by one.
pub struct Unbound {
    pub accounts: Typed,
    pub subscriptions: Typed,
    pub services: Typed,
    pub pauses: Typed,
    pub orders: Typed,
    pub order_lines: Typed,
    pub discounts: Typed,
    pub credits: Typed,
    pub wallets: Typed,
    pub top_ups: Typed,
}

/// The same tables, every row of which belongs to an account of theirs.
pub struct Bound {
    pub accounts: DataFrame,
    pub subscriptions: DataFrame,
    pub services: DataFrame,
    pub pauses: DataFrame,
    pub orders: DataFrame,
    pub order_lines: DataFrame,
    pub discounts: DataFrame,
    pub credits: DataFrame,
    pub wallets: DataFrame,
    pub top_ups: DataFrame,
    /// The account of every row of the services.
    pub owners_of_services: StringChunked,
    pub places: Places,
    /// Rows of no known account, by table; each is in `aside` with reach `Row`.
    pub orphans: BTreeMap<&'static str, usize>,
    pub aside: Vec<Aside>,
}

/// Ties the tables together and says what is to be set aside.
///
/// Out: a row whose parent is unknown is not kept, but in `aside` with reach `Row` (`BW-X105`). The rows of a repeated service,
/// pause or line of an order are both kept and their accounts parked; of a repeated subscription, order or wallet the first is kept, so
/// that no row has two parents (`BW-X107`). Top-ups are given the account of their wallet.
/// Errors: `BW-V101` no id, `BW-X101` an account twice, `BW-X102` ids that look the same.
pub fn tie(tables: Unbound) -> Result<Bound, Report> {
    let index = |table: &Typed| Arc::new(Index::new(table.ids()));
    let indexes = || {
        rayon::join(
            || index(&tables.services),
            || (index(&tables.accounts), index(&tables.subscriptions)),
        )
    };
    let (refused, indexes) = rayon::join(|| refuse_ids(&tables), indexes);
    refused?;
    let (index_of_services, (index_of_accounts, index_of_subscriptions)) = indexes;
    let Unbound {
        accounts,
        subscriptions,
        services,
        pauses,
        orders,
        order_lines,
        discounts,
        credits,
        wallets,
        top_ups,
    } = tables;
    let mut ties = Ties::default();
    let of_accounts = Owners::new(index_of_accounts, accounts.ids());
    ties.aside.extend(asides::faults(&accounts, accounts.ids()));
    ties.aside.extend(parents::faults(&accounts));

    let (read, read_subscriptions) = (services.frame.height(), subscriptions.frame.height());
    let bought = || -> Result<_, Report> {
        let owners = of_accounts.of(subscriptions.frame.text("account_id"))?;
        let (subscriptions, of_subscriptions) =
            ties.first_of_each(subscriptions, owners, index_of_subscriptions)?;
        let owners = of_subscriptions.of(services.frame.text("subscription_id"))?;
        ties.aside
            .extend(asides::of_two_accounts(&services, &owners));
        let of_services = Owners::new(index_of_services, &owners);
        let (services, owners) = ties.each(services, owners)?;
        Ok((
            (subscriptions, of_subscriptions),
            (services, of_services, owners),
        ))
    };
    // What was bought and what was paid in know nothing of one another.
    let paid = || money(wallets, top_ups, &accounts, &of_accounts);
    let (bought, paid) = rayon::join(bought, paid);
    let ((subscriptions, of_subscriptions), (services, of_services, owners_of_services)) = bought?;
    let (found, wallets, top_ups) = paid?;
    ties.orphans.extend(found.orphans);
    ties.aside.extend(found.aside);

    let owners = owners_of_pauses(&pauses, &of_services, &of_accounts)?;
    let (pauses, _) = ties.each(pauses, owners)?;

    let owners = of_accounts.of(orders.frame.text("account_id"))?;
    let index_of_orders = index(&orders);
    let (orders, of_orders) = ties.first_of_each(orders, owners, index_of_orders)?;

    let owners = of_orders.of(order_lines.frame.text("order_id"))?;
    let (order_lines, _) = ties.each(order_lines, owners)?;

    let owners = owners_of_discounts(&discounts, &of_services, &of_subscriptions, &of_accounts)?;
    ties.aside.extend(discounts::faults(&discounts, &owners));
    let (mut discounts, owners) = ties.each(discounts, owners)?;
    // Whoever looks for those of an account finds them by it.
    let owners = owners.with_name("account_id".into()).into_series();
    discounts.with_column(owners.into()).map_err(internal)?;

    let owners = of_accounts.of(credits.frame.text("account_id"))?;
    ties.aside
        .extend(discounts::faults_of_credits(&credits, &owners));
    let (credits, _) = ties.each(credits, owners)?;

    let places = match read == services.height() && read_subscriptions == subscriptions.height() {
        true => Places::known(of_accounts.index, of_subscriptions.index, of_services.index),
        // Rows that are not kept have moved those behind them.
        false => Places::default(),
    };
    Ok(Bound {
        accounts: accounts.with_rows(),
        subscriptions,
        services,
        pauses,
        orders,
        order_lines,
        discounts,
        credits,
        wallets,
        top_ups,
        owners_of_services,
        places,
        orphans: ties.orphans,
        aside: ties.aside,
    })
}

/// Wallets, and the top-ups of each.
fn money(
    wallets: Typed,
    top_ups: Typed,
    accounts: &Typed,
    of_accounts: &Owners,
) -> Result<(Ties, DataFrame, DataFrame), Report> {
    let mut ties = Ties::default();
    let owners = of_accounts.of(wallets.frame.text("account_id"))?;
    let currencies = Owners {
        owners: accounts.frame.text("currency").clone(),
        index: of_accounts.index.clone(),
    };
    let currencies = currencies.of(wallets.frame.text("account_id"))?;
    ties.aside
        .extend(wallets::faults(&wallets, &owners, &currencies));
    let index_of_wallets = Arc::new(Index::new(wallets.ids()));
    let (wallets, of_wallets) = ties.first_of_each(wallets, owners, index_of_wallets)?;

    let owners = of_wallets.of(top_ups.frame.text("wallet_id"))?;
    ties.aside.extend(top_ups::faults(&top_ups, &owners));
    let (mut top_ups, owners) = ties.each(top_ups, owners)?;
    let owners = owners.with_name("account_id".into()).into_series();
    top_ups.with_column(owners.into()).map_err(internal)?;
    let top_ups = top_ups::in_order(top_ups)?;
    Ok((ties, wallets, top_ups))
}

fn refuse_ids(tables: &Unbound) -> Result<(), Report> {
    let tables = [
        &tables.accounts,
        &tables.subscriptions,
        &tables.services,
        &tables.pauses,
        &tables.orders,
        &tables.order_lines,
        &tables.discounts,
        &tables.credits,
        &tables.wallets,
        &tables.top_ups,
    ];
    let looked_at = tables.par_iter().map(|table| {
        let mut report = ids::without_id(table);
        report.extend(ids::look_the_same(table));
        report
    });
    let mut report = Report::new();
    for found in looked_at.collect::<Vec<_>>() {
        report.extend(found);
    }
    report.extend(ids::repeated_accounts(tables[0]));
    report.unless_errors(())
}

/// What was found on the way down the tables.
#[derive(Default)]
struct Ties {
    orphans: BTreeMap<&'static str, usize>,
    aside: Vec<Aside>,
}

impl Ties {
    /// Keeps the rows that have an owner. Out: these, and the owner of each.
    fn each(
        &mut self,
        table: Typed,
        owners: StringChunked,
    ) -> Result<(DataFrame, StringChunked), Report> {
        self.aside.extend(asides::faults(&table, &owners));
        self.aside.extend(asides::repeated(&table, &owners));
        self.orphaned(&table, &owners);
        if owners.null_count() == 0 {
            return Ok((table.with_rows(), owners));
        }
        let kept = owners.is_not_null();
        let known = owners.filter(&kept).map_err(internal)?;
        Ok((keep(table, &kept)?, known))
    }

    /// Keeps the rows that have an owner, of each id the first. Out: these, and whose they are.
    fn first_of_each(
        &mut self,
        table: Typed,
        owners: StringChunked,
        index: Arc<Index>,
    ) -> Result<(DataFrame, Owners), Report> {
        self.aside.extend(asides::faults(&table, &owners));
        self.aside.extend(asides::repeated(&table, &owners));
        self.orphaned(&table, &owners);
        let of_table = Owners::new(index, &owners);
        let mut kept = owners.is_not_null();
        if !table.ids_differ {
            let again = ids::repeats(&table);
            let first: BooleanChunked = again.iter().map(Option::is_none).collect();
            let left_out = asides::left_out(&table, &owners, &first);
            *self.orphans.entry(table.demands.name()).or_default() += left_out.len();
            self.aside.extend(left_out);
            kept = &kept & &first;
        }
        Ok((keep(table, &kept)?, of_table))
    }

    fn orphaned(&mut self, table: &Typed, owners: &StringChunked) {
        *self.orphans.entry(table.demands.name()).or_default() += owners.null_count();
        self.aside.extend(asides::orphans(table, owners));
    }
}

fn keep(table: Typed, mask: &BooleanChunked) -> Result<DataFrame, Report> {
    let frame = table.with_rows();
    if mask.all() {
        return Ok(frame);
    }
    frame.filter(mask).map_err(internal)
}

/// A pause is of a service, or of all services of an account.
fn owners_of_pauses(
    pauses: &Typed,
    of_services: &Owners,
    of_accounts: &Owners,
) -> Result<StringChunked, Report> {
    let services = pauses.frame.text("service_id");
    let by_service = of_services.of(services)?;
    let by_account = of_accounts.of(pauses.frame.text("account_id"))?;
    by_service
        .zip_with(&services.is_not_null(), &by_account)
        .map_err(internal)
}

/// A discount is of a service, of a subscription, or of an account.
fn owners_of_discounts(
    discounts: &Typed,
    of_services: &Owners,
    of_subscriptions: &Owners,
    of_accounts: &Owners,
) -> Result<StringChunked, Report> {
    let services = discounts.frame.text("service_id");
    let subscriptions = discounts.frame.text("subscription_id");
    let by_account = of_accounts.of(discounts.frame.text("account_id"))?;
    let by_subscription = of_subscriptions.of(subscriptions)?;
    let wider = by_subscription
        .zip_with(&subscriptions.is_not_null(), &by_account)
        .map_err(internal)?;
    of_services
        .of(services)?
        .zip_with(&services.is_not_null(), &wider)
        .map_err(internal)
}

/// References that are followed by one thread in one go.
const PIECE: usize = 1 << 18;

/// Whose each row of a table is, by its id.
pub struct Owners {
    index: Arc<Index>,
    owners: StringChunked,
}

impl Owners {
    /// From an index of ids, and the account of each.
    fn new(index: Arc<Index>, owners: &StringChunked) -> Self {
        Self {
            index,
            owners: owners.clone(),
        }
    }

    /// For each reference the account it leads to; null where that is unknown.
    pub fn of(&self, references: &StringChunked) -> Result<StringChunked, Report> {
        let rows = self.index.rows(references);
        let pieces = rows.par_chunks(PIECE).map(|rows| {
            let known = rows.iter().map(|row| (*row != NOWHERE).then_some(*row));
            let rows: IdxCa = match rows.contains(&NOWHERE) {
                false => IdxCa::from_slice("".into(), rows),
                true => known.collect_ca("".into()),
            };
            self.owners.take(&rows)
        });
        let pieces = pieces.collect::<PolarsResult<Vec<_>>>().map_err(internal)?;
        let mut pieces = pieces.into_iter();
        let mut owners = pieces.next().unwrap_or_else(|| self.owners.clear());
        pieces
            .try_for_each(|piece| owners.append(&piece))
            .map_err(internal)?;
        // In one piece, since rows are looked up one by one.
        Ok(owners.rechunk().into_owned())
    }
}
