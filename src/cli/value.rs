//! Days and times as people write them on a command line.

use crate::calendar::{Date, DateFault};
use crate::invoice::Off;
use crate::model::frequency::Frequency;
use crate::money::{Amount, NumberFault, Quantity, Rate};
use crate::run::Discount;
use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use std::error::Error;
use std::fmt;

/// A value that was refused: what is wrong with it, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    pub message: String,
    pub help: String,
}

impl fmt::Display for BadValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.message, self.help)
    }
}

impl Error for BadValue {}

/// A time as written: with a zone of its own, or in the workspace's, which is known once that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    Zoned(DateTime<Utc>),
    Local(NaiveDateTime),
}

impl Instant {
    /// The instant meant. A time that a clock shows twice is its first; one that no clock shows is refused.
    pub fn in_zone(self, zone: Tz) -> Result<DateTime<Utc>, BadValue> {
        match self {
            Self::Zoned(instant) => Ok(instant),
            Self::Local(time) => match zone.from_local_datetime(&time) {
                LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                    Ok(instant.to_utc())
                }
                LocalResult::None => Err(BadValue {
                    message: format!("{time} does not exist in {zone}"),
                    help: "the clocks were put forward over it; write a later time, or one with a zone such as +01:00"
                        .to_owned(),
                }),
            },
        }
    }
}

/// Reads how often something is billed.
pub fn frequency(text: &str) -> Result<Frequency, BadValue> {
    Frequency::parse(text).ok_or_else(|| BadValue {
        message: format!("`{text}` is no frequency"),
        help: Frequency::HELP.to_owned(),
    })
}

/// Reads a day, YYYY-MM-DD.
pub fn day(text: &str) -> Result<Date, BadValue> {
    Date::parse(text).map_err(|fault| BadValue {
        message: match fault {
            DateFault::NoSuchDay => format!("`{text}` is not a day of the calendar"),
            DateFault::Form | DateFault::Range => format!("`{text}` is {fault}"),
        },
        help: match fault {
            DateFault::NoSuchDay => month_length(text),
            DateFault::Form | DateFault::Range => "write a day such as 2026-02-01".to_owned(),
        },
    })
}

/// Reads how much of something there is, never less than none.
pub fn quantity(text: &str) -> Result<Quantity, BadValue> {
    let quantity = Quantity::parse(text).map_err(|fault| not_a_number(text, fault))?;
    if quantity.is_negative() {
        return Err(BadValue {
            message: format!("`{text}` is negative"),
            help: "write a quantity of zero or more".to_owned(),
        });
    }
    Ok(quantity)
}

/// Reads a price per unit.
pub fn rate(text: &str) -> Result<Rate, BadValue> {
    Rate::parse(text).map_err(|fault| not_a_number(text, fault))
}

/// Reads what is taken off: `10%`, `5.00`, or either behind a priority, `1:5.00`.
pub fn discount(text: &str) -> Result<Discount, BadValue> {
    let (priority, off) = match text.split_once(':') {
        None => (None, text),
        Some((priority, off)) => {
            let number = priority.parse::<u32>().map_err(|_| BadValue {
                message: format!("`{priority}` is no priority"),
                help: "write a whole number, then what is taken off, as in 1:5.00".to_owned(),
            })?;
            (Some(i64::from(number)), off)
        }
    };
    let percent = off
        .strip_suffix('%')
        .map(|percent| rate(percent.trim_end()));
    let off = match percent.transpose()? {
        Some(percent) => {
            let all = Rate::parse("100").expect("a number");
            if percent.is_negative() || percent > all {
                return Err(BadValue {
                    message: format!("`{off}` is not from 0% to 100%"),
                    help: "write a part of the price, such as 10%".to_owned(),
                });
            }
            Off::Percent(percent)
        }
        None => {
            let amount = Amount::parse(off).map_err(|fault| not_a_number(off, fault))?;
            if amount.is_negative() {
                return Err(BadValue {
                    message: format!("`{off}` is negative"),
                    help: "write what is taken off, such as 5.00 or 10%".to_owned(),
                });
            }
            Off::Amount(amount)
        }
    };
    Ok(Discount { off, priority })
}

/// Reads what an account says in a column, country=FR.
pub fn column(text: &str) -> Result<(String, String), BadValue> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() && !value.is_empty() => {
            Ok((column.to_owned(), value.to_owned()))
        }
        _ => Err(BadValue {
            message: format!("`{text}` does not say what a column holds"),
            help: "write a column of the accounts and its value, as in country=FR".to_owned(),
        }),
    }
}

fn not_a_number(text: &str, fault: NumberFault) -> BadValue {
    BadValue {
        message: match fault {
            NumberFault::NotANumber => format!("`{text}` is not a number"),
            NumberFault::Exponent => format!("`{text}` has an exponent"),
            NumberFault::Decimals { .. } | NumberFault::TooLarge { .. } => {
                format!("`{text}` has {fault}")
            }
        },
        help: "write plain digits, such as 12.50".to_owned(),
    }
}

/// Reads 2026-02-01, 2026-02-01T08:00 or 2026-02-01T08:00:00, the latter two with or without `Z` or an offset.
pub fn instant(text: &str) -> Result<Instant, BadValue> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Ok(Instant::Zoned(zoned.to_utc()));
    }
    if let Ok(zoned) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z") {
        return Ok(Instant::Zoned(zoned.to_utc()));
    }
    for form in ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, form) {
            return Ok(Instant::Local(local));
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|day| Instant::Local(day.into()))
        .map_err(|_| BadValue {
            message: format!("`{text}` is not a time"),
            help: "write 2026-02-01T08:00, or with a zone 2026-02-01T08:00:00Z".to_owned(),
        })
}

/// Reads one row of usage, 2026-02-02T17:30=3600.
pub fn event(text: &str) -> Result<(Instant, Quantity), BadValue> {
    let Some((at, much)) = text.rsplit_once('=') else {
        return Err(BadValue {
            message: format!("`{text}` does not say how much it was"),
            help: "write the time and the quantity, as in 2026-02-02T17:30=3600".to_owned(),
        });
    };
    Ok((instant(at)?, quantity(much)?))
}

/// `February 2026 has 28 days`, or that a year has 12 months.
fn month_length(text: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut numbers = text.split('-').map(|part| part.parse::<u32>().unwrap_or(0));
    let year = numbers.next().unwrap_or(0) as i32;
    match numbers.next() {
        Some(month @ 1..=12) => format!(
            "{} {year} has {} days",
            MONTHS[month as usize - 1],
            Date::clamped(year, month, 31).day()
        ),
        _ => "a year has months 01 to 12".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_exist_is_told_how_long_its_month_is() {
        let help = |text| day(text).unwrap_err().help;
        assert_eq!(help("2026-02-30"), "February 2026 has 28 days");
        assert_eq!(help("2028-02-30"), "February 2028 has 29 days");
        assert_eq!(help("2026-13-01"), "a year has months 01 to 12");
        assert_eq!(help("01.02.2026"), "write a day such as 2026-02-01");
    }

    #[test]
    fn a_quantity_is_written_in_plain_digits() {
        let message = |text| quantity(text).unwrap_err().to_string();
        assert_eq!(
            message("1,5"),
            "`1,5` is not a number; write plain digits, such as 12.50"
        );
        assert_eq!(
            message("1e3"),
            "`1e3` has an exponent; write plain digits, such as 12.50"
        );
        assert_eq!(
            message("-1"),
            "`-1` is negative; write a quantity of zero or more"
        );
        assert_eq!(
            rate("-0.05").map(|rate| rate.to_string()),
            Ok("-0.05".to_owned())
        );
    }

    #[test]
    fn what_is_taken_off_is_a_percentage_or_an_amount_behind_its_priority() {
        let taken = |text| {
            let Discount { off, priority } = discount(text).unwrap();
            let off = match off {
                Off::Percent(percent) => format!("{percent} %"),
                Off::Amount(amount) => amount.to_string(),
            };
            (off, priority)
        };
        assert_eq!(taken("12.5%"), ("12.50 %".to_owned(), None));
        assert_eq!(taken("5"), ("5.00".to_owned(), None));
        assert_eq!(taken("2:100%"), ("100.00 %".to_owned(), Some(2)));
        for refused in ["", "%", "-1", "-1%", "100.1%", "-1:5.00", "one:5.00", "1:"] {
            assert!(discount(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_column_has_a_name_and_says_something() {
        let pair = |text| column(text).ok();
        let wanted = ("note".to_owned(), "a=b".to_owned());
        assert_eq!(pair("note=a=b"), Some(wanted));
        assert_eq!(["country", "country=", "=DE"].map(pair), [None, None, None]);
    }

    #[test]
    fn a_time_without_a_zone_is_in_the_workspace_s() {
        let zone = chrono_tz::America::Los_Angeles;
        let utc = |text| instant(text).unwrap().in_zone(zone).unwrap().to_rfc3339();
        assert_eq!(utc("2026-02-01T08:00"), "2026-02-01T16:00:00+00:00");
        assert_eq!(utc("2026-02-01"), "2026-02-01T08:00:00+00:00");
        assert_eq!(utc("2026-02-01T08:00:00Z"), "2026-02-01T08:00:00+00:00");
        assert_eq!(utc("2026-02-01T08:00+01:00"), "2026-02-01T07:00:00+00:00");
        assert_eq!(
            utc("2026-11-01T01:30"),
            "2026-11-01T08:30:00+00:00",
            "the first of two"
        );
        assert!(
            instant("2026-03-08T02:30").unwrap().in_zone(zone).is_err(),
            "clocks put forward"
        );
        assert!(instant("tomorrow").is_err());
    }
}
