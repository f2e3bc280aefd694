//! VAT numbers whose country checks them by a digit: a wrong one would let reverse charge be booked for nobody.

/// One country's numbers: the letters before them, how many digits they have, and whether these agree with one another.
struct Rule {
    letters: &'static str,
    digits: usize,
    holds: fn(&[u32]) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        letters: "ATU",
        digits: 8,
        holds: |digits| (doubled(&digits[..7], 1) + 4 + digits[7]).is_multiple_of(10),
    },
    Rule {
        letters: "BE",
        digits: 10,
        holds: |digits| 97 - number(&digits[..8]) % 97 == number(&digits[8..]),
    },
    Rule {
        letters: "DE",
        digits: 9,
        holds: product_of_11_and_10,
    },
    Rule {
        letters: "DK",
        digits: 8,
        holds: |digits| weighted(digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
    },
    Rule {
        letters: "FI",
        digits: 8,
        holds: |digits| weighted(digits, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11),
    },
    Rule {
        letters: "IT",
        digits: 11,
        holds: |digits| doubled(digits, 1).is_multiple_of(10),
    },
    Rule {
        letters: "LU",
        digits: 8,
        holds: |digits| number(&digits[..6]) % 89 == number(&digits[6..]),
    },
    Rule {
        letters: "PL",
        digits: 10,
        holds: |digits| weighted(&digits[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9],
    },
];

/// Whether a tax id is a VAT number with a wrong check digit. Blanks and points between its parts count for nothing; what has
/// another form is somebody else's tax id, and not judged.
pub fn is_mistyped(tax_id: &str) -> bool {
    let written: String = tax_id
        .chars()
        .filter(|character| !matches!(character, ' ' | '.' | '-'))
        .collect();
    RULES.iter().any(|rule| {
        let digits: Option<Vec<u32>> = written.strip_prefix(rule.letters).and_then(|rest| {
            rest.chars()
                .map(|character| character.to_digit(10))
                .collect()
        });
        digits.is_some_and(|digits| digits.len() == rule.digits && !(rule.holds)(&digits))
    })
}

fn number(digits: &[u32]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + digit)
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum()
}

/// Sum of digits, every second one from `first` on doubled and then taken by its own digits.
fn doubled(digits: &[u32], first: usize) -> u32 {
    let every = digits
        .iter()
        .enumerate()
        .map(|(index, &digit)| match index % 2 == first {
            true => digit * 2 / 10 + digit * 2 % 10,
            false => digit,
        });
    every.sum()
}

/// ISO 7064, MOD 11,10.
fn product_of_11_and_10(digits: &[u32]) -> bool {
    let (last, others) = digits.split_last().expect("nine digits");
    let product = others.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + last) % 10 == 1
}

#[cfg(test)]
mod tests {
    use super::is_mistyped;

    const RIGHT: [&str; 8] = [
        "ATU13585627",
        "BE0428759497",
        "DE136695976",
        "DK13585628",
        "FI20774740",
        "IT00743110157",
        "LU15027442",
        "PL8567346215",
    ];

    #[test]
    fn a_number_with_its_check_digit_is_right_and_with_any_other_it_is_not() {
        for right in RIGHT {
            assert!(!is_mistyped(right), "{right}");
            let (start, last) = right.split_at(right.len() - 1);
            let last: u32 = last.parse().unwrap();
            for other in (0..10).filter(|other| *other != last) {
                assert!(is_mistyped(&format!("{start}{other}")), "{start}{other}");
            }
        }
        assert!(is_mistyped("DE000000000"));
        assert!(!is_mistyped("DE 136 695 976"));
    }

    #[test]
    fn what_has_another_form_is_not_judged() {
        for other in [
            "94-7654321",
            "DE",
            "DE12",
            "DE12345678X",
            "FR12345678901",
            "",
        ] {
            assert!(!is_mistyped(other), "{other}");
        }
    }
}
