//! Invoices before and after they get their number, the parties and taxes on them, and their journal.

use super::table::{Kind, Schema, table_type};

table_type!(
    /// Invoices that have no number yet: none can be printed as final.
    Drafts,
    Schema {
        name: "draft",
        columns: &[
            ("invoice_id", Kind::Text), // RUN/ACCOUNT, RUN/ACCOUNT/GROUP
            ("run_id", Kind::Text),
            ("account_id", Kind::Text),
            ("document_type", Kind::Text), // invoice, credit_note
            ("series", Kind::Text),
            ("currency", Kind::Text),
            ("invoice_date", Kind::Date),
            ("posting_date", Kind::Date),
            ("due_date", Kind::Date),
            ("net", Kind::Amount),
            ("tax", Kind::Amount),
            ("total", Kind::Amount),
            ("tax_included", Kind::Flag), // the amounts of its lines have their tax in them: their sum is the total, not the net
            ("prior_balance", Kind::Amount),
            ("applied", Kind::Amount),
            ("amount_due", Kind::Amount),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("group_key", Kind::Text), // what shares this invoice, beside the account; null where nothing more does
        ],
        key: &["invoice_date", "account_id", "invoice_id"],
    }
);

table_type!(
    /// Posted invoices and credit notes. Never changed.
    Invoices,
    Schema {
        name: "invoice",
        columns: &[
            ("invoice_id", Kind::Text),
            ("number", Kind::Text),
            ("sequence", Kind::Count), // the count inside the number
            ("series", Kind::Text),
            ("document_type", Kind::Text),
            ("corrects", Kind::Text), // the invoice a credit note corrects
            ("run_id", Kind::Text),
            ("account_id", Kind::Text),
            ("currency", Kind::Text),
            ("invoice_date", Kind::Date),
            ("posting_date", Kind::Date),
            ("due_date", Kind::Date),
            ("net", Kind::Amount),
            ("tax", Kind::Amount),
            ("total", Kind::Amount),
            ("tax_included", Kind::Flag),
            ("prior_balance", Kind::Amount),
            ("applied", Kind::Amount),
            ("amount_due", Kind::Amount),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("group_key", Kind::Text),
        ],
        key: &["series", "sequence"],
    }
);

table_type!(
    /// The party as printed: what later steps address, deliver and collect by.
    Parties,
    Schema {
        name: "invoice_party",
        columns: &[
            ("invoice_id", Kind::Text),
            ("account_id", Kind::Text),
            ("name", Kind::Text),
            ("address", Kind::Text),
            ("postcode", Kind::Text),
            ("city", Kind::Text),
            ("country", Kind::Text),
            ("region", Kind::Text),
            ("language", Kind::Text),
            ("tax_id", Kind::Text),
            ("emails", Kind::Text),
            ("cc", Kind::Text),
            ("delivery", Kind::Text),
            ("auto_pay", Kind::Flag),
            ("payment_method", Kind::Text),
            ("payment_token", Kind::Text),
            ("payment_preference", Kind::Text),
            ("presentment_preference", Kind::Text),
            ("tax_exempt", Kind::Flag),
            ("payment_terms", Kind::Text),
            ("template", Kind::Text), // stem of the template; null: invoice
            ("formats", Kind::Text),  // file endings, by spaces; null: the run's
        ],
        key: &["invoice_id"],
    }
);

table_type!(
    /// Tax by category, and a row for each where there are several on it.
    InvoiceTaxes,
    Schema {
        name: "invoice_tax",
        columns: &[
            ("invoice_id", Kind::Text),
            ("category", Kind::Text),
            ("part", Kind::Count), // 1, or 2 and on where a category has several taxes
            ("name", Kind::Text),  // of one of several; null where it is the only one
            ("rate", Kind::Rate),  // percent
            ("base", Kind::Amount),
            ("tax", Kind::Amount),
            ("treatment", Kind::Text), // taxed, exempt, reverse_charge
            ("note", Kind::Text),      // what the law wants printed where nothing is taxed
        ],
        key: &["invoice_id", "category", "part"],
    }
);

table_type!(
    /// The journal: one entry per invoice, a posting a row, debits = credits.
    Postings,
    Schema {
        name: "journal",
        columns: &[
            ("entry_id", Kind::Text), // the invoice_id
            ("run_id", Kind::Text),
            ("invoice_id", Kind::Text),
            ("account_id", Kind::Text),
            ("ledger_account", Kind::Text),
            ("debit", Kind::Amount),  // zero on a credit
            ("credit", Kind::Amount), // zero on a debit
            ("currency", Kind::Text),
            ("posting_date", Kind::Date),
        ],
        key: &["entry_id", "ledger_account"],
    }
);
