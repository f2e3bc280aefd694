//! Top-ups: each a moment and an amount, and each id once.

use super::asides::parked;
use super::column::Fault;
use super::demands::TOP_UPS;
use super::export::Export;
use super::ids::{self, told};
use super::typed::{self, Typed};
use super::usage::{Zones, moments};
use super::value::quoted;
use crate::diagnostic::{Aside, Diagnostic, Report};
use crate::model::account;
use crate::model::table::{Columns, internal, text_column};
use crate::money::Amount;
use chrono::DateTime;
use polars::prelude::*;

/// Top-ups of which each id is there once.
pub struct TopUps {
    pub table: Typed,
    /// Rows whose id was there before with the same content.
    pub repeated: usize,
}

/// The table of a workspace that names no such input.
pub fn none() -> TopUps {
    let mut table = typed::none(TOP_UPS);
    let mut frame = account::TOP_UPS.empty();
    let rows = table
        .frame
        .column(account::ROW)
        .expect("every table has it");
    frame
        .with_column(rows.clone())
        .expect("no schema has this column");
    table.frame = frame;
    TopUps { table, repeated: 0 }
}

/// Reads an export as the table, sorted by id; `account_id` is still empty.
///
/// Errors: those of any table, and `BW-X126` an id with other content.
pub fn typed(export: Export, zones: Zones) -> Result<TopUps, Report> {
    typed::refuse_shape(&export, TOP_UPS)?;
    let names = ("at", "on");
    let moments = moments::read(&export.frame, names, zones.input, zones.workspace);
    let (moments, faults) = moments.map_err(internal)?;
    let mut table = typed::typed(export, TOP_UPS)?;
    ids::without_id(&table).unless_errors(())?;
    place_moments(&mut table, moments, faults).map_err(internal)?;
    let again = repeats(&table)?;
    let repeated = again.iter().filter(|again| **again).count();
    if repeated > 0 {
        leave_out(&mut table, &again).map_err(internal)?;
    }
    table.ids_differ = true;
    Ok(TopUps { table, repeated })
}

/// Moments were read in the order of the files, and go where their rows went.
fn place_moments(table: &mut Typed, moments: Vec<Column>, faults: Vec<Fault>) -> PolarsResult<()> {
    let height = table.frame.height();
    let positions: Vec<usize> = (0..height).map(|index| table.position(index)).collect();
    let mut places = vec![0; height];
    for (index, position) in positions.iter().enumerate() {
        places[*position] = index;
    }
    let taken = positions.iter().map(|position| *position as IdxSize);
    let taken = IdxCa::from_vec("".into(), taken.collect());
    for column in moments {
        table.frame.with_column(column.take(&taken)?)?;
    }
    let nobody = text_column("account_id", std::iter::repeat_n(None::<&str>, height));
    table.frame.with_column(nobody)?;
    let schema = account::TOP_UPS.columns.iter().map(|(name, _)| *name);
    let schema: Vec<&str> = schema.chain([account::ROW]).collect();
    let extras = table
        .frame
        .columns()
        .iter()
        .map(|column| column.name().as_str());
    let extras = extras.filter(|name| !schema.contains(name));
    let order: Vec<String> = schema
        .iter()
        .copied()
        .chain(extras)
        .map(str::to_owned)
        .collect();
    table.frame = table.frame.select(order)?;
    table.faults.extend(faults.into_iter().map(|fault| Fault {
        index: places[fault.index],
        ..fault
    }));
    Ok(())
}

/// For each row whether its id was there before. Rows of one id stand one after the other, in the order of their files.
fn repeats(table: &Typed) -> Result<Vec<bool>, Report> {
    let ids = table.ids();
    let content = |row| Content::of(table, row);
    let mut again = Vec::with_capacity(ids.len());
    let mut others = Vec::new();
    let mut first = 0;
    for row in 0..ids.len() {
        let is_again = row > 0 && ids.get(row) == ids.get(first);
        again.push(is_again);
        if !is_again {
            first = row;
        } else if content(row) != content(first) {
            others.push((first, row));
        }
    }
    let report = told(others.into_iter().map(|(first, row)| {
        let message = format!(
            "top-up {} a second time, with other content: {}",
            quoted(ids.get(row).unwrap_or_default()),
            content(row).shown()
        );
        Diagnostic::error("BW-X126", table.place(row, "top_up_id"), message)
            .label(table.place(first, "top_up_id"), content(first).shown())
            .help("an id means one thing for good: correct the export, and give what is new an id of its own")
    }));
    report.unless_errors(again)
}

/// What an id stands for.
#[derive(PartialEq)]
struct Content<'a> {
    wallet: Option<&'a str>,
    at: Option<i64>,
    amount: Option<Amount>,
    expires_on: Option<crate::calendar::Date>,
}

impl<'a> Content<'a> {
    fn of(table: &'a Typed, row: usize) -> Self {
        let frame = &table.frame;
        Self {
            wallet: frame.text("wallet_id").get(row),
            at: frame.counts("at").get(row),
            amount: frame
                .units("amount")
                .nth(row)
                .flatten()
                .and_then(Amount::from_units),
            expires_on: frame.dates("expires_on").nth(row).flatten(),
        }
    }

    fn shown(&self) -> String {
        let time = self.at.and_then(DateTime::from_timestamp_micros);
        let time = time.map(|time| time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string());
        let amount = self.amount.map(|amount| amount.to_string());
        let expires = self.expires_on.map(|day| format!(", expires on {day}"));
        format!(
            "{} for wallet {} at {}{}",
            amount.as_deref().unwrap_or("nothing"),
            quoted(self.wallet.unwrap_or_default()),
            time.as_deref().unwrap_or("no time"),
            expires.unwrap_or_default()
        )
    }
}

fn leave_out(table: &mut Typed, again: &[bool]) -> PolarsResult<()> {
    let kept: BooleanChunked = again.iter().map(|again| Some(!again)).collect();
    table.frame = table.frame.filter(&kept)?;
    let mut index = 0;
    let moved: Vec<usize> = again
        .iter()
        .map(|again| {
            let at = index;
            index += usize::from(!again);
            at
        })
        .collect();
    table.faults.retain(|fault| !again[fault.index]);
    for fault in &mut table.faults {
        fault.index = moved[fault.index];
    }
    Ok(())
}

/// Top-ups of nothing or less: `BW-V140`.
pub fn faults(top_ups: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let amounts = top_ups.frame.units("amount").zip(owners.iter()).enumerate();
    let told = amounts.filter_map(|(index, (amount, owner))| {
        let amount = amount.and_then(Amount::from_units)?;
        if !amount.is_zero() && !amount.is_negative() {
            return None;
        }
        let message = format!(
            "{} is not above zero; what is taken out of a wallet is a debit",
            quoted(&amount.to_string())
        );
        Some(parked(
            top_ups, index, owner?, "amount", "BW-V140", &message,
        ))
    });
    told.collect()
}

/// By wallet, then by when they were made.
pub fn in_order(frame: DataFrame) -> Result<DataFrame, Report> {
    let order = SortMultipleOptions::default().with_maintain_order(true);
    frame.sort(account::TOP_UPS.key, order).map_err(internal)
}
