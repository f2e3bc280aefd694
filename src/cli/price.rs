//! `billwright price`: what would it cost.

use super::args::{Form, Price};
use super::session::Session;
use super::value::Instant;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::events::Event;
use crate::money::Quantity;
use crate::run::{self, Asked, PriceQuestion};

pub fn price(args: &Price, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let zone = house.loaded.workspace.timezone;
    let event = |(at, quantity): &(Instant, Quantity)| {
        let at = at.in_zone(zone).map_err(|bad| {
            let place = Place::Argument("--event".to_owned());
            Diagnostic::error("BW-C102", place, bad.message).help(bad.help)
        })?;
        Ok(Event {
            at: at.timestamp_micros(),
            quantity: quantity.units(),
        })
    };
    let events = args.event.iter().map(event);
    let events = events.collect::<Result<Vec<_>, Diagnostic>>()?;
    let question = PriceQuestion {
        scheme: &args.scheme,
        charge: &args.charge,
        asked: match args.quantity {
            Some(quantity) => Asked::Quantity(quantity),
            None => Asked::Events(events),
        },
        unit_price: args.unit_price,
        frequency: args.frequency,
        from: args.from,
        to: args.to,
        bill_day: args.anchor,
        discounts: &args.discount,
        tax: args.tax.as_deref(),
        account: &args.account,
        invoice_date: args.invoice_date,
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
