//! Ids that are made, not read.

use crate::calendar::Date;
use std::borrow::Cow;

/// A text as a part of a longer id: `/`, `:` and `%` are percent-encoded.
pub fn part(id: &str) -> Cow<'_, str> {
    if !id.contains(['/', ':', '%']) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(
        id.replace('%', "%25")
            .replace('/', "%2F")
            .replace(':', "%3A"),
    )
}

/// A part of a longer id as it was before.
pub fn of_part(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    Cow::Owned(
        part.replace("%3A", ":")
            .replace("%2F", "/")
            .replace("%25", "%"),
    )
}

/// RUN/ACCOUNT, or RUN/ACCOUNT/GROUP: the parts of a group key are encoded already, and an empty one adds nothing.
pub fn invoice_id(run_id: &str, account_id: &str, group_key: &str) -> String {
    let account = part(account_id);
    match group_key {
        "" => format!("{run_id}/{account}"),
        _ => format!("{run_id}/{account}/{group_key}"),
    }
}

/// Writes SERVICE:CHARGE:PERIOD_START; the line of an order, which has no service, is named by its charge: ORDER:LINE.
pub fn put_line_id(id: &mut String, service_id: &str, charge: &str, period_start: Date) {
    if service_id.is_empty() {
        id.push_str(charge);
        return;
    }
    id.push_str(&part(service_id));
    id.push(':');
    id.push_str(&part(charge));
    id.push(':');
    period_start.put(id);
}

/// ORDER:LINE, the charge and the line id of a line of an order.
pub fn order_line(order_id: &str, line: &str) -> String {
    format!("{}:{}", part(order_id), part(line))
}

/// What days are claimed for: a service, or the line of an order, which has no service and is named by its charge.
pub fn item<'a>(service_id: &'a str, charge: &'a str) -> &'a str {
    match service_id {
        "" => charge,
        _ => service_id,
    }
}

/// NAME@AS_OF for the first run of a definition on a day, then NAME@AS_OF.2 and so on.
pub fn run_id(definition: &str, as_of: Date, earlier: usize) -> String {
    match earlier {
        0 => format!("{definition}@{as_of}"),
        _ => format!("{definition}@{as_of}.{}", earlier + 1),
    }
}

/// The NAME@AS_OF that all runs of a definition on one day have in common.
pub fn night(run_id: &str) -> &str {
    let day = run_id.rfind('@').unwrap_or(0);
    let end = run_id[day..].find('.').map_or(run_id.len(), |at| day + at);
    &run_id[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_day_are_of_one_night() {
        assert_eq!(night("v1.2@2026-06-01"), "v1.2@2026-06-01");
        assert_eq!(night("v1.2@2026-06-01.13"), "v1.2@2026-06-01");
    }

    fn line_id(service_id: &str, charge: &str, period_start: Date) -> String {
        let mut id = String::new();
        put_line_id(&mut id, service_id, charge, period_start);
        id
    }

    #[test]
    fn separators_inside_an_id_cannot_be_mistaken() {
        let day = Date::parse("2026-02-01").unwrap();
        assert_eq!(line_id("a:b", "c/d%", day), "a%3Ab:c%2Fd%25:2026-02-01");
        assert_eq!(order_line("O:1", "2"), "O%3A1:2");
        assert_eq!(
            invoice_id(&run_id("monthly", day, 1), "A/1", ""),
            "monthly@2026-02-01.2/A%2F1"
        );
        assert_eq!(invoice_id("R", "A", "north%2Feast/7"), "R/A/north%2Feast/7");
        assert_eq!(line_id("", "O-1:2", day), "O-1:2");
        assert_eq!(item("", "O-1:2"), "O-1:2");
        assert_eq!(item("S-1", "line"), "S-1");
        assert_eq!(of_part(&part("a:b/c%2F")), "a:b/c%2F");
    }
}
