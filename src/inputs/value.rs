//! One text -> one value, or what is wrong with it.

use super::vat_number;
use crate::calendar::{Date, DateFault};
use crate::diagnostic::{is_unprintable, nearest, shown};
use crate::money::{Currency, NumberFault, Quantity};

/// Why a value does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    pub code: &'static str,
    /// With the value and what to do; a lowercase fragment.
    pub message: String,
}

fn misfit<T>(code: &'static str, message: String) -> Result<T, Misfit> {
    Err(Misfit { code, message })
}

const ID_LIMIT: usize = 64;
const NAME_LIMIT: usize = 200;

/// Names of devices, which no file can have on some systems.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
    "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// An id is 1 to 64 printable characters that can become part of a file name. `BW-V102` otherwise.
pub fn id(text: &str) -> Result<(), Misfit> {
    // Nearly every id: longer than the names of devices, and without a character that could mean something.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (5..=ID_LIMIT).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(());
    }
    let stem = text.split('.').next().unwrap_or_default();
    let what = if text.chars().any(is_unprintable) {
        "control characters in an id; ids have printable characters only"
    } else if text.chars().count() > ID_LIMIT {
        return misfit(
            "BW-V102",
            format!(
                "an id of {} characters; at most 64 are allowed",
                text.chars().count()
            ),
        );
    } else if text.trim() != text {
        "blanks at the end of an id; write it without"
    } else if text.contains('\\') || matches!(text, "." | "..") {
        "an id that means a folder to some systems; choose another"
    } else if DEVICES
        .iter()
        .any(|device| device.eq_ignore_ascii_case(stem))
    {
        "an id that means a device to some systems; choose another"
    } else {
        return Ok(());
    };
    misfit("BW-V102", format!("{}: {what}", quoted(text)))
}

/// A text that is printed on documents. `BW-V120` control characters, `BW-V123` too long.
pub fn printed(text: &str) -> Result<(), Misfit> {
    if text.len() > NAME_LIMIT && text.chars().count() > NAME_LIMIT {
        let count = text.chars().count();
        return misfit(
            "BW-V123",
            format!("{count} characters; at most 200 are allowed"),
        );
    }
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if !text.bytes().all(plain) && text.chars().any(is_unprintable) {
        return misfit(
            "BW-V120",
            format!("{}: control characters; take them out", quoted(text)),
        );
    }
    Ok(())
}

/// A tax id as printed. `BW-V121` a VAT number that fails its check digit; else as `printed`.
pub fn tax_id(text: &str) -> Result<(), Misfit> {
    if vat_number::is_mistyped(text) {
        let message = format!(
            "{}: the check digit of this VAT number is wrong",
            quoted(text)
        );
        return misfit("BW-V121", message);
    }
    printed(text)
}

/// A code of ISO 4217. `BW-V110` otherwise.
pub fn currency(text: &str) -> Result<(), Misfit> {
    match Currency::parse(text) {
        Some(_) => Ok(()),
        None => misfit(
            "BW-V110",
            format!(
                "{} is no currency of ISO 4217; three capitals, such as USD",
                quoted(text)
            ),
        ),
    }
}

/// One of a few words. `BW-V104` otherwise.
pub fn one_of(text: &str, words: &[&str]) -> Result<(), Misfit> {
    if words.contains(&text) {
        return Ok(());
    }
    let help = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", words.join(", ")),
    };
    misfit("BW-V104", format!("{} is not known; {help}", quoted(text)))
}

/// `true` or `false`. `BW-V104` otherwise.
pub fn flag(text: &str) -> Result<bool, Misfit> {
    one_of(text, &["true", "false"])?;
    Ok(text == "true")
}

/// A day. `BW-V130` no such day, `BW-V132` another form, `BW-V133` out of range.
pub fn date(text: &str) -> Result<Date, Misfit> {
    Date::parse(text).map_err(|fault| Misfit {
        code: match fault {
            DateFault::NoSuchDay => "BW-V130",
            DateFault::Form => "BW-V132",
            DateFault::Range => "BW-V133",
        },
        message: format!("{}: {fault}", quoted(text)),
    })
}

/// What is wrong with a number: `BW-V142` its decimals, `BW-V141` anything else.
pub fn number(text: &str, fault: NumberFault) -> Misfit {
    let help = match fault {
        NumberFault::NotANumber if text.trim() != text => "; blanks around it are not read over",
        _ => "",
    };
    Misfit {
        code: if matches!(fault, NumberFault::Decimals { .. }) {
            "BW-V142"
        } else {
            "BW-V141"
        },
        message: format!("{}: {fault}{help}", quoted(text)),
    }
}

/// Units of a number that was read, or what is wrong with its text.
pub fn units(text: &str, read: Result<i128, NumberFault>) -> Result<i128, Misfit> {
    read.map_err(|fault| number(text, fault))
}

/// Units of a quantity. `BW-V140` negative, else as `number`.
pub fn quantity(text: &str) -> Result<i128, Misfit> {
    match Quantity::parse(text) {
        Ok(quantity) if quantity.is_negative() => misfit(
            "BW-V140",
            format!(
                "{} is negative; what is given back is booked as a credit",
                quoted(text)
            ),
        ),
        read => units(text, read.map(Quantity::units)),
    }
}

/// A whole number from `least` to `most`. `BW-V141` no whole number, `BW-V143` out of range.
pub fn count(text: &str, least: i64, most: i64) -> Result<i64, Misfit> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
        _ if digits
            || text
                .strip_prefix('-')
                .is_some_and(|rest| rest.parse::<u64>().is_ok()) =>
        {
            misfit(
                "BW-V143",
                format!("{} is not from {least} to {most}", quoted(text)),
            )
        }
        _ => misfit(
            "BW-V141",
            format!("{}: not a whole number in plain digits", quoted(text)),
        ),
    }
}

/// A value as shown in a message: on one line, and no longer than fits there.
pub fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(60).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("`{}`", shown(&start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(found: Result<T, Misfit>) -> &'static str {
        found.map_or_else(|misfit| misfit.code, |_| "fits")
    }

    #[test]
    fn an_id_can_be_printed_and_put_into_a_file_name() {
        for text in [
            "7590-VHVEG",
            "007",
            "café",
            "a/b:c",
            "x".repeat(64).as_str(),
        ] {
            assert_eq!(code(id(text)), "fits", "{text}");
        }
        for text in [
            "A\n1",
            "CON",
            "con.txt",
            "C:\\x",
            "..",
            "A1 ",
            "x".repeat(300).as_str(),
        ] {
            assert_eq!(code(id(text)), "BW-V102", "{text}");
        }
    }

    #[test]
    fn a_name_may_have_any_script_but_no_controls() {
        for text in ["أحمد 👩‍👩‍👧 Åsa", "{{ 7*7 }}", "=HYPERLINK(\"http://x\",\"y\")"]
        {
            assert_eq!(code(printed(text)), "fits", "{text}");
        }
        for text in ["Ev\r\nBcc: v@w.com", "nul\0n", "Ann\u{202E}gpj.exe"] {
            assert_eq!(code(printed(text)), "BW-V120", "{text}");
        }
        assert_eq!(code(printed(&"x".repeat(10_000))), "BW-V123");
        assert!(
            printed("Ann\u{202E}gpj")
                .unwrap_err()
                .message
                .contains("U+202E")
        );
    }

    #[test]
    fn a_count_has_its_range() {
        assert_eq!(count("31", 1, 31), Ok(31));
        assert_eq!(
            [code(count("32", 1, 31)), code(count("-1", 1, 31))],
            ["BW-V143"; 2]
        );
        assert_eq!(
            [code(count("1.0", 1, 31)), code(count("+1", 1, 31))],
            ["BW-V141"; 2]
        );
    }

    #[test]
    fn a_word_offers_its_nearest_neighbor() {
        let found = one_of("activ", &["active", "suspended"]).unwrap_err();
        assert_eq!(
            found.message,
            "`activ` is not known; did you mean `active`?"
        );
        assert_eq!(code(flag("Yes")), "BW-V104");
    }
}
