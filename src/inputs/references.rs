//! Rows of the tables tied together: each to its parent, and so to the account it belongs to.

use super::asides;
use super::ids;
use super::parents;
use super::typed::Typed;
use crate::diagnostic::{Aside, Report};
use crate::model::account::ROW;
use crate::model::table::{Columns, internal};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Tables whose rows were read one by one.
pub struct Unbound {
    pub accounts: Typed,
    pub subscriptions: Typed,
    pub services: Typed,
    pub pauses: Typed,
    pub orders: Typed,
    pub order_lines: Typed,
}

/// The same tables, every row of which belongs to an account of theirs.
pub struct Bound {
    pub accounts: DataFrame,
    pub subscriptions: DataFrame,
    pub services: DataFrame,
    pub pauses: DataFrame,
    pub orders: DataFrame,
    pub order_lines: DataFrame,
    /// Each service and the account it belongs to.
    pub owners: Owners,
    /// Rows of no known account, by table; each is in `aside` with reach `Row`.
    pub orphans: BTreeMap<&'static str, usize>,
    pub aside: Vec<Aside>,
}

/// Ties the tables together and says what is to be set aside.
///
/// Out: a row whose parent is unknown is not kept, but in `aside` with reach `Row` (`BW-X105`). The rows of a repeated service,
/// pause or line of an order are both kept and their accounts parked; of a repeated subscription or order the first is kept, so
/// that no row has two parents (`BW-X107`).
/// Errors: `BW-V101` no id, `BW-X101` an account twice, `BW-X102` ids that look the same.
pub fn tie(tables: Unbound) -> Result<Bound, Report> {
    refuse_ids(&tables)?;
    let Unbound {
        accounts,
        subscriptions,
        services,
        pauses,
        orders,
        order_lines,
    } = tables;
    let mut ties = Ties::default();
    let of_accounts = Owners::new(accounts.ids(), accounts.ids())?;
    ties.aside.extend(asides::faults(&accounts, accounts.ids()));
    ties.aside.extend(parents::faults(&accounts));

    let owners = of_accounts.of(subscriptions.frame.text("account_id"))?;
    let (subscriptions, of_subscriptions) = ties.first_of_each(subscriptions, owners)?;

    let owners = of_subscriptions.of(services.frame.text("subscription_id"))?;
    ties.aside
        .extend(asides::of_two_accounts(&services, &owners));
    let of_services = Owners::new(services.ids(), &owners)?;
    let services = ties.each(services, owners)?;

    let owners = owners_of_pauses(&pauses, &of_services, &of_accounts)?;
    let pauses = ties.each(pauses, owners)?;

    let owners = of_accounts.of(orders.frame.text("account_id"))?;
    let (orders, of_orders) = ties.first_of_each(orders, owners)?;

    let owners = of_orders.of(order_lines.frame.text("order_id"))?;
    let order_lines = ties.each(order_lines, owners)?;
    Ok(Bound {
        accounts: accounts.with_rows(),
        subscriptions,
        services,
        pauses,
        orders,
        order_lines,
        owners: of_services,
        orphans: ties.orphans,
        aside: ties.aside,
    })
}

fn refuse_ids(tables: &Unbound) -> Result<(), Report> {
    let mut report = Report::new();
    for table in [
        &tables.accounts,
        &tables.subscriptions,
        &tables.services,
        &tables.pauses,
        &tables.orders,
        &tables.order_lines,
    ] {
        report.extend(ids::without_id(table));
        report.extend(ids::look_the_same(table));
    }
    report.extend(ids::repeated_accounts(&tables.accounts));
    report.unless_errors(())
}

/// What was found on the way down the tables.
#[derive(Default)]
struct Ties {
    orphans: BTreeMap<&'static str, usize>,
    aside: Vec<Aside>,
}

impl Ties {
    /// Keeps the rows that have an owner.
    fn each(&mut self, table: Typed, owners: StringChunked) -> Result<DataFrame, Report> {
        self.aside.extend(asides::faults(&table, &owners));
        self.aside.extend(asides::repeated(&table, &owners));
        self.orphaned(&table, &owners);
        keep(table, &owners.is_not_null())
    }

    /// Keeps the rows that have an owner, of each id the first. Out: these, and whose they are.
    fn first_of_each(
        &mut self,
        table: Typed,
        owners: StringChunked,
    ) -> Result<(DataFrame, Owners), Report> {
        self.aside.extend(asides::faults(&table, &owners));
        self.aside.extend(asides::repeated(&table, &owners));
        self.orphaned(&table, &owners);
        let of_table = Owners::new(table.ids(), &owners)?;
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

/// Whose each row of a table is, by its id.
pub struct Owners(DataFrame);

const OWNER: &str = "owner";
const ID: &str = "id";

impl Owners {
    /// From sorted ids, and the account of each. Of an id that is there twice the first counts.
    fn new(ids: &StringChunked, owners: &StringChunked) -> Result<Self, Report> {
        let mut before = None;
        let first: BooleanChunked = ids
            .iter()
            .map(|id| {
                let is_first = id != before;
                before = id;
                is_first
            })
            .collect();
        let columns = vec![
            ids.clone().with_name(ID.into()).into_series().into(),
            owners.clone().with_name(OWNER.into()).into_series().into(),
        ];
        let known = &first & &owners.is_not_null();
        DataFrame::new(ids.len(), columns)
            .and_then(|frame| frame.filter(&known))
            .map(Self)
            .map_err(internal)
    }

    /// For each reference the account it leads to; null where that is unknown.
    pub fn of(&self, references: &StringChunked) -> Result<StringChunked, Report> {
        let found = self.joined(references, OWNER)?;
        Ok(found.text(OWNER).clone())
    }

    /// For each reference where its id stands among the ids, null where it is unknown; and those ids in their order.
    pub fn places_of(
        &self,
        references: &StringChunked,
    ) -> Result<(UInt32Chunked, &StringChunked), Report> {
        let numbers = UInt32Chunked::from_iter_values(ROW.into(), 0..self.0.height() as u32);
        let mut numbered = self.0.clone();
        numbered
            .with_column(numbers.into_series().into())
            .map_err(internal)?;
        let found = Self(numbered).joined(references, ROW)?;
        let found = found.column(ROW).and_then(|column| column.u32().cloned());
        Ok((found.map_err(internal)?, self.0.text(ID)))
    }

    /// The account of the id at a place.
    pub fn at(&self, place: usize) -> &str {
        self.0.text_at(OWNER, place)
    }

    fn joined(&self, references: &StringChunked, wanted: &str) -> Result<DataFrame, Report> {
        let references = references.clone().with_name(ID.into()).into_series();
        let references = DataFrame::new(references.len(), vec![references.into()]);
        let mut how = JoinArgs::new(JoinType::Left);
        how.maintain_order = MaintainOrderJoin::Left;
        references
            .map_err(internal)?
            .lazy()
            .join(self.0.clone().lazy(), [col(ID)], [col(ID)], how)
            .select([col(wanted)])
            .collect()
            .map_err(internal)
    }
}
