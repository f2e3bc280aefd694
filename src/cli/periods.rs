//! `billwright periods`: the periods a service is billed in.

use super::args::{Form, Periods};
use super::session::Session;
use crate::calendar::Period;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::frequency::{Alignment, Anchor};
use crate::report::periods::{json, parts, table};

/// Errors: `BW-C102` no days, all of them free, or a bill day for periods that do not begin on one.
pub fn periods(args: &Periods, session: &Session) -> Result<u8, Report> {
    let days = Period::new(args.from, args.to);
    if days.is_empty() {
        let message = format!("there is no day from {} up to {}", args.from, args.to);
        return Err(refused("--to", message)
            .help("the end is the first day that is not asked about; write one after `--from`")
            .into());
    }
    let free = Period::new(args.from, args.from.plus_days(args.trial_days));
    let billed = Period::new(free.end, args.to);
    if billed.is_empty() {
        let message = format!("all days from {} up to {} are free", args.from, args.to);
        return Err(refused("--to", message)
            .help(format!("write a day after {}", free.end))
            .into());
    }
    let alignment = args.alignment.unwrap_or(match args.anchor {
        None if free.is_empty() => Anchor::StartDate,
        _ => Anchor::BillDay,
    });
    if args.anchor.is_some() && alignment != Anchor::BillDay {
        let message = "only the alignment bill_day has a day of the month".to_owned();
        return Err(refused("--anchor", message)
            .help("leave `--anchor` out, or write `--alignment bill_day`")
            .into());
    }
    let alignment = Alignment {
        anchor: alignment,
        first_period: args.first_period,
    };
    let cycle = alignment.cycle_behind(args.frequency, free, args.anchor);
    let parts = parts(cycle, billed);
    match session.terminal.form {
        Form::Json => session.terminal.json(&json(&parts))?,
        Form::Table | Form::Csv => session.terminal.table(&table(&parts), "")?,
    }
    Ok(0)
}

fn refused(flag: &str, message: String) -> Diagnostic {
    Diagnostic::error("BW-C102", Place::Argument(flag.to_owned()), message)
}
