//! When an invoice is to be paid.

/// Payment terms of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTerms {
    pub name: String,
    /// Days from the invoice date to the due date.
    pub due_days: i32,
    /// The offsets a run may add; `None`: none at all.
    pub offset_range: Option<(i32, i32)>,
}
