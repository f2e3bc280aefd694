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

pub fn every_rate_says_one_thing(written: &Written, report: &mut Report) {
    for tax in &written.taxes {
        for rate in &tax.raw.rates.0 {
            let raw = &rate.value;
            let said = [
                raw.percent.map(|_| "`percent`"),
                raw.parts.as_ref().map(|_| "`parts`"),
                raw.exempt.as_ref().map(|_| "`exempt`"),
                raw.reverse_charge.as_ref().map(|_| "`reverse_charge`"),
            ];
            let said: Vec<_> = said.into_iter().flatten().collect();
            let message = match said.as_slice() {
                [_] => continue,
                [] => "a rate does not say what it comes to".to_owned(),
                several => format!("a rate has {}", several.join(" and ")),
            };
            report.push(tax.file.error("BW-D241", &rate.span, message).help(
                "write one of them: `percent`, `parts` where there are several taxes, or `exempt` or `reverse_charge` with the note for the invoice",
            ));
        }
    }
}

/// Whether every invoice that `rate` is for is one that `wider` is for.
fn covers(wider: &TaxRate, rate: &TaxRate) -> bool {
    let holds = |column: &String, value: &String| rate.matches.get(column) == Some(value);
    // A customer without a tax id goes on to the next rate.
    let takes_all = wider.reverse_charge.is_none() || rate.reverse_charge.is_some();
    takes_all
        && wider.category == rate.category
        && wider.valid_from <= rate.valid_from
        && wider
            .matches
            .iter()
            .all(|(column, value)| holds(column, value))
}
