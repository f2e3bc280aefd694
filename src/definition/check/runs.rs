//! What the keys of one bill run have to do with one another, and with the payment terms it will meet.

use super::{Read, Written};
use crate::calendar::Date;
use crate::definition::raw::Selection;
use crate::definition::typed::Spanned;
use crate::diagnostic::Report;
use crate::model::bill_run::{DayWord, WindowDay};
use crate::model::frequency::Frequency;
use std::collections::BTreeSet;

/// Two words may be the wrong way round as two dates may, whatever the business date; a date and a word depend on it.
pub fn windows_begin_before_they_end(written: &Written, report: &mut Report) {
    let any_year = Date::parse("2028-01-01")
        .into_iter()
        .flat_map(|first| (0..366).map(move |days| first.plus_days(days)));
    for Read { file, raw } in &written.bill_runs {
        let (Some(from), to) = (raw.window.from.value.0, raw.window.to.0) else {
            continue;
        };
        let is_date = |day: WindowDay| matches!(day.day, DayWord::On(_));
        if is_date(from) != is_date(to) {
            continue;
        }
        if any_year.clone().all(|as_of| from.of(as_of) > to.of(as_of)) {
            let fault = file.error(
                "BW-D248",
                &raw.window.from.span,
                "the window begins after it ends",
            );
            report.push(
                fault.help("write an earlier `from`, or a later `to`; both days are in the window"),
            );
        }
    }
}

/// A frequency that no scheme of the run is billed in selects nobody, and is mostly meant for another run (C27).
pub fn frequencies_are_those_of_its_schemes(written: &Written, report: &mut Report) {
    for Read { file, raw } in &written.bill_runs {
        let Selection::Only(wanted) = &raw.criteria.frequencies else {
            continue;
        };
        let names = &raw.criteria.schemes.0;
        let read = |name: &Spanned<String>| {
            let mut schemes = written.schemes.iter();
            schemes.find(|scheme| scheme.raw.name.value == name.value)
        };
        let Some(schemes) = names.iter().map(read).collect::<Option<Vec<_>>>() else {
            continue; // said already
        };
        let known: BTreeSet<Frequency> = schemes
            .iter()
            .flat_map(|scheme| scheme.raw.frequencies.0.iter().map(|word| word.0))
            .collect();
        for frequency in wanted.iter().filter(|one| !known.contains(&one.value.0)) {
            let message = format!(
                "no scheme of this run is billed {}",
                frequency.value.0.name()
            );
            let known: Vec<_> = known.iter().map(|one| one.name()).collect();
            let fault = file.error("BW-D238", &frequency.span, message);
            report.push(fault.help(format!(
                "they are billed: {}; leave it out, or add it to a scheme",
                known.join(", ")
            )));
        }
    }
}

pub fn invoices_are_by_account_first(written: &Written, report: &mut Report) {
    for Read { file, raw } in &written.bill_runs {
        let columns = &raw.invoices.group_by.value.0;
        if let Some(first) = columns.first().filter(|first| first.value != "account") {
            let message = format!("invoices are grouped by `{}` first", first.value);
            report.push(file.error("BW-D247", &first.span, message).help(
                "write `account` first: an invoice belongs to one account; what follows parts its lines",
            ));
        }
        for (at, column) in columns.iter().enumerate().skip(1) {
            if let Some(before) = columns[..at]
                .iter()
                .find(|before| before.value == column.value)
            {
                report.push(
                    file.error(
                        "BW-D247",
                        &column.span,
                        format!("invoices are grouped by `{}` twice", column.value),
                    )
                    .label(file.place(&before.span), "the first time")
                    .help("leave it out"),
                );
            }
        }
    }
}

/// A run that says nothing adds 0, so a range without it would stop every ordinary run.
pub fn offset_ranges_have_zero(written: &Written, report: &mut Report) {
    for Read { file, raw } in &written.terms {
        if let Some(range) = &raw.due.offset_range
            && !(range.value[0]..=range.value[1]).contains(&0)
        {
            let [least, most] = range.value;
            let message = format!("0 is not between {least} and {most}");
            report.push(file.error("BW-D249", &range.span, message).help(
                "write the least offset and then the most, such as [-5, 10]; a run that names none adds 0",
            ));
        }
    }
}

/// Accounts that name no payment terms have the workspace's; what those forbid would stop every run.
pub fn due_offsets_are_in_range(written: &Written, report: &mut Report) {
    let Some(default) = written
        .settings
        .as_ref()
        .and_then(|settings| settings.raw.defaults.payment_terms.as_ref())
    else {
        return;
    };
    let Some(terms) = written
        .terms
        .iter()
        .find(|terms| terms.raw.name.value == default.value)
    else {
        return; // said already
    };
    for Read { file, raw } in &written.bill_runs {
        let offset = &raw.invoices.due.offset_days;
        let (least, most) = terms.raw.due.range();
        if (least..=most).contains(&offset.value) {
            continue;
        }
        let message = format!(
            "an offset of {} days is outside the range of the payment terms `{}`",
            offset.value, default.value
        );
        report.push(file.error("BW-D249", &offset.span, message).help(format!(
            "write a number from {least} to {most}, or widen `due.offset_range` there"
        )));
    }
}
