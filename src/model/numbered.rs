//! Ids that were counted up: `S000001` and so on, found by their number.
//!
//! Looking an id up by its hash waits for memory twice, for the slot and for the text behind it. Where ids are in order and each is one
//! of a few short words before a number, a bit for each number there could be says all: an id is there if its own bit is set, and
//! stands as many rows behind the first as bits are set before. These bits of a million ids stay at hand.

use super::index::NOWHERE;
use super::table::Texts;
use polars_arrow::array::Array;
use rayon::prelude::*;

/// Where ids stand that are in order, and of few series.
pub struct Numbered(Vec<Series>);

/// Rows whose ids differ by their number alone.
struct Series {
    shape: Shape,
    /// The numbers of the first and the last.
    least: u32,
    most: u32,
    /// Of all numbers from the first on.
    blocks: Vec<Block>,
}

/// What the ids of a series have in common, in the words an id is kept in: its length, and what stands before the number.
struct Shape {
    common: u128,
    mask: u128,
    /// Where the digits begin, and how many bits of eight digits they leave free.
    begin: u32,
    spare: u32,
    /// The zeros that stand there.
    missing: u64,
}

/// Numbers that follow one another, as many as there are bits.
struct Block {
    is_there: u64,
    /// The row of the first that is there.
    row: u32,
}

/// More series than these are not tried one after another.
const FEW: usize = 8;
/// Numbers there could be for each that is: beyond that a hash takes less memory.
const SPARSE: u32 = 64;
/// Digits that are read as one word.
const DIGITS: u32 = 8;

impl Numbered {
    /// `None`: they are not in order, not numbered, or of too many series.
    pub fn of(ids: &Texts) -> Option<Self> {
        if ids.is_empty() || ids.null_count() > 0 {
            return None;
        }
        let most = u32::try_from(ids.len()).ok()?.saturating_mul(SPARSE);
        let mut all: Vec<Series> = Vec::new();
        let mut numbers = 0_u32;
        for (row, view) in (0..).zip(ids.views().iter()) {
            let words = view.is_inline().then(|| view.as_u128())?;
            if let Some(last) = all.last_mut()
                && let Some(number) = last.shape.number(words)
            {
                let more = number.checked_sub(last.most).filter(|more| *more > 0)?;
                numbers = numbers.checked_add(more).filter(|all| *all <= most)?;
                last.add(number, row);
                continue;
            }
            // One series is never taken up again, so that an id which is there twice is found out.
            let is_known = |series: &Series| series.shape.number(words).is_some();
            if all.len() == FEW || all.iter().any(is_known) {
                return None;
            }
            all.push(Series::of(words, row)?);
        }
        Some(Self(all))
    }

    /// Where an id stands that is kept in these words.
    pub fn row(&self, words: u128) -> u32 {
        // Digits before a number are of it, so no two series have the same id.
        let of_series = |series: &Series| Some(series.row(series.shape.number(words)?));
        self.0.iter().find_map(of_series).unwrap_or(NOWHERE)
    }

    /// Where each id of another column stands.
    pub fn rows(&self, ids: &Texts) -> Vec<u32> {
        let views = ids.views().par_iter();
        let rows = views.map(|view| match view.is_inline() {
            true => self.row(view.as_u128()),
            false => NOWHERE,
        });
        let mut rows: Vec<u32> = rows.collect();
        if let Some(valid) = ids.validity() {
            let none = valid
                .iter()
                .zip(&mut rows)
                .filter(|(is_valid, _)| !is_valid);
            none.for_each(|(_, row)| *row = NOWHERE);
        }
        rows
    }
}

impl Series {
    /// That of an id which ends with a number.
    fn of(words: u128, row: u32) -> Option<Self> {
        let shape = Shape::of(words)?;
        let number = shape.number(words)?;
        let mut series = Self {
            shape,
            least: number,
            most: number,
            blocks: Vec::new(),
        };
        series.add(number, row);
        Some(series)
    }

    /// Adds the row behind the last, by its number, which is higher.
    fn add(&mut self, number: u32, row: u32) {
        let at = number - self.least;
        let block = (at / u64::BITS) as usize;
        self.blocks
            .resize_with(self.blocks.len().max(block + 1), || Block {
                is_there: 0,
                row,
            });
        self.blocks[block].is_there |= 1 << (at % u64::BITS);
        self.most = number;
    }

    fn row(&self, number: u32) -> u32 {
        let Some(at) = number.checked_sub(self.least) else {
            return NOWHERE;
        };
        let Some(block) = self.blocks.get((at / u64::BITS) as usize) else {
            return NOWHERE;
        };
        let bit = 1 << (at % u64::BITS);
        match block.is_there & bit {
            0 => NOWHERE,
            _ => block.row + (block.is_there & (bit - 1)).count_ones(),
        }
    }
}

impl Shape {
    fn of(words: u128) -> Option<Self> {
        let length = words as u32;
        let bytes = words.to_le_bytes();
        let text = &bytes[4..4 + length as usize];
        let digits = text.iter().rev().take(DIGITS as usize);
        let digits = digits.take_while(|byte| byte.is_ascii_digit()).count() as u32;
        let begin = 8 * (4 + length - digits);
        let mask = (1 << begin) - 1;
        let spare = 8 * (DIGITS - digits);
        (digits > 0).then_some(Self {
            common: words & mask,
            mask,
            begin,
            spare,
            // Digits that are missing before a number are zeros there.
            missing: ZEROS & ((1 << spare) - 1),
        })
    }

    /// The number of an id, if it is one of these.
    fn number(&self, words: u128) -> Option<u32> {
        if words & self.mask != self.common {
            return None;
        }
        number(((words >> self.begin) as u64) << self.spare | self.missing)
    }
}

const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// The number that eight digits are, the first in the lowest byte; `None`: not all are digits.
fn number(digits: u64) -> Option<u32> {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    // With six more, ten and what lies above it are beyond the low half of their byte.
    let six_more = digits.wrapping_add(0x0606_0606_0606_0606);
    if digits & HIGH != ZEROS || six_more & HIGH != ZEROS {
        return None;
    }
    // Two neighbours become one number, three times over.
    let ones = digits - ZEROS;
    let pairs = (ones * 10 + (ones >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ids: &[&str]) -> Texts {
        Texts::from_slice_values(ids)
    }

    #[test]
    fn ids_are_numbered_where_they_are_in_order_and_of_few_series() {
        let numbered_ids: [&[&str]; 5] = [
            &["S1"],
            &["S0000001", "S0000003", "S0000064", "S0000065", "S0000127"],
            &["00000000", "00000007", "000000000003"],
            &["A-1-7", "A-1-8", "A-2-1"],
            &["R9", "U1", "U9", "U10"],
        ];
        for ids in numbered_ids {
            let index = Numbered::of(&texts(ids)).expect("they are numbered");
            let rows = index.rows(&texts(ids));
            assert!(rows.into_iter().eq(0..ids.len() as u32), "{ids:?}");
        }
        let others: [&[&str]; 8] = [
            &[],
            &["S"],
            &["S1", "S1"],
            &["S2", "S1"],
            &["R1", "U1", "R2"],
            &["S0000001", "S9999999"],
            &["S1", "Sa"],
            &["subscription-1", "subscription-2"],
        ];
        for ids in others {
            assert!(Numbered::of(&texts(ids)).is_none(), "{ids:?}");
        }
    }

    #[test]
    fn eight_digits_are_a_number_and_nothing_else_is() {
        let of = |digits: &[u8; 8]| number(u64::from_le_bytes(*digits));
        assert_eq!(of(b"12345678"), Some(12_345_678));
        assert_eq!(of(b"99999999"), Some(99_999_999));
        assert_eq!(of(b"00000000"), Some(0));
        for digits in [
            b"1234567/",
            b"1234567:",
            b":0000000",
            b"1234 567",
            b"\xb11234567",
        ] {
            assert_eq!(of(digits), None, "{digits:?}");
        }
    }
}
