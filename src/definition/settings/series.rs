//! How invoice numbers are printed.

use crate::definition::raw;
use crate::definition::tree::File;
use crate::definition::typed::Spanned;
use crate::diagnostic::Report;

/// A number must tell every invoice apart: `{seq}` once, and `{year}` where the count begins again each year.
pub fn number_pattern(file: &File, series: &Spanned<raw::Series>, report: &mut Report) {
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
    } else if series.value.reset == raw::Reset::Year && years == 0 {
        fault("numbers begin again each year, but the pattern has no `{year}`".to_owned());
    }
}

/// `seq:06`: a zero, then how many digits.
fn is_padded(placeholder: &str) -> bool {
    placeholder
        .strip_prefix("seq:0")
        .is_some_and(|digits| matches!(digits.parse::<u8>(), Ok(1..=12)))
}
