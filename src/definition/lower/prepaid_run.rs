//! A prepaid run as written -> a run that debits wallets.

use super::{condition, names};
use crate::definition::raw;
use crate::definition::tree::File;
use crate::model::account::TOP_UPS;
use crate::model::bill_run::{
    BillRun, Check, Criteria, Filters, InvoiceDate, InvoiceOptions, Negative, PostingDate, Stale,
    Window, WindowDay,
};
use crate::model::debits::{Debits, Estimate, Notice, Stops};
use crate::model::scheme::ChargeType;
use crate::model::workspace::Workspace;
use crate::money::Amount;
use std::collections::{BTreeMap, BTreeSet};

/// Further back than any wallet: how old a day is never stops it from being debited.
const MAX_BEHIND_DAYS: i32 = 36_600;

pub fn prepaid_run(file: &File, raw: &raw::PrepaidRun, workspace: &Workspace) -> BillRun {
    let usage_through = raw.debit.usage_through.0;
    let mut checks = raw.checks.levels();
    if !workspace.inputs.contains_key(TOP_UPS.name) {
        checks.remove(&Check::TopUpsFresh);
    }
    BillRun {
        name: raw.name.value.clone(),
        title: raw.title.clone(),
        enabled: raw.enabled,
        schedule: raw.schedule.as_ref().map(super::schedule),
        as_of: super::as_of(raw.as_of),
        window: Window {
            from: None,
            // The days before it are whole.
            to: WindowDay {
                plus_days: usage_through.plus_days + 1,
                ..usage_through
            },
            stale: Stale::Bill,
            max_behind_days: MAX_BEHIND_DAYS,
        },
        advance_days: 0,
        charges: BTreeSet::from([
            ChargeType::Recurring,
            ChargeType::OneTime,
            ChargeType::Usage,
        ]),
        criteria: Criteria {
            schemes: names(&raw.criteria.schemes),
            classifications: raw.criteria.classifications.names(),
            account_status: raw.criteria.account_status.names(),
            ..Criteria::default()
        },
        filters: filters(file, &raw.filters),
        tax: None,
        invoices: no_invoices(),
        formats: BTreeSet::new(),
        debits: Some(debits(raw)),
        checks,
    }
}

fn debits(raw: &raw::PrepaidRun) -> Debits {
    let (debit, stop) = (&raw.debit, &raw.stop_services);
    Debits {
        granularity: debit.granularity.0,
        on_insufficient: debit.on_insufficient.0,
        on_topup: debit.on_topup.0,
        usage_through: debit.usage_through.0,
        stops: stop.enabled.value.then_some(Stops {
            needs_fresh: !stop.needs_fresh.value.is_empty(),
            at_most: stop.at_most.0,
        }),
        starts: raw.start_services.enabled,
        estimate: raw.estimate.enabled.then_some(Estimate {
            horizon_days: raw.estimate.horizon_days,
            lookback_days: raw.estimate.usage_lookback_days,
        }),
        notice: notice(&raw.notices),
    }
}

/// Nothing falls below nothing.
fn notice(raw: &raw::Notices) -> Option<Notice> {
    let low_balance = raw.low_balance.value.0;
    (low_balance > Amount::ZERO).then_some(Notice {
        low_balance,
        send: raw.send.0,
    })
}

fn filters(file: &File, raw: &raw::Filters<raw::PrepaidNarrow>) -> Filters {
    let raw::Filters::Narrow(narrow) = raw else {
        return Filters::default();
    };
    let ids = |list: &Option<raw::NonEmpty<String>>| {
        list.as_ref().map(|ids| ids.0.iter().cloned().collect())
    };
    Filters {
        accounts: ids(&narrow.accounts),
        subscriptions: ids(&narrow.subscriptions),
        orders: None,
        groups: narrow.groups.as_ref().map(names),
        condition: narrow.condition.as_ref().map(|it| condition(file, it)),
    }
}

/// Nothing of it is ever asked: a run that debits wallets has no invoices to date, to number or to hold back.
fn no_invoices() -> InvoiceOptions {
    InvoiceOptions {
        date: InvoiceDate::AsOf,
        posting_date: PostingDate::TransactionDate,
        due_offset_days: 0,
        group_by: Vec::new(),
        series: BTreeMap::new(),
        credit_series: BTreeMap::new(),
        suppress_zero_lines: false,
        suppress_zero_invoices: false,
        minimum: None,
        negative: Negative::CreditNote,
        auto_post: true,
    }
}
