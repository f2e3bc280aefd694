//! When an invoice is to be paid.

use super::payer::Payers;
use super::{Fault, Terms};
use crate::calendar::Date;
use crate::model::group::Group;
use crate::model::terms::PaymentTerms;

/// The payment terms of a payer: its own, its group's, or the workspace's. Errors: `BW-X118` there are none of that name.
pub fn terms_of<'t>(
    terms: &Terms<'t>,
    payers: &Payers<'_>,
    payer: usize,
    group: Option<&Group>,
) -> Result<Option<&'t PaymentTerms>, Fault> {
    let name = payers.payment_terms(payer, group).or(terms.default_payment);
    let Some(name) = name else {
        return Ok(None);
    };
    let message = || format!("no definition has payment terms `{name}`");
    let found = terms.payment.get(name);
    found
        .map(Some)
        .ok_or_else(|| Fault::new("BW-X118", message()))
}

/// The days of the terms after the invoice date, and the run's offset after that (C22, AC8).
///
/// Errors: `BW-R120` an offset that the terms do not allow.
pub fn due_date(
    invoice_date: Date,
    payment: Option<&PaymentTerms>,
    offset_days: i32,
) -> Result<Date, Fault> {
    let refused = |why: String| {
        Fault::new(
            "BW-R120",
            format!("the run moves due dates by {offset_days} days, {why}"),
        )
    };
    match payment {
        _ if offset_days == 0 => {}
        None => {
            return Err(refused(
                "and the account has no payment terms that allow it; give it some, or run it without an offset".to_owned(),
            ));
        }
        Some(PaymentTerms {
            name,
            offset_range: None,
            ..
        }) => {
            return Err(refused(format!(
                "and its payment terms `{name}` allow none; give them an `offset_range`"
            )));
        }
        Some(PaymentTerms {
            name,
            offset_range: Some((least, most)),
            ..
        }) => {
            if !(*least..=*most).contains(&offset_days) {
                return Err(refused(format!(
                    "and its payment terms `{name}` allow {least} to {most}; change the offset or their `offset_range`"
                )));
            }
        }
    }
    let due_days = payment.map_or(0, |payment| payment.due_days);
    Ok(invoice_date.plus_days(due_days).plus_days(offset_days))
}
