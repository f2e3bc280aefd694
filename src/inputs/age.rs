//! Files that are older than an input allows.

use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::plan::Pin;
use crate::model::workspace::Input;
use chrono::DateTime;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i128 = 60_000_000_000;

/// See `inputs::fresh`.
pub fn fresh(
    inputs: &BTreeMap<String, Input>,
    pins: &[Pin],
    now: DateTime<Tz>,
) -> Result<(), Report> {
    let names: BTreeSet<&str> = pins.iter().map(|pin| pin.input.as_str()).collect();
    let mut report = Report::new();
    for name in names {
        if let Some((pin, message)) = too_old(inputs, pins, name, now) {
            report.push(
                Diagnostic::error("BW-F135", Place::file(&pin.path), message).help(
                    "an upload may be missing: fetch the export again; if the old one is meant, raise `max_age`",
                ),
            );
        }
    }
    report.unless_errors(())
}

/// The newest file of an input where it is older than that allows, and how old it is: last month's stay where they are.
pub fn too_old<'a>(
    inputs: &BTreeMap<String, Input>,
    pins: &'a [Pin],
    name: &str,
    now: DateTime<Tz>,
) -> Option<(&'a Pin, String)> {
    let own = pins.iter().filter(|pin| pin.input == name);
    let pin = own.max_by_key(|pin| pin.modified)?;
    let most = inputs[name].max_age_minutes.map(i128::from)?;
    let here = now.timezone();
    let now = i128::from(now.timestamp_micros()) * 1_000;
    let minutes = (now - pin.modified).div_euclid(MINUTE);
    let message = format!(
        "written on {}, {} ago; [inputs.{name}] allows {}, so a newer one is missing since {}",
        told(pin.modified, here),
        span(minutes),
        span(most),
        told(pin.modified + most * MINUTE, here)
    );
    (minutes >= most).then_some((pin, message))
}

/// Whole hours, and minutes where there are any.
fn span(minutes: i128) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    }
}

/// A time in nanoseconds since 1970, on the clock on the wall: somebody may have to read it at night.
fn told(time: i128, zone: Tz) -> String {
    let seconds = i64::try_from(time.div_euclid(1_000_000_000)).unwrap_or_default();
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let time = time.with_timezone(&zone);
    time.format("%Y-%m-%d at %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::file;

    // FIL-033
    #[test]
    fn the_newest_file_is_held_when_it_is_too_old() {
        let usage = Input {
            max_age_minutes: Some(26 * 60),
            ..file("u-*.csv")
        };
        let inputs = BTreeMap::from([("usage".to_owned(), usage)]);
        let now: DateTime<chrono::Utc> = "2026-02-03T04:00:00Z".parse().unwrap();
        let now = now.with_timezone(&Tz::Europe__Berlin);
        let pin = |path: &str, hours: i64| Pin {
            input: "usage".to_owned(),
            path: path.to_owned(),
            size: 1,
            modified: (i128::from(now.timestamp()) - i128::from(hours * 3600 - 1)) * 1_000_000_000,
            sha256: None,
        };
        fresh(&inputs, &[pin("u-1.csv", 900), pin("u-2.csv", 26)], now).unwrap();
        let later = now + chrono::TimeDelta::minutes(5);
        let pins = [pin("u-1.csv", 900), pin("u-2.csv", 26)];
        let report = fresh(&inputs, &pins, later).unwrap_err();
        assert_eq!(report.exit_code(), 10);
        assert_eq!(
            report.iter().next().unwrap().message,
            "written on 2026-02-02 at 03:00 CET, 26h4m ago; [inputs.usage] allows 26h, so a newer one is missing since 2026-02-03 at 05:00 CET"
        );
    }
}
