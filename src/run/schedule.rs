//! When runs are made: cron starts them, and the schedule of a definition says for which day, which was missed, and when a held one
//! is tried again.

use super::ground::{Task, kept_header};
use super::look::outlined;
use super::{Flags, House, Moment};
use crate::book::{Book, StepRecord};
use crate::calendar::{Date, Pace, Slot};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::bill_run::{AsOf, BillRun};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::plan::{RunState, RunType};
use crate::model::schedule::Schedule;
use crate::report::table::Table;
use crate::report::upcoming::{self, Upcoming};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// The business date of a run that nobody has named one for: of the latest slot of its schedule, else of today.
pub(super) fn as_of(house: &House, run: &BillRun, moment: &Moment) -> Date {
    let now = moment.local(&house.loaded.workspace);
    let slot = run.schedule.and_then(|schedule| schedule.slots.latest(now));
    let today = moment.today(&house.loaded.workspace);
    of_day(run, slot.map_or(today, |slot| slot.day))
}

fn of_day(run: &BillRun, day: Date) -> Date {
    match run.as_of {
        AsOf::Slot => day,
        AsOf::Day(number) => day.with_day_clamped(number),
    }
}

/// The definitions that have a schedule, the next to run first.
pub fn upcoming(house: &House, moment: &Moment) -> Result<Table, Report> {
    let (book, view) = outlined(&house.loaded.workspace)?;
    let past = Past {
        book: book.as_ref(),
        view: &view,
    };
    let now = moment.local(&house.loaded.workspace);
    let mut rows = Vec::new();
    let runs = house.loaded.definitions.bill_runs.values();
    for run in runs.filter(|run| run.enabled) {
        if let Some(schedule) = &run.schedule
            && !past.is_over(run, schedule)?
        {
            rows.push(past.row(run, schedule, now)?);
        }
    }
    Ok(upcoming::upcoming(rows))
}

/// `BW-A112`: a run for one time that was made, and is now to be made for a later day.
pub(super) fn not_over(task: &Task, book: Option<&Book>, view: &BookView) -> Result<(), Report> {
    let Some(schedule) = task.run.schedule.filter(|schedule| schedule.is_once) else {
        return Ok(());
    };
    let past = Past { book, view };
    let first = of_day(&task.run, schedule.slots.day);
    let made = past.run_for(&task.run.name, first, |_| true)?;
    let day = task.as_of.to_string();
    let Some(made) = made.filter(|made| made.as_of < day) else {
        return Ok(());
    };
    let message = format!("it was to be made once, and run {} was", made.run_id);
    Err(
        Diagnostic::error("BW-A112", Place::Id(task.run.name.clone()), message)
            .help("take `disable_after_run` out of its schedule, if it is to go on")
            .into(),
    )
}

/// When a held run is tried again, as its schedule says.
pub(super) fn next_try(house: &House, task: &Task, moment: &Moment) -> String {
    let Some(schedule) = &task.run.schedule else {
        return "when cron or a person starts it again; it has no `schedule`".to_owned();
    };
    let now = moment.local(&house.loaded.workspace);
    let Some(slot) = schedule.slots.latest(now) else {
        let first = schedule.slots.next(now);
        return format!("on {}, by its schedule", told(first.at));
    };
    let as_of = of_day(&task.run, slot.day);
    if task.as_of != as_of || task.flags != Flags::default() {
        return format!(
            "when a person starts it again; its schedule is about {as_of} and everybody"
        );
    }
    match (schedule.retry(slot, now), schedule.retry) {
        (Some(next), Some(retry)) => format!(
            "on {}, and {} until {}",
            told(next),
            each(retry.every),
            slot.until(retry.until).format("%H:%M")
        ),
        _ => format!(
            "no more for {as_of}; the next run is on {}, and makes up for it",
            told(schedule.slots.next(now).at)
        ),
    }
}

/// `2026-06-03 at 02:45 CEST`.
fn told(at: DateTime<Tz>) -> String {
    at.format("%Y-%m-%d at %H:%M %Z").to_string()
}

fn each(pace: Pace) -> String {
    let (number, unit) = match pace {
        Pace::Minutes(number) => (number, "minute"),
        Pace::Hours(number) => (number, "hour"),
        Pace::Days(number) => (number, "day"),
        Pace::Weeks(number) => (number, "week"),
        Pace::Months(number) => (number, "month"),
    };
    match number {
        1 => format!("every {unit}"),
        _ => format!("every {number} {unit}s"),
    }
}

/// What was made, as far as the book knows.
struct Past<'a> {
    book: Option<&'a Book>,
    view: &'a BookView,
}

impl Past<'_> {
    fn row(
        &self,
        run: &BillRun,
        schedule: &Schedule,
        now: DateTime<Tz>,
    ) -> Result<Upcoming, Report> {
        let latest = schedule.slots.latest(now);
        let missed = match latest {
            Some(slot) if !self.is_answered(run, slot)? => Some(slot),
            _ => None,
        };
        let again = missed.and_then(|slot| Some((schedule.retry(slot, now)?, slot.day)));
        let (next, day) = again.unwrap_or_else(|| {
            let slot = schedule.slots.next(now);
            (slot.at, slot.day)
        });
        let runs = self.view.runs.iter().rev();
        let mut made = runs.filter(|made| made.definition == run.name && stands(made));
        Ok(Upcoming {
            next,
            definition: run.name.clone(),
            as_of: of_day(run, day).to_string(),
            overdue_since: missed.map(|slot| slot.at),
            last_run: made.next().map(|made| made.run_id.clone()),
        })
    }

    /// Whether a run over everybody was made since a slot and for its day, or found that nothing is due.
    fn is_answered(&self, run: &BillRun, slot: Slot) -> Result<bool, Report> {
        let day = of_day(run, slot.day);
        let since = slot.at.to_utc();
        if let Some(idle) = self.book.and_then(|book| book.idle(&run.name))
            && idle.at >= since
            && idle.as_of >= day.to_string()
        {
            return Ok(true);
        }
        let made = self.run_for(&run.name, day, |at| at >= since)?;
        Ok(made.is_some())
    }

    /// Whether it was to be made once, and was.
    fn is_over(&self, run: &BillRun, schedule: &Schedule) -> Result<bool, Report> {
        let first = of_day(run, schedule.slots.day);
        Ok(schedule.is_once && self.run_for(&run.name, first, |_| true)?.is_some())
    }

    /// The first run over everybody that stands, is for a day or a later one, and was made when it is asked for.
    fn run_for(
        &self,
        definition: &str,
        day: Date,
        is_meant: impl Fn(DateTime<Utc>) -> bool,
    ) -> Result<Option<&RunRecord>, Report> {
        let Some(book) = self.book else {
            return Ok(None);
        };
        let day = day.to_string();
        let runs = self.view.runs.iter();
        let runs = runs.filter(|made| made.definition == definition && stands(made));
        for made in runs.filter(|made| made.as_of >= day) {
            let steps = book.steps(&made.run_id)?;
            let at = steps.first().and_then(StepRecord::moment);
            if at.is_some_and(&is_meant) && self.is_over_everybody(made)? {
                return Ok(Some(made));
            }
        }
        Ok(None)
    }

    /// A run that somebody has set something for may all the same leave nobody out.
    fn is_over_everybody(&self, made: &RunRecord) -> Result<bool, Report> {
        if made.run_type == RunType::Batch {
            return Ok(true);
        }
        let (header, _) = kept_header(self.book, made)?;
        Ok(!Flags::kept(&header).leave_out())
    }
}

fn stands(run: &RunRecord) -> bool {
    run.state != RunState::Canceled
}
