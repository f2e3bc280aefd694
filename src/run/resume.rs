//! continue and cancel: what may still happen to a run that is in the book.

use super::apply::render;
use super::ground::{found, kept_header, known, steps_of, view, with_notices};
use super::{House, Moment, Outcome, Watcher, commit};
use crate::book::Book;
use crate::book::Writer;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::RunRecord;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties, Postings};
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::plan::{Plan, RunState, Stage};
use crate::report::page::counted;
use std::collections::BTreeMap;
/// Commits the next part of a run from the plan kept in the book, never computing again.
pub fn resume(
    house: &House,
    run: &str,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
    writer.settle_head()?;
    let view = view(writer.book())?;
    let record = known(&view, run)?.clone();
    let Some(stage) = record.state.stage() else {
        return Err(not_allowed(
            &record,
            "it was canceled",
            "run its definition again",
        ));
    };
    let (plan, texts) = kept_plan(writer.book(), &record)?;
    let told = until.unwrap_or(plan.header.goal);
    if stage >= told {
        let said = vec![match until {
            Some(_) => format!("Run {} is {} already.", record.run_id, record.state.name()),
            None => format!(
                "Run {} is {}: as far as its definition goes by itself. Name a stage to go on: `billwright continue {} --until post`.",
                record.run_id,
                record.state.name(),
                record.run_id
            ),
        }];
        return Ok(with_notices(
            Outcome {
                said,
                ..found(&record, &view)
            },
            house,
        ));
    }
    let record = match stage < Stage::Post {
        true => commit::advance(&mut writer, &view, &plan, &record, told, moment)?,
        false => record,
    };
    let outcome = render(
        house,
        &mut writer,
        record,
        &plan.header,
        &texts,
        told,
        moment,
        watch,
    )?;
    Ok(with_notices(outcome, house))
}

/// Takes back a run that was never posted: its files and claims end.
pub fn cancel(house: &House, run: &str, wait: bool, moment: &Moment) -> Result<Outcome, Report> {
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
    writer.settle_head()?;
    let view = view(writer.book())?;
    let record = known(&view, run)?.clone();
    if record.state.is_posted() {
        return Err(not_allowed(
            &record,
            "it is posted, and what is posted is final",
            "correct it with credit notes",
        ));
    }
    if record.state == RunState::Canceled {
        let said = vec![format!("Run {} was canceled already.", record.run_id)];
        return Ok(with_notices(
            Outcome {
                said,
                ..found(&record, &view)
            },
            house,
        ));
    }
    let record = commit::cancel(&mut writer, &view, &record, moment)?;
    let said = vec![format!(
        "Run {} is canceled: its {} and their claims are taken back, and the next run bills those days.",
        record.run_id,
        counted(usize::try_from(record.lines).unwrap_or_default(), "line")
    )];
    let after = self::view(writer.book())?;
    let outcome = Outcome {
        said,
        exit_code: 0,
        ..found(&record, &after)
    };
    Ok(with_notices(
        Outcome {
            steps: steps_of(writer.book(), &record)?,
            ..outcome
        },
        house,
    ))
}

fn not_allowed(run: &RunRecord, why: &str, help: &str) -> Report {
    Diagnostic::error("BW-A111", Place::Id(run.run_id.clone()), why)
        .help(help)
        .into()
}

/// The whole plan of a run that is not posted, from the book.
fn kept_plan(
    book: Option<&Book>,
    run: &RunRecord,
) -> Result<(Plan, BTreeMap<String, String>), Report> {
    let (header, texts) = kept_header(book, run)?;
    let book = book.expect("a run that is known is in a book");
    let id = run.run_id.as_str();
    let fact = |schema| book.facts(schema, Some(id));
    let later = |schema: &'static crate::model::table::Schema| {
        book.pending(id, schema)
            .map(|table| table.unwrap_or_else(|| schema.empty()))
    };
    let plan = Plan {
        texts: texts.clone(),
        lines: Lines::checked(fact(Lines::SCHEMA)?),
        claims: Claims::checked(fact(Claims::SCHEMA)?),
        exclusions: Exclusions::checked(fact(Exclusions::SCHEMA)?),
        exceptions: Exceptions::checked(fact(Exceptions::SCHEMA)?),
        drafts: Drafts::checked(later(Drafts::SCHEMA)?),
        parties: Parties::checked(later(Parties::SCHEMA)?),
        taxes: InvoiceTaxes::checked(later(InvoiceTaxes::SCHEMA)?),
        postings: Postings::checked(later(Postings::SCHEMA)?),
        header,
    };
    Ok((plan, texts))
}
