//! Lines of orders: each billed once, when what was ordered is delivered.

use super::Question;
use super::condition;
use super::criteria::Criterion;
use super::finding::Found;
use super::joined::Joined;
use super::rows::gather;
use super::selection::Selected;
use super::service::Beside;
use super::set_aside::SetAside;
use super::standing::Standing;
use super::watermark::Watermark;
use crate::calendar::{Date, Period};
use crate::diagnostic::Report;
use crate::model::account::Tables;
use crate::model::due::DueCharges;
use crate::model::ids;
use crate::model::line::Settled;
use crate::model::scheme::ChargeType;
use crate::model::table::{Columns, Kind, count_column, date_column, flag_column, text_column};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, NamedFrom};
use std::collections::HashMap;

/// Order lines as they are looked at.
pub struct OrderLines<'a> {
    question: &'a Question<'a>,
    tables: &'a Tables,
    marks: HashMap<&'a str, Watermark<'a>>,
    bill_on: Vec<Option<Date>>,
    fulfilled_on: Vec<Option<Date>>,
    due: Vec<DueLine>,
    /// Waived.
    pub settled: Vec<Settled>,
}

struct DueLine {
    line: usize,
    account: usize,
    charge: String,
    day: Date,
    group_key: Option<String>,
}

/// How an order line stands.
pub struct Looked {
    pub standing: Standing<'static>,
    /// Why it is not billed although it is ready.
    pub set_aside: Option<SetAside>,
    pub billed_through: Option<Date>,
    pub next_ready_on: Option<Date>,
}

/// For every order line its account, and the field that leaves it out, if one does.
///
/// Errors: `BW-D245` a `where` that the columns do not carry.
pub fn left_out(
    question: &Question<'_>,
    tables: &Tables,
    joined: &Joined<'_>,
    criterion: &Criterion<'_>,
) -> Result<Vec<(usize, Option<&'static str>)>, Report> {
    if tables.order_lines.height() == 0 {
        return Ok(Vec::new());
    }
    let condition = question.run.filters.condition.as_ref();
    let matching = condition
        .map(|condition| condition::of_order_lines(condition, tables))
        .transpose()?;
    let matches = |line| {
        matching
            .as_ref()
            .is_none_or(|matching| matching.get(line) == Some(true))
    };
    let lines = joined
        .order_lines()
        .enumerate()
        .map(|(line, (order, account))| {
            let left_out = criterion.order(tables.orders.text_at("order_id", order), account);
            (
                account,
                left_out.or_else(|| (!matches(line)).then_some("where")),
            )
        });
    Ok(lines.collect())
}

impl<'a> OrderLines<'a> {
    pub fn new(
        question: &'a Question<'a>,
        tables: &'a Tables,
        marks: HashMap<&'a str, Watermark<'a>>,
    ) -> Self {
        Self {
            question,
            tables,
            marks,
            bill_on: tables.order_lines.dates("bill_on").collect(),
            fulfilled_on: tables.orders.dates("fulfilled_on").collect(),
            due: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// ORDER:LINE.
    pub fn id(&self, line: usize) -> String {
        let lines = &self.tables.order_lines;
        ids::order_line(lines.text_at("order_id", line), lines.text_at("line", line))
    }

    /// Looks at all order lines. Out: the account and id of each beside how it stands.
    pub fn all(
        &mut self,
        selected: &Selected<'_>,
        beside: &Beside<'a>,
        found: &mut Found<'_>,
    ) -> Vec<(usize, String, Looked)> {
        let lines = beside.joined.order_lines().enumerate();
        let look = |(line, (order, account)): (usize, (usize, usize))| {
            let looked = match selected.order_lines[line] {
                Standing::NotDue => self.look(line, order, account, beside),
                standing => Looked {
                    standing,
                    set_aside: None,
                    billed_through: None,
                    next_ready_on: None,
                },
            };
            found.account(account, looked.billed_through.is_some(), looked.standing);
            (account, self.id(line), looked)
        };
        lines.map(look).collect()
    }

    /// Looks at a selected order line; adds it to what is due.
    fn look(&mut self, line: usize, order: usize, account: usize, beside: &Beside<'a>) -> Looked {
        let charge = self.id(line);
        let mark = self.marks.get(charge.as_str());
        let billed_through = mark.and_then(Watermark::billed_through);
        let is_open = mark.is_none_or(|mark| mark.billed.is_empty());
        let ready_on = self.bill_on[line].or(self.fulfilled_on[order]);
        let mut looked = Looked {
            standing: Standing::NotDue,
            set_aside: None,
            billed_through,
            next_ready_on: None,
        };
        if !is_open || self.tables.orders.text_at("status", order) != "fulfilled" {
            return looked;
        }
        let account_id = beside.joined.account_id(account);
        let kept_back = match ready_on {
            None => Some(SetAside::exception(
                "BW-V150",
                "neither bill_on nor fulfilled_on is known; give the order a fulfilled_on"
                    .to_owned(),
            )),
            Some(day) if day > self.question.to => {
                looked.next_ready_on = Some(day);
                return looked;
            }
            Some(day) => self.kept_back(&charge, day, account_id, account, beside),
        };
        looked.standing = kept_back
            .as_ref()
            .map_or(Standing::Billed, SetAside::standing);
        if let (None, Some(day)) = (&kept_back, ready_on) {
            self.due.push(DueLine {
                line,
                account,
                charge,
                day,
                group_key: beside.group_by.of_order(account),
            });
        }
        looked.set_aside = kept_back;
        looked
    }

    /// Why a line that is ready is not billed.
    fn kept_back(
        &mut self,
        charge: &str,
        day: Date,
        account_id: &str,
        account: usize,
        beside: &Beside<'a>,
    ) -> Option<SetAside> {
        if let Some(message) = beside.holds.held(account_id, "", None) {
            return Some(SetAside::exclusion("held", message));
        }
        if let Some(hold) = beside
            .holds
            .waived(account_id, "")
            .filter(|hold| day < hold.until)
        {
            self.settled.push(Settled {
                account_id: account_id.to_owned(),
                service_id: String::new(),
                charge: charge.to_owned(),
                period: Period::new(day, day.plus_days(1)),
                is_late: false,
            });
            return Some(SetAside::waived(hold));
        }
        if let Some(end) = beside.lives.canceled_on(account).filter(|end| *end <= day) {
            let message = format!("the account was canceled on {end}, and this was ready on {day}");
            return Some(SetAside::exclusion("ended", message));
        }
        let is_claimed = self.marks.contains_key(charge);
        beside
            .window
            .keeps_back(account_id, charge, is_claimed, day, day)
    }

    /// The due rows, in the shape of [`DueCharges`].
    pub fn table(self) -> DataFrame {
        let height = self.due.len();
        let rows = |of: fn(&DueLine) -> usize| {
            let rows: Vec<IdxSize> = self.due.iter().map(|due| of(due) as IdxSize).collect();
            IdxCa::new("".into(), rows)
        };
        let (lines, accounts) = (rows(|due| due.line), rows(|due| due.account));
        let line = |name: &str| gather(&self.tables.order_lines, name, &lines);
        let of_nobody =
            |name: &str, value: Option<&str>| text_column(name, std::iter::repeat_n(value, height));
        let count = |name: &str, value: i64| count_column(name, vec![Some(value); height]);
        let no_quantity = |name: &str| {
            let kind = Kind::Quantity.dtype();
            Column::full_null(name.into(), height, &kind)
        };
        let tax = line("tax");
        let tax = tax
            .str()
            .expect("the tax category of an order line is text");
        let columns = vec![
            gather(&self.tables.accounts, "account_id", &accounts),
            of_nobody("subscription_id", Some("")),
            of_nobody("service_id", Some("")),
            text_column("charge", self.due.iter().map(|due| Some(&due.charge))),
            of_nobody("kind", Some(ChargeType::OneTime.name())),
            of_nobody("scheme", None),
            of_nobody("frequency", None),
            text_column(
                "group_key",
                self.due.iter().map(|due| due.group_key.as_ref()),
            ),
            line("description"),
            text_column(
                "tax_category",
                tax.iter().map(|tax| tax.or(Some("standard"))),
            ),
            date_column("period_start", self.due.iter().map(|due| Some(due.day))),
            date_column(
                "period_end",
                self.due.iter().map(|due| Some(due.day.plus_days(1))),
            ),
            count("days_before", 0),
            count("days", 1),
            count("period_days", 1),
            line("quantity"),
            no_quantity("quantity_before"),
            no_quantity("included"),
            no_quantity("carried_in"),
            no_quantity("carried_out"),
            of_nobody("events", None),
            of_nobody("adjusts", None),
            Column::full_null("billed".into(), height, &Kind::Amount.dtype()),
            flag_column("is_final", vec![Some(true); height]),
            flag_column("is_raised", vec![Some(false); height]),
            line("unit_price"),
            gather(&self.tables.accounts, "currency", &accounts),
            date_column("price_version", vec![None; height]),
            count_column("period_number", vec![None; height]),
        ];
        let due = DataFrame::new(height, columns).expect("columns of one height");
        DueCharges::checked(due).frame().clone()
    }
}
