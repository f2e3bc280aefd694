//! Quotients written out: what an amount was before it was rounded.

use crate::money::{Amount, Currency, LineRounding, Rate, Rounding};

/// Digits behind the point that are shown of a quotient that goes on.
const CUT: usize = 6;
/// A quotient that ends within so many digits is shown whole.
const WHOLE: usize = 15;

/// `dividend / divisor` in decimals: `26.25`, or `26.785714...` where it does not end. The divisor is positive.
pub fn quotient(dividend: i128, divisor: i128) -> String {
    let sign = if dividend < 0 { "-" } else { "" };
    let (dividend, divisor) = (dividend.unsigned_abs(), divisor.unsigned_abs());
    let (whole, mut rest) = (dividend / divisor, dividend % divisor);
    let mut digits = String::new();
    while rest > 0 && digits.len() < WHOLE {
        rest *= 10;
        digits.push_str(&(rest / divisor).to_string());
        rest %= divisor;
    }
    match (digits.is_empty(), rest == 0) {
        (true, _) => format!("{sign}{whole}"),
        (false, true) => format!("{sign}{whole}.{digits}"),
        (false, false) => format!("{sign}{whole}.{}...", &digits[..CUT]),
    }
}

/// `= 26.25 USD` where the quotient is the amount, else `= 26.785714..., rounded half up to 26.79 USD`.
///
/// Without a rounding the words say only that it was rounded.
pub fn result(
    dividend: i128,
    divisor: i128,
    amount: Amount,
    currency: Currency,
    rounding: Option<LineRounding>,
) -> String {
    let exact = quotient(dividend, divisor);
    let text = amount.text(currency);
    if Amount::parse(&exact) == Ok(amount) {
        return format!("= {text} {currency}");
    }
    let how = match rounding.map(|rounding| rounding.mode) {
        Some(Rounding::HalfUp) => "rounded half up to",
        Some(Rounding::HalfEven) => "rounded half to even to",
        Some(Rounding::Up) => "rounded up to",
        Some(Rounding::Down) => "rounded down to",
        None => "rounded to",
    };
    match rounding.and_then(|rounding| rounding.to) {
        Some(to) => format!("= {exact}, {how} multiples of {to}: {text} {currency}"),
        None => format!("= {exact}, {how} {text} {currency}"),
    }
}

/// `7.25`, `19` rather than `19.00`.
pub fn percent(rate: Rate) -> String {
    let text = rate.to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_written_out_as_far_as_it_ends_or_is_cut_with_dots() {
        assert_eq!(quotient(750, 28), "26.785714...");
        assert_eq!(quotient(-105, 4), "-26.25");
        assert_eq!(quotient(50, 1), "50");
        assert_eq!(quotient(1, 1_000_000_000_000_000), "0.000000000000001");
        assert_eq!(quotient(1, 2_000_000_000_000_000), "0.000000...");
    }
}
