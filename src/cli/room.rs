//! How much room the columns of a table want, and what of it each of them gets.

use crate::diagnostic::shown;
use crate::report::blocks::in_blocks;
use crate::report::table::{Head, Kind, Table};
use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

/// A word up to this long is never broken: an id has to be copied from the screen.
const WHOLE_WORD: usize = 26;

/// What a column wants, its title and the cells of all rows considered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub has_value: bool,
    /// Whether it says the same in every row.
    pub is_same: bool,
    /// Characters of its longest text.
    pub longest_text: usize,
    /// How narrow it can be before a figure or a word breaks.
    pub least: usize,
    /// How wide it is where nothing of it is broken.
    pub whole: usize,
}

impl Room {
    /// What each column of a table wants.
    pub fn of(table: &Table) -> Vec<Self> {
        let titled = |head| {
            let title = title(head);
            let is_same = true;
            Self {
                is_same,
                least: longest_word(&title),
                whole: columns(&title),
                ..Self::default()
            }
        };
        let mut rooms: Vec<Self> = table.columns.iter().map(titled).collect();
        if table.is_empty() {
            return rooms;
        }
        let first = |column| {
            let mut text = String::new();
            (table.put(0, column, &mut text), text)
        };
        let first: Vec<(Kind, String)> = (0..rooms.len()).map(first).collect();
        let of_rows = |rows: Range<usize>| {
            let mut cell = String::new();
            let mut of_column = |(column, first): (usize, &(Kind, String))| {
                let mut room = Self {
                    is_same: true,
                    ..Self::default()
                };
                for row in rows.clone() {
                    // What stands below the same again wants no more room.
                    if row > rows.start && table.repeats(row, column) {
                        continue;
                    }
                    cell.clear();
                    let kind = table.put(row, column, &mut cell);
                    room.is_same = room.is_same && kind == first.0 && cell == first.1;
                    room.add(kind, &cell);
                }
                room
            };
            first.iter().enumerate().map(&mut of_column).collect()
        };
        let done = in_blocks(table.len(), of_rows, |block: Vec<Self>| {
            rooms
                .iter_mut()
                .zip(block)
                .for_each(|(room, more)| room.and(more));
            Ok::<(), Infallible>(())
        });
        let Ok(()) = done;
        rooms
    }

    fn add(&mut self, kind: Kind, cell: &str) {
        // Mostly one word of printable characters, which is as wide as it has bytes.
        if !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_graphic()) {
            let width = cell.len();
            self.has_value = true;
            self.whole = self.whole.max(width);
            self.longest_text = self
                .longest_text
                .max(if kind == Kind::Text { width } else { 0 });
            self.least = self.least.max(match kind {
                Kind::Text => width.min(WHOLE_WORD),
                _ => width,
            });
            return;
        }
        let printed = printed(cell);
        self.has_value |= !cell.is_empty();
        self.whole = self.whole.max(columns(&printed));
        let least = match kind {
            Kind::Text => {
                self.longest_text = self.longest_text.max(characters(cell));
                longest_word(&printed)
            }
            _ => characters(cell),
        };
        self.least = self.least.max(least);
    }

    fn and(&mut self, more: Self) {
        self.has_value |= more.has_value;
        self.is_same &= more.is_same;
        self.longest_text = self.longest_text.max(more.longest_text);
        self.least = self.least.max(more.least);
        self.whole = self.whole.max(more.whole);
    }
}

/// How wide each column gets where nothing has to be broken for it; `None` where something has to.
///
/// Follows `comfy_table`, which draws what has to be broken: columns that need less than they could get leave it to the others.
pub fn unbroken(rooms: &[Room], width: usize) -> Option<Vec<usize>> {
    // A blank after each column but the last, and one between them.
    let gaps = rooms.len().saturating_sub(1);
    let bound = |at: usize| rooms[at].least + usize::from(at < gaps);
    let mut widths: Vec<Option<usize>> = rooms
        .iter()
        .map(|room| (room.whole <= room.least).then_some(room.least.max(1)))
        .collect();
    let settled: usize = widths.iter().flatten().sum();
    let mut left = width.saturating_sub(2 * gaps + settled);
    // Those that would get less than they can do with.
    loop {
        let before = left;
        for at in 0..rooms.len() {
            let open = widths.iter().filter(|width| width.is_none()).count();
            if widths[at].is_none() && left / open < bound(at) {
                widths[at] = Some(rooms[at].least.max(1));
                left = left.saturating_sub(rooms[at].least.max(1));
            }
        }
        if left == before {
            break;
        }
    }
    loop {
        let before = widths.iter().flatten().count();
        for at in 0..rooms.len() {
            let open = widths.iter().filter(|width| width.is_none()).count();
            if widths[at].is_none() && left >= open && rooms[at].whole <= left / open {
                widths[at] = Some(rooms[at].whole.max(1));
                left = left.saturating_sub(rooms[at].whole);
            }
        }
        if widths.iter().flatten().count() == before {
            break;
        }
    }
    let fits = |(width, room): (Option<usize>, &Room)| width.filter(|width| *width >= room.whole);
    widths.into_iter().zip(rooms).map(fits).collect()
}

/// The name of a column as people read it.
pub fn title(head: &Head) -> String {
    head.name.replace('_', " ")
}

/// With control characters shown by their number.
pub fn printed(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(shown(text)),
    }
}

/// How many columns of a terminal a text takes up.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut cell = comfy_table::Table::new();
    cell.add_row([text]);
    let widths = cell.column_max_content_widths();
    widths.first().copied().unwrap_or_default().into()
}

fn characters(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    }
}

fn longest_word(text: &str) -> usize {
    let words = text.split_whitespace().map(characters);
    words.max().unwrap_or(0).min(WHOLE_WORD)
}
