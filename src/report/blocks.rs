//! Long answers, made in blocks by several threads and written in order.

use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::Range;

/// Rows that one thread makes at a time.
const BLOCK: usize = 1 << 12;
/// Blocks that are made before the first of them is handed on.
const ROUND: usize = 1 << 6;

/// Makes something of so many rows block by block, several at a time, and hands it on in the order of the rows.
pub fn in_blocks<T: Send, E>(
    rows: usize,
    make: impl Fn(Range<usize>) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    if rows <= BLOCK {
        return take(make(0..rows));
    }
    let blocks = (0..rows).step_by(BLOCK);
    let blocks: Vec<Range<usize>> = blocks.map(|start| start..rows.min(start + BLOCK)).collect();
    for round in blocks.chunks(ROUND) {
        let made: Vec<T> = round.par_iter().map(|rows| make(rows.clone())).collect();
        made.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// Writes the text that each of so many rows is made into: `row` puts it behind a text.
pub fn write_rows(
    out: &mut dyn Write,
    rows: usize,
    row: impl Fn(usize, &mut String) + Sync,
) -> io::Result<()> {
    let text = |rows: Range<usize>| {
        let mut text = String::new();
        rows.for_each(|at| row(at, &mut text));
        text
    };
    in_blocks(rows, text, |text| out.write_all(text.as_bytes()))
}
