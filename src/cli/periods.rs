//! `billwright periods`: the periods a service is billed in.

use super::args::{Form, Periods};
use super::session::Session;
use crate::calendar::Period;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::frequency::{Alignment, Anchor};
use crate::report::periods::{json, parts, table};

/// Errors: `BW-C102` no days, or a bill day for periods that do not begin on one.
pub fn periods(args: &Periods, session: &Session) -> Result<u8, Report> {
    let days = Period::new(args.from, args.to);
    if days.is_empty() {
        let message = format!("there is no day from {} up to {}", args.from, args.to);
        return Err(refused("--to", message)
            .help("the end is the first day that is not asked about; write one after `--from`")
            .into());
    }
    let alignment = args.alignment.unwrap_or(match args.anchor {
        Some(_) => Anchor::BillDay,
        None => Anchor::StartDate,
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
    let cycle = alignment.cycle(args.frequency, args.from, args.anchor);
    let parts = parts(cycle, days);
    match session.terminal.form {
        Form::Json => session.terminal.json(&json(&parts))?,
        Form::Table | Form::Csv => session.terminal.table(&table(&parts), "")?,
    }
    Ok(0)
}

fn refused(flag: &str, message: String) -> Diagnostic {
    Diagnostic::error("BW-C102", Place::Argument(flag.to_owned()), message)
}
