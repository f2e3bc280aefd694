//! What the keys of a schedule have to do with one another.

use super::Written;
use crate::calendar::{DAY, Pace, SECOND};
use crate::definition::raw;
use crate::definition::tree::File;
use crate::diagnostic::Report;

/// A retry that lies behind the last hour or the next slot is never made, and somebody counts on it at night.
pub fn retries_come(written: &Written, report: &mut Report) {
    let bill_runs = written.bill_runs.iter();
    let bill_runs = bill_runs.map(|run| (&run.file, &run.raw.schedule));
    let prepaid_runs = written.prepaid_runs.iter();
    let prepaid_runs = prepaid_runs.map(|run| (&run.file, &run.raw.schedule));
    for (file, schedule) in bill_runs.chain(prepaid_runs) {
        if let Some(schedule) = schedule
            && let Some(retry) = &schedule.retry
        {
            of_retry(file, schedule, retry, report);
        }
    }
}

fn of_retry(file: &File, schedule: &raw::Schedule, retry: &raw::Retry, report: &mut Report) {
    let wait = retry.every.value.pace().minutes();
    let apart = schedule.every.pace();
    let open = open_minutes(schedule, retry);
    let message = match () {
        () if wait >= apart.minutes() => {
            format!("a try after {wait} minutes comes no sooner than the next run")
        }
        () if open.is_some_and(|open| wait > open) => format!(
            "a try after {wait} minutes comes after {}",
            clock(retry.until.0)
        ),
        () => return,
    };
    report.push(
        file.error("BW-D260", &retry.every.span, message)
            .help("write fewer minutes, a later `until`, or leave `retry` out"),
    );
}

/// Minutes between a run and the last hour; `None` where runs are at several hours of a day.
fn open_minutes(schedule: &raw::Schedule, retry: &raw::Retry) -> Option<i64> {
    let (_, time) = schedule.start_at.0;
    if matches!(schedule.every.pace(), Pace::Minutes(_) | Pace::Hours(_)) {
        return None;
    }
    let open = (retry.until.0 - time).rem_euclid(DAY);
    Some(if open == 0 { DAY } else { open } / (60 * SECOND))
}

/// `06:00`.
fn clock(time: i64) -> String {
    let minutes = time / (60 * SECOND);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
