//! What shares an invoice, beside the account: the values of the `group_by` columns.

use super::Question;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::Tables;
use crate::model::ids;
use polars::prelude::{DataFrame, DataType, StringChunked};

/// The `group_by` columns, found in their tables.
pub struct GroupBy {
    columns: Vec<(Owner, StringChunked)>,
}

/// Whose column it is.
#[derive(Clone, Copy)]
enum Owner {
    Account,
    Subscription,
    Service,
}

impl GroupBy {
    /// A name is the account's column, else the subscription's, else the service's; or it says which: `service_status`.
    ///
    /// Errors: `BW-D246` a column that none of them has.
    pub fn new(question: &Question<'_>, tables: &Tables) -> Result<Self, Report> {
        let sources = [
            (Owner::Account, "account_", &tables.accounts),
            (Owner::Subscription, "subscription_", &tables.subscriptions),
            (Owner::Service, "service_", &tables.services),
        ];
        let mut report = Report::new();
        let mut columns = Vec::new();
        for name in &question.run.invoices.group_by {
            let plain = sources
                .iter()
                .find_map(|(owner, _, table)| Some((*owner, text_of(table, name)?)));
            let prefixed = || {
                sources.iter().find_map(|(owner, prefix, table)| {
                    Some((*owner, text_of(table, name.strip_prefix(prefix)?)?))
                })
            };
            match plain.or_else(prefixed) {
                Some(column) => columns.push(column),
                None => report.push(unknown(question, name, sources.map(|(_, _, table)| table))),
            }
        }
        report.unless_errors(Self { columns })
    }

    /// The values of a service, `/` between them; `None` where nothing beside the account is asked for.
    pub fn of_service(
        &self,
        (service, subscription, account): (usize, usize, usize),
    ) -> Option<String> {
        self.key(|owner| match owner {
            Owner::Account => Some(account),
            Owner::Subscription => Some(subscription),
            Owner::Service => Some(service),
        })
    }

    /// The same of an order, which has no subscription and no service.
    pub fn of_order(&self, account: usize) -> Option<String> {
        self.key(|owner| matches!(owner, Owner::Account).then_some(account))
    }

    fn key(&self, row_of: impl Fn(Owner) -> Option<usize>) -> Option<String> {
        if self.columns.is_empty() {
            return None;
        }
        let value = |(owner, column): &(Owner, StringChunked)| {
            let value = row_of(*owner).and_then(|row| column.get(row));
            ids::part(value.unwrap_or_default()).into_owned()
        };
        let values: Vec<String> = self.columns.iter().map(value).collect();
        Some(values.join("/"))
    }
}

fn text_of(table: &DataFrame, name: &str) -> Option<StringChunked> {
    let column = table.column(name).ok()?.cast(&DataType::String).ok()?;
    column.str().ok().cloned()
}

fn unknown(question: &Question<'_>, name: &str, tables: [&DataFrame; 3]) -> Diagnostic {
    let known = tables
        .iter()
        .flat_map(|table| table.get_column_names())
        .map(|name| name.as_str());
    let message = format!("no account, subscription or service has a column `{name}` to group by");
    let problem = Diagnostic::error("BW-D246", Place::Id(question.run.name.clone()), message);
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("give `invoices.group_by` a column of the inputs"),
    }
}
