//! `billwright price`: what would it cost.

use super::args::{Form, Price};
use super::session::Session;
use crate::diagnostic::Report;
use crate::run::{self, PriceQuestion};

pub fn price(args: &Price, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let question = PriceQuestion {
        scheme: &args.scheme,
        charge: &args.charge,
        quantity: args.quantity,
        unit_price: args.unit_price,
        frequency: args.frequency,
        from: args.from,
        to: args.to,
        bill_day: args.anchor,
    };
    let today = session
        .moment(&house.loaded.workspace)?
        .today(&house.loaded.workspace);
    let priced = run::price(&house, &question, today)?;
    match session.terminal.form {
        Form::Json => session.terminal.json(&priced.to_json())?,
        Form::Csv => session.terminal.table(&priced.steps, "")?,
        Form::Table => session.terminal.page(&priced.page())?,
    }
    Ok(0)
}
