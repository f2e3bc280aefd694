//! Rates of a tax: the first that matches counts, so one behind a wider one never does.

use super::Written;
use crate::definition::raw::TaxRate;
use crate::diagnostic::Report;

pub fn every_rate_can_count(written: &Written, report: &mut Report) {
    for tax in &written.taxes {
        let rates = &tax.raw.rates.0;
        for (at, rate) in rates.iter().enumerate() {
            let mut before = rates[..at].iter();
            let Some(wider) = before.find(|before| covers(&before.value, &rate.value)) else {
                continue;
            };
            report.push(
                tax.file
                    .error("BW-D232", &rate.span, "this rate never counts: an earlier one holds wherever it would")
                    .label(tax.file.place(&wider.span), "the earlier one")
                    .help("the first rate that matches counts: list the newest `valid_from` first, and the wider `match` last"),
            );
        }
    }
}

/// Whether every invoice that `rate` is for is one that `wider` is for.
fn covers(wider: &TaxRate, rate: &TaxRate) -> bool {
    let holds = |column: &String, value: &String| rate.matches.get(column) == Some(value);
    wider.category == rate.category
        && wider.valid_from <= rate.valid_from
        && wider
            .matches
            .iter()
            .all(|(column, value)| holds(column, value))
}
