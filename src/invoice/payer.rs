//! Who pays: the account itself, or the one its invoices go to.

use super::{Fault, Terms};
use crate::model::group::Group;
use crate::model::table::{Columns, Texts};
use foldhash::fast::FixedState;
use polars::prelude::{BooleanChunked, DataFrame, Int64Chunked};
use std::collections::{BTreeMap, HashMap};

/// The accounts as payers, each known by its row.
pub struct Payers<'a> {
    pub table: &'a DataFrame,
    rows: HashMap<&'a str, usize, FixedState>,
    ids: &'a Texts,
    names: &'a Texts,
    currencies: &'a Texts,
    invoice_to: &'a Texts,
    groups: &'a Texts,
    payment_terms: &'a Texts,
    deliveries: &'a Texts,
    tax_exempt: &'a BooleanChunked,
    tax_ids: &'a Texts,
    bill_days: &'a Int64Chunked,
}

impl<'a> Payers<'a> {
    pub fn new(table: &'a DataFrame) -> Self {
        let ids = table.whole_texts("account_id");
        Self {
            table,
            rows: ids.iter().flatten().zip(0..).collect(),
            ids,
            names: table.whole_texts("name"),
            currencies: table.whole_texts("currency"),
            invoice_to: table.whole_texts("invoice_to"),
            groups: table.whole_texts("group"),
            payment_terms: table.whole_texts("payment_terms"),
            deliveries: table.whole_texts("delivery"),
            tax_exempt: table.flags("tax_exempt"),
            tax_ids: table.whole_texts("tax_id"),
            bill_days: table.counts("bill_day"),
        }
    }

    /// The row of an account that has lines.
    pub fn row(&self, account_id: &str) -> usize {
        self.rows[account_id]
    }

    pub fn id(&self, account: usize) -> &'a str {
        self.ids.get(account).unwrap_or_default()
    }

    pub fn name(&self, account: usize) -> Option<&'a str> {
        self.names.get(account)
    }

    pub fn currency(&self, account: usize) -> &'a str {
        self.currencies.get(account).unwrap_or_default()
    }

    /// The account its invoices are to go to; `None`: itself.
    fn other(&self, account: usize) -> Option<&'a str> {
        self.invoice_to
            .get(account)
            .filter(|to| *to != self.id(account))
    }

    /// The row of the account that its invoices are to go to, whether or not they can (O2).
    pub fn meant(&self, account: usize) -> usize {
        let other = self.other(account).and_then(|to| self.rows.get(to));
        other.copied().unwrap_or(account)
    }

    /// The row of the account that pays, which is one level up at most and known: inputs see to that.
    ///
    /// Errors: `BW-X119` it is billed in another currency, or parked.
    pub fn of(&self, account: usize, parked: &BTreeMap<&str, &str>) -> Result<usize, Fault> {
        let Some(to) = self.other(account) else {
            return Ok(account);
        };
        let payer = self.row(to);
        let (own, theirs) = (self.currency(account), self.currency(payer));
        if own != theirs {
            return Err(cannot_pay(
                to,
                &format!(
                    "billed in {theirs}, while it is in {own}; leave `invoice_to` empty, or name an account in {own}"
                ),
            ));
        }
        match parked.get(to) {
            Some(code) => Err(parked_payer(to, code)),
            None => Ok(payer),
        }
    }

    pub fn is_tax_exempt(&self, account: usize) -> bool {
        self.tax_exempt.get(account).unwrap_or(false)
    }

    pub fn has_tax_id(&self, account: usize) -> bool {
        self.tax_ids.get(account).is_some()
    }

    /// Its bill group. Errors: `BW-X117` there is none of that name: only selected accounts were asked before.
    pub fn group<'g>(&self, account: usize, terms: &Terms<'g>) -> Result<Option<&'g Group>, Fault> {
        let Some(name) = self.groups.get(account) else {
            return Ok(None);
        };
        let message = || format!("no definition has a group `{name}`");
        let group = terms.groups.get(name);
        group
            .map(Some)
            .ok_or_else(|| Fault::new("BW-X117", message()))
    }

    /// Its own bill day, or its group's.
    pub fn bill_day(&self, account: usize, group: Option<&Group>) -> Option<u32> {
        let own = self.bill_days.get(account);
        own.and_then(|day| u32::try_from(day).ok())
            .or(group.and_then(|group| group.bill_day))
    }

    /// Name of its own payment terms, or its group's.
    pub fn payment_terms<'b>(&self, account: usize, group: Option<&'b Group>) -> Option<&'b str>
    where
        'a: 'b,
    {
        let own = self.payment_terms.get(account);
        own.or(group.and_then(|group| group.payment_terms.as_deref()))
    }

    /// How its documents reach it; `None` where neither it nor its group says so.
    pub fn delivery<'b>(&self, account: usize, group: Option<&'b Group>) -> Option<&'b str>
    where
        'a: 'b,
    {
        let own = self.deliveries.get(account);
        own.or(group.and_then(|group| group.delivery.as_deref()))
    }
}

/// An account cannot be invoiced because the one that gets its invoices is parked.
pub fn parked_payer(payer: &str, code: &str) -> Fault {
    cannot_pay(payer, &format!("parked with {code}; mend that account"))
}

fn cannot_pay(payer: &str, why: &str) -> Fault {
    Fault::new(
        "BW-X119",
        format!("its invoices go to `{payer}`, which is {why}"),
    )
}
