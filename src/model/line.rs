//! Rated amounts, and the days of a charge they claim.

use super::table::{Columns, Kind, Schema, table_type};
use crate::calendar::Period;
use polars::prelude::{ChunkCompareEq, DataFrame};

table_type!(
    /// Rated amounts, drafts included. Each carries its derivation, so that "why this amount?" has an answer.
    ///
    /// `amount` = round(price x (`days_before` + `days`) / `period_days`) - round(price x `days_before` / `period_days`), so
    /// that the parts of a period add up to its price; price = `unit_price` x `quantity`, the quantity being 1 where `model`
    /// is `flat`.
    Lines,
    Schema {
        name: "invoice_line",
        columns: &[
            ("line_id", Kind::Text), // SERVICE:CHARGE:PERIOD_START, again with :2 ..; ORDER:LINE
            ("invoice_id", Kind::Text), // null: suppressed, so billed and on no invoice
            ("run_id", Kind::Text),
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("kind", Kind::Text), // recurring, usage, late_usage, one_time, credit, adjustment, discount, price_credit
            ("description", Kind::Text),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("quantity", Kind::Quantity),
            ("amount", Kind::Amount),
            ("currency", Kind::Text),
            ("tax_category", Kind::Text),
            ("scheme", Kind::Text),
            ("model", Kind::Text),         // flat, per_unit, graduated ..; windows
            ("unit_price", Kind::Rate),
            ("price_from", Kind::Text),    // scheme or service: who named the price
            ("price_version", Kind::Date), // first day of the scheme's price version; null: from the beginning
            ("period_number", Kind::Count), // of the service, from 1, where a price or a discount asks for it
            ("proration", Kind::Text),     // none, daily, 30_360
            ("days_before", Kind::Count),  // days of the period charged by earlier lines
            ("days", Kind::Count),         // days charged
            ("period_days", Kind::Count),  // days of the full period
            ("rounding", Kind::Text),      // half_up, half_even, up, down
            ("frequency", Kind::Text),
            ("per", Kind::Text), // the time the price is for; null: a period
            ("tiers", Kind::Text), // a graduated price as `100 x 0.04 + 50 x 0.03`, a tier's flat part as `+ 5.00`
            ("included", Kind::Quantity),        // free in the full period; null where the charge is no usage
            ("carried_in", Kind::Quantity), // free beside that, and first: left of the period before; null where nothing goes over
            ("carried_out", Kind::Quantity), // of what is included no longer free: it had gone over into the next period by a run before
            ("quantity_before", Kind::Quantity), // usage of the full period on earlier lines; null where the charge is no usage
            ("counted", Kind::Text), // how usage was counted, as `count where direction = 'out'`; null: all of it added up, or no usage
            ("events", Kind::Text), // what single rows cost, as `80 + fee 3 x 0.10 + minimum 1 x 1.75`, and ` after ` that those of earlier lines
            ("bound", Kind::Text), // minimum, maximum: what the amount was brought to; null: it is what the price says
            ("credits", Kind::Text), // line_id of the line whose unused days this takes back; null on any other
            ("group_key", Kind::Text), // what shares an invoice, beside the account
            ("discount", Kind::Text), // id of the discount or price credit that it is of; null on any other
            ("adjusts", Kind::Text), // line_id of the line whose days this prices anew, or adds late usage to; null on any other
            ("billed", Kind::Amount), // what these days were billed at before: the price is the amount and this
            ("reduces", Kind::Text), // line_id of the line that a discount or price credit takes from
            ("tax", Kind::Amount), // where tax is rounded line by line; null: it is on the document only
            ("account_name", Kind::Text), // of an account whose invoices go to another; null on any other
        ],
        key: &["invoice_id", "subscription_id", "service_id", "charge", "period_start", "line_id"],
    }
);

table_type!(
    /// Rated amounts before they are on an invoice.
    RatedLines,
    Schema {
        name: "rated",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("kind", Kind::Text),
            ("description", Kind::Text),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("quantity", Kind::Quantity),
            ("amount", Kind::Amount),
            ("currency", Kind::Text),
            ("tax_category", Kind::Text),
            ("scheme", Kind::Text),
            ("model", Kind::Text),
            ("unit_price", Kind::Rate),
            ("price_from", Kind::Text),
            ("price_version", Kind::Date),
            ("period_number", Kind::Count),
            ("proration", Kind::Text),
            ("days_before", Kind::Count),
            ("days", Kind::Count),
            ("period_days", Kind::Count),
            ("rounding", Kind::Text),
            ("frequency", Kind::Text),
            ("per", Kind::Text), // the time the price is for; null: a period
            ("tiers", Kind::Text), // a graduated price as `100 x 0.04 + 50 x 0.03`, a tier's flat part as `+ 5.00`
            ("included", Kind::Quantity),        // free in the full period; null where the charge is no usage
            ("carried_in", Kind::Quantity), // free beside that, and first: left of the period before; null where nothing goes over
            ("carried_out", Kind::Quantity), // of what is included no longer free: it had gone over into the next period by a run before
            ("quantity_before", Kind::Quantity), // usage of the full period on earlier lines; null where the charge is no usage
            ("counted", Kind::Text), // how usage was counted, as `count where direction = 'out'`; null: all of it added up, or no usage
            ("events", Kind::Text), // what single rows cost, as `80 + fee 3 x 0.10 + minimum 1 x 1.75`, and ` after ` that those of earlier lines
            ("bound", Kind::Text), // minimum, maximum: what the amount was brought to; null: it is what the price says
            ("credits", Kind::Text), // line_id of the line whose unused days this takes back; null on any other
            ("group_key", Kind::Text), // what shares an invoice, beside the account
            ("discount", Kind::Text), // id of the discount or price credit that it is of; null on any other
            ("adjusts", Kind::Text), // line_id of the line whose days this prices anew, or adds late usage to; null on any other
            ("billed", Kind::Amount), // what these days were billed at before: the price is the amount and this
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "period_start"],
    }
);

table_type!(
    /// Days of charges that are spoken for. Appended to by each run; `effect` is `claimed`, `reopened`, or `late`: usage of claimed days that
    /// came after them is billed too, as far as the run had read it.
    Claims,
    Schema {
        name: "watermark",
        columns: &[
            ("service_id", Kind::Text), // empty for the line of an order
            ("charge", Kind::Text),     // then ORDER:LINE
            ("run_id", Kind::Text),
            ("billed_from", Kind::Date),
            ("billed_through", Kind::Date), // exclusive
            ("effect", Kind::Text),
        ],
        key: &["service_id", "charge", "billed_from", "billed_through", "run_id", "effect"],
    }
);

table_type!(
    /// Selected rows that were rightly not billed, with the reason as `code`.
    Exclusions,
    Schema {
        name: "exclusion",
        columns: &[
            ("run_id", Kind::Text),
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("stage", Kind::Text),
            ("code", Kind::Text),
            ("message", Kind::Text),
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "stage", "code", "message"],
    }
);

table_type!(
    /// Rows that should have been billed and could not be, with a `BW-` code.
    Exceptions,
    Schema { name: "exception", ..*Exclusions::SCHEMA }
);

impl Lines {
    /// Those that claim days, open them again, or bill late usage of them: without what is taken off them, and what adjusts their price.
    pub fn claiming(&self) -> DataFrame {
        let [reduces, adjusts] = ["reduces", "adjusts"].map(|name| self.frame().text(name));
        if reduces.null_count() + adjusts.null_count() == 2 * self.len() {
            return self.frame().clone();
        }
        let is_adjustment = self.frame().text("kind").equal(ADJUSTMENT);
        let own = self.frame().filter(&(reduces.is_null() & !is_adjustment));
        own.expect("a mask of the same height")
    }

    /// How many stand on an invoice; the others are suppressed.
    pub fn on_invoices(&self) -> usize {
        self.len() - self.frame().text("invoice_id").null_count()
    }
}

impl RatedLines {
    /// These lines and others.
    pub fn and(self, others: &Self) -> Self {
        if others.is_empty() {
            return self;
        }
        let mut all = self.0.vstack(&others.0).expect("lines have one shape");
        all.rechunk_mut();
        Self::checked(all)
    }
}

/// The kind of a line that prices anew what is billed.
pub const ADJUSTMENT: &str = "adjustment";

/// The kind of a line of usage that came after its days were billed, as they say it; and the effect of its claim.
pub const LATE_USAGE: &str = "late_usage";
pub const LATE: &str = "late";

/// Days that are spoken for without a line on any invoice: usage of nothing and waived days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settled {
    pub account_id: String,
    pub service_id: String,
    pub charge: String,
    pub period: Period,
    /// Whether it is late usage of days that are claimed already.
    pub is_late: bool,
}
