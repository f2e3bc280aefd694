//! What a wallet has to say beyond the types of its columns.

use super::asides::parked;
use super::typed::Typed;
use super::value::quoted;
use crate::diagnostic::Aside;
use crate::model::table::Columns;
use crate::money::Amount;
use polars::prelude::*;

/// Wallets that no debit can be taken from: `BW-V140` a credit limit below zero; `BW-X121` a currency that is not that of the account.
/// `owners` and `currencies` are the account of each and what that is billed in.
pub fn faults(wallets: &Typed, owners: &StringChunked, currencies: &StringChunked) -> Vec<Aside> {
    let limits = wallets.frame.units("credit_limit");
    let own = wallets.frame.text("currency");
    let mut aside = Vec::new();
    let rows = limits
        .zip(owners.iter())
        .zip(own.iter().zip(currencies.iter()));
    for (index, ((limit, owner), (own, wanted))) in rows.enumerate() {
        let Some(owner) = owner else { continue };
        let mut park = |column, code, message: &str| {
            aside.push(parked(wallets, index, owner, column, code, message));
        };
        let limit = limit.and_then(Amount::from_units);
        if let Some(limit) = limit.filter(|limit| limit.is_negative()) {
            let message = format!(
                "{} is negative; it says how far below zero the wallet may go",
                quoted(&limit.to_string())
            );
            park("credit_limit", "BW-V140", &message);
        }
        if let (Some(own), Some(wanted)) = (own, wanted)
            && own != wanted
        {
            let message =
                format!("{own}, and the account is billed in {wanted}; nothing is converted");
            park("currency", "BW-X121", &message);
        }
    }
    aside
}
