//! What may stand in one value: numbers, dates, currencies, names and SQL, by the `format` of the schema.

use super::raw::{WrittenAge, WrittenHours, WrittenLimit, WrittenLocalTime, WrittenTime};
use super::tree::Codes;
use crate::calendar::{Date, DateFault};
use crate::diagnostic::{is_unprintable, nearest, shown};
use crate::model::frequency::Frequency;
use crate::model::sql;
use crate::model::window::YearDay;
use crate::money::{Amount, Currency, NumberFault, Quantity, Rate};

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
    pub help: String,
    /// Byte of the value's text it begins at; the whole value where none is known.
    pub offset: Option<usize>,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: help.into(),
            offset: None,
        }
    }
}

/// Checks a text against a format. Formats that only serve editors have no faults.
///
/// Codes: `BW-D209` name, `BW-D211` not a number, `BW-D212` decimals, `BW-D213` too large, `BW-D214` time of day, `BW-D215` currency,
/// `BW-D216` percentage, `BW-D218` date, `BW-D219` date with a time of day, `BW-D245` condition, `BW-K213` length of time,
/// `BW-K220` query.
pub fn fault(format: &str, text: &str, codes: &Codes) -> Option<Fault> {
    match format {
        "rate" => number(text, Rate::parse(text).map(drop)),
        "amount" => number(text, Amount::parse(text).map(drop)).or_else(|| not_negative(text)),
        "quantity" => number(text, Quantity::parse(text).map(drop)).or_else(|| not_negative(text)),
        "percent" => number(text, Rate::parse(text).map(drop)).or_else(|| percentage(text)),
        "share" => number(text, Rate::parse_percent(text).map(drop)).or_else(|| not_negative(text)),
        "frequency" => frequency(text, codes),
        "date" => date(text),
        "age" => age(text),
        "time" => time(text),
        "hours" => hours(text),
        "limit" => limit(text),
        "local_time" => local_time(text),
        "year_day" => year_day(text),
        "currency" => currency(text, codes),
        "name" => name(text),
        "code" => code(text),
        "where" => condition(text),
        "sql" => query(text),
        _ => None,
    }
}

fn number(text: &str, read: Result<(), NumberFault>) -> Option<Fault> {
    let text_shown = shown(text);
    Some(match read.err()? {
        reason @ (NumberFault::NotANumber | NumberFault::Exponent) => {
            let message = match reason {
                NumberFault::Exponent => format!("`{text_shown}` has an exponent"),
                _ => format!("`{text_shown}` is not a decimal number"),
            };
            let help = match written_out(text) {
                Some(plain) => format!("write {plain}"),
                None => "a decimal number in plain digits is wanted, such as \"12.50\"".to_owned(),
            };
            Fault::new("BW-D211", message, help)
        }
        NumberFault::Decimals { found, allowed } => Fault::new(
            "BW-D212",
            format!("`{text_shown}` has {found} decimals"),
            format!("write at most {allowed} decimals; nothing is rounded on reading"),
        ),
        NumberFault::TooLarge { digits } => Fault::new(
            "BW-D213",
            format!("`{text_shown}` has more than {digits} digits before the point"),
            match digits {
                Rate::DIGITS => "the largest rate is 999 999 999.999999999",
                Quantity::DIGITS => "the largest quantity is 999 999 999 999.999999",
                _ => "the largest amount is 999 999 999 999 999.999",
            },
        ),
    })
}

/// Limits, bounds and included quantities.
fn not_negative(text: &str) -> Option<Fault> {
    let message = format!("`{}` is below zero", shown(text));
    text.starts_with('-')
        .then(|| Fault::new("BW-D211", message, "write zero or more"))
}

/// The plain digits of `1e-2`, `0x1F` and `0o17`, to be offered.
fn written_out(text: &str) -> Option<String> {
    let radix = |prefix, radix| {
        text.strip_prefix(prefix)
            .and_then(|digits| u64::from_str_radix(digits, radix).ok())
            .map(|number| number.to_string())
    };
    radix("0o", 8).or_else(|| radix("0x", 16)).or_else(|| {
        rust_decimal::Decimal::from_scientific(text)
            .ok()
            .map(|number| number.normalize().to_string())
    })
}

fn percentage(text: &str) -> Option<Fault> {
    let hundred = Rate::parse("100").ok()?;
    let percent = Rate::parse(text).ok()?;
    if percent.is_negative() {
        return Some(Fault::new(
            "BW-D216",
            "a percentage below zero",
            "write zero or more",
        ));
    }
    (percent > hundred).then(|| {
        Fault::new(
            "BW-D216",
            format!("{percent} % is more than 100 %"),
            "19 means 19 %, and 7.25 means 7.25 %",
        )
    })
}

fn date(text: &str) -> Option<Fault> {
    let fault = Date::parse(text).err()?;
    let day = text.get(..10).filter(|day| Date::parse(day).is_ok());
    if let Some(day) = day
        && text[10..].starts_with(['T', 't', ' '])
    {
        return Some(Fault::new(
            "BW-D219",
            format!("`{text}` has a time of day"),
            format!(
                "a date is enough: write {day}; a time may not exist, or exist twice, when clocks change"
            ),
        ));
    }
    let text = shown(text);
    Some(match fault {
        DateFault::NoSuchDay => Fault::new(
            "BW-D218",
            format!("there is no such day as {text}"),
            "look at the length of the month",
        ),
        DateFault::Form | DateFault::Range => Fault::new(
            "BW-D218",
            format!("`{text}` is {fault}"),
            "write YYYY-MM-DD, between 1970-01-01 and 2199-12-31",
        ),
    })
}

fn age(text: &str) -> Option<Fault> {
    WrittenAge::parse(text).is_none().then(|| {
        Fault::new(
            "BW-K213",
            format!("`{}` is not a length of time", shown(text)),
            "write a whole number of minutes, hours or days, such as 90m, 26h or 2d",
        )
    })
}

fn frequency(text: &str, codes: &Codes) -> Option<Fault> {
    Frequency::parse(text).is_none().then(|| {
        Fault::new(
            codes.unknown_value,
            format!("`{}` is no frequency", shown(text)),
            Frequency::HELP,
        )
    })
}

fn currency(text: &str, codes: &Codes) -> Option<Fault> {
    if Currency::parse(text).is_some() {
        return None;
    }
    // The codes offered are those in common use: EURO is meant as EUR, not as a fund's unit of account.
    const COMMON: [&str; 24] = [
        "EUR", "USD", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "CNY", "INR", "SEK", "NOK", "DKK",
        "PLN", "CZK", "HUF", "RON", "TRY", "BRL", "MXN", "ZAR", "SGD", "HKD", "KRW",
    ];
    let help = match nearest(text, COMMON) {
        Some(near) => format!("did you mean {near}?"),
        None => "write its three letters of ISO 4217, such as EUR or USD".to_owned(),
    };
    Some(Fault::new(
        codes.currency,
        format!("`{text}` is not a currency of ISO 4217 with a minor unit"),
        help,
    ))
}

/// Names become folders, run ids and references, so they are kept plain.
fn name(text: &str) -> Option<Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = text.len() <= 64
        && text.chars().all(allowed)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric());
    (!fits).then(|| {
        Fault::new(
            "BW-D209",
            format!("`{}` cannot be a name", shown(text)),
            "a name has up to 64 letters (a to z), digits, `-`, `_` and `.`, and begins with a letter or digit",
        )
    })
}

/// Codes come from other systems, so they may be anything that can be told apart on paper.
fn code(text: &str) -> Option<Fault> {
    let fits = !text.is_empty() && text.trim() == text && text.chars().count() <= 64;
    (!fits).then(|| {
        Fault::new(
            "BW-D209",
            format!("`{}` cannot be a code", shown(text)),
            "a code has 1 to 64 characters, without blanks at either end",
        )
    })
}

fn time(text: &str) -> Option<Fault> {
    WrittenTime::parse(text).is_none().then(|| {
        Fault::new(
            "BW-D214",
            format!("`{}` is not a time of day", shown(text)),
            "write it in hours and minutes, such as \"08:00\", up to \"24:00\"; seconds may follow",
        )
    })
}

fn hours(text: &str) -> Option<Fault> {
    WrittenHours::parse(text).is_none().then(|| {
        Fault::new(
            "BW-D214",
            format!(
                "`{}` does not go from one time of day to a later one",
                shown(text)
            ),
            "write both in hours and minutes, such as \"08:00-20:00\"",
        )
    })
}

fn limit(text: &str) -> Option<Fault> {
    WrittenLimit::parse(text).is_none().then(|| {
        Fault::new(
            "BW-D211",
            format!(
                "`{}` is neither a whole number nor a percentage up to 100%",
                shown(text)
            ),
            "write a number of services, such as 500, or a part of them, such as \"2%\"",
        )
    })
}

fn local_time(text: &str) -> Option<Fault> {
    WrittenLocalTime::parse(text).is_none().then(|| {
        Fault::new(
            "BW-D214",
            format!("`{}` is not a day with a time of day", shown(text)),
            "write day, hours and minutes, such as \"2026-02-01T08:00\"; the zone is the workspace's",
        )
    })
}

fn year_day(text: &str) -> Option<Fault> {
    YearDay::parse(text).is_none().then(|| {
        Fault::new(
            "BW-D218",
            format!("`{}` is not a day", shown(text)),
            "write month and day for a day of every year, such as 12-25, or the whole date, such as 2026-12-25",
        )
    })
}

fn condition(text: &str) -> Option<Fault> {
    let fault = sql::expression(text).err()?;
    Some(Fault {
        offset: Some(fault.offset),
        ..Fault::new(
            "BW-D245",
            fault.message,
            "write one SQL condition over columns, such as: region = 'US-CA'",
        )
    })
}

fn query(text: &str) -> Option<Fault> {
    let fault = sql::query(text).err()?;
    Some(Fault {
        offset: Some(fault.offset),
        ..Fault::new(
            "BW-K220",
            fault.message,
            "write one SELECT, or several joined by UNION ALL, over inputs by name",
        )
    })
}

/// What to say of a text with a character that cannot be printed; line breaks and tabs are fine.
pub fn control_character(text: &str) -> Option<String> {
    text.chars()
        .find(|&c| is_unprintable(c) && !matches!(c, '\n' | '\t'))
        .map(|c| {
            format!(
                "the text has the character U+{:04X}, which cannot be printed",
                u32::from(c)
            )
        })
}
