//! When an invoice is to be paid.

/// Payment terms of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTerms {
    pub name: String,
    /// Days from the invoice date to the due date.
    pub due_days: i32,
}
