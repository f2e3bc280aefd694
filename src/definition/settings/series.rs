//! How invoice numbers are printed.

use crate::definition::raw;
use crate::definition::tree::File;
use crate::definition::typed::Spanned;
use crate::diagnostic::Report;
use crate::model::workspace::{Reset, Series};
use crate::money::Currency;
use std::collections::BTreeMap;

/// The series of credit notes where a run names no other; it is there without being written.
pub const CREDIT_NOTES: &str = "credit_notes";

/// All series as meant: those written, and that of credit notes.
///
/// Errors: `BW-K223` a pattern that does not tell invoices apart, `BW-K225` two series that print the same numbers.
pub fn lower(
    file: &File,
    raw: &BTreeMap<String, Spanned<raw::Series>>,
    currency: Currency,
    report: &mut Report,
) -> BTreeMap<String, Series> {
    let written = raw.iter().map(|(name, series)| {
        let series = &series.value;
        let as_meant = Series {
            name: name.clone(),
            pattern: series.pattern.value.clone(),
            reset: series.reset.0,
            currency: series.currency.map_or(currency, |written| written.0),
            chronological: series.chronological,
        };
        (name.clone(), as_meant)
    });
    let mut all = BTreeMap::from([(CREDIT_NOTES.to_owned(), credit_notes(currency))]);
    all.extend(written);
    for series in raw.values() {
        number_pattern(file, series, report);
    }
    for (name, series) in raw {
        let pattern = &series.value.pattern;
        let same = all.values().find(|other| {
            other.name != *name && unpadded(&other.pattern) == unpadded(&pattern.value)
        });
        // Of two that are written the later one is to blame.
        if let Some(other) =
            same.filter(|other| other.name < *name || !raw.contains_key(&other.name))
        {
            let message = format!(
                "series `{name}` prints the same numbers as `{}`",
                other.name
            );
            let fault = file.error("BW-K225", &pattern.span, message);
            report.push(fault.help("give each series a text of its own, such as INV- and CN-"));
        }
    }
    all
}

fn credit_notes(currency: Currency) -> Series {
    Series {
        name: CREDIT_NOTES.to_owned(),
        pattern: "CN-{seq:06}".to_owned(),
        reset: Reset::Never,
        currency,
        chronological: true,
    }
}

/// Padding does not tell numbers apart for ever: 000001 is 1 of another width.
fn unpadded(pattern: &str) -> String {
    match pattern.split_once("{seq:") {
        Some((before, rest)) => {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            format!("{before}{{seq}}{after}")
        }
        None => pattern.to_owned(),
    }
}

/// A number must tell every invoice apart: `{seq}` once, and `{year}` where the count begins again each year.
fn number_pattern(file: &File, series: &Spanned<raw::Series>, report: &mut Report) {
    let pattern = &series.value.pattern;
    let mut fault = |message: String| {
        let fault = file.error("BW-K223", &pattern.span, message);
        report.push(fault.help(
            "write text with {seq} or {seq:06} once, and {year}, such as INV-{year}-{seq:06}",
        ));
    };
    let (mut counts, mut years) = (0, 0);
    let mut rest = pattern.value.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|close| open + close) else {
            return fault("a number pattern has a `{` that is not closed".to_owned());
        };
        match &rest[open + 1..close] {
            "year" => years += 1,
            "seq" => counts += 1,
            padded if is_padded(padded) => counts += 1,
            other => return fault(format!("a number pattern has no `{{{other}}}`")),
        }
        rest = &rest[close + 1..];
    }
    if rest.contains('}') {
        fault("a number pattern has a `}` that was not opened".to_owned());
    } else if counts != 1 {
        fault(format!(
            "a number pattern has `{{seq}}` once, not {counts} times"
        ));
    } else if series.value.reset.0 == Reset::Year && years == 0 {
        fault("numbers begin again each year, but the pattern has no `{year}`".to_owned());
    }
}

/// `seq:06`: a zero, then how many digits.
fn is_padded(placeholder: &str) -> bool {
    placeholder
        .strip_prefix("seq:0")
        .is_some_and(|digits| matches!(digits.parse::<u8>(), Ok(1..=12)))
}
