//! A table as lines of text.

use super::room::{Room, columns as columns_of, printed, title, unbroken};
use crate::diagnostic::wrapped;
use crate::report::blocks::write_rows;
use crate::report::table::{Kind, Side, Table};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};
use std::borrow::Cow;
use std::io::{self, Write};

/// A rule under the header and no frame, as a page of figures is set.
const LOOK: &str = "     ──             ";
/// Blanks between columns.
const GAP: usize = 2;
/// As many blanks as most cells lack.
const BLANK: &str = "                                ";
/// A text longer than this is a sentence, and wants that much room as long as something else can be left out for it.
const SENTENCE: usize = 32;

/// Draws a table no wider than `width`, as a text.
pub fn drawn(table: &Table, width: usize) -> String {
    let mut text = Vec::new();
    draw(table, width, &mut text).expect("memory can be written to");
    String::from_utf8(text).expect("texts are UTF-8")
}

/// Draws a table no wider than `width`.
///
/// A column without a value is not drawn. Texts wrap between words, figures stand on the right and are never broken. Where that is too wide, a text that is the same
/// in every row is said once above, then spare columns are left out and named below; and what still does not fit is drawn row by
/// row, a line for each column. Control characters are shown by their number.
pub fn draw(table: &Table, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let rooms = Room::of(table);
    let all = (0..table.columns.len()).filter(|at| table.is_empty() || rooms[*at].has_value);
    let all = all.collect();
    let drawing = Drawing {
        table,
        width,
        rooms,
        all,
    };
    if drawing.fits(&drawing.all, SENTENCE) {
        return drawing.side_by_side(&drawing.all, out);
    }
    let narrowed = || drawing.narrowed(SENTENCE).or_else(|| drawing.narrowed(0));
    match narrowed().filter(|_| table.len() > 1) {
        Some(narrowed) => drawing.narrow(&narrowed, out),
        None => out.write_all(drawing.row_by_row(&drawing.all, table.len()).as_bytes()),
    }
}

/// A table that is being drawn.
struct Drawing<'t> {
    table: &'t Table,
    width: usize,
    /// What each of its columns wants.
    rooms: Vec<Room>,
    /// The columns with a value.
    all: Vec<usize>,
}

/// What becomes of the columns where not all have room.
struct Narrowed {
    /// Said once above: it is the same in every row.
    same: Vec<usize>,
    kept: Vec<usize>,
    /// Named below.
    left_out: Vec<String>,
}

impl Drawing<'_> {
    /// The columns that fit, what is the same in every row aside, and without the spare ones that do not; `None` where no column
    /// more can be spared.
    fn narrowed(&self, sentence: usize) -> Option<Narrowed> {
        // A figure stays in its row, also where all happen to be equal: it is what is looked for.
        let is_same = |at: &usize| {
            let is_text = self.table.columns[*at].side == Side::Left;
            is_text && self.rooms[*at].is_same
        };
        let (same, mut kept): (Vec<usize>, Vec<usize>) =
            self.all.iter().partition(|at| is_same(at));
        let mut left_out = Vec::new();
        let mut spare = self.table.spare.iter();
        while !kept.is_empty() {
            if self.fits(&kept, sentence) {
                return Some(Narrowed {
                    same,
                    kept,
                    left_out,
                });
            }
            let next = spare.next()?;
            let columns = &self.table.columns;
            if let Some(place) = kept.iter().position(|at| columns[*at].name == *next) {
                left_out.push(title(&columns[kept.remove(place)]));
            }
        }
        None
    }

    fn narrow(&self, columns: &Narrowed, out: &mut dyn Write) -> io::Result<()> {
        let above = self.row_by_row(&columns.same, 1);
        if !above.is_empty() {
            writeln!(out, "{above}")?;
        }
        self.side_by_side(&columns.kept, out)?;
        if columns.left_out.is_empty() {
            return Ok(());
        }
        let said = format!(
            "There is no room here for: {}.",
            columns.left_out.join(", ")
        );
        writeln!(out, "\n{}", wrapped(&said, self.width))
    }

    /// Whether the columns can stand next to each other without a figure or a word broken.
    /// `sentence` is how much room a text of more than that wants.
    fn fits(&self, columns: &[usize], sentence: usize) -> bool {
        let wanted = |at: &usize| {
            let room = self.rooms[*at];
            match room.longest_text > sentence && sentence > 0 {
                true => room.least.max(sentence),
                false => room.least,
            }
        };
        let cells: usize = columns.iter().map(wanted).sum();
        cells + GAP * columns.len().saturating_sub(1) <= self.width
    }

    /// Columns next to each other under their titles.
    fn side_by_side(&self, columns: &[usize], out: &mut dyn Write) -> io::Result<()> {
        let rooms: Vec<Room> = columns.iter().map(|at| self.rooms[*at]).collect();
        match unbroken(&rooms, self.width) {
            Some(widths) => self.line_by_line(columns, &widths, out),
            None => out.write_all(self.broken(columns).as_bytes()),
        }
    }

    /// Side by side where each row is a line.
    fn line_by_line(
        &self,
        columns: &[usize],
        widths: &[usize],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // Brings the cell that was put at the end of a line to the width of its column.
        let fit = |place: usize, start: usize, line: &mut String| {
            if let Cow::Owned(shown) = printed(&line[start..]) {
                line.truncate(start);
                line.push_str(&shown);
            }
            let blanks = widths[place] - columns_of(&line[start..]);
            let is_right = self.table.columns[columns[place]].side == Side::Right;
            let at = if is_right { start } else { line.len() };
            line.insert_str(at, &BLANK[..blanks.min(BLANK.len())]);
            (BLANK.len()..blanks).for_each(|_| line.insert(at, ' '));
        };
        let begin = |place: usize, line: &mut String| {
            line.push_str(&BLANK[..if place > 0 { GAP } else { 0 }]);
            line.len()
        };
        let end = |start: usize, lines: &mut String| {
            lines.truncate(start + lines[start..].trim_end().len());
            lines.push('\n');
        };
        let mut head = String::new();
        for (place, at) in columns.iter().enumerate() {
            let start = begin(place, &mut head);
            head.push_str(&title(&self.table.columns[*at]));
            fit(place, start, &mut head);
        }
        end(0, &mut head);
        let rule = widths.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1);
        writeln!(out, "{head}{}", "─".repeat(rule))?;
        write_rows(out, self.table.len(), |row, lines| {
            let line = lines.len();
            for (place, at) in columns.iter().enumerate() {
                let start = begin(place, lines);
                self.table.put(row, *at, lines);
                fit(place, start, lines);
            }
            end(line, lines);
        })
    }

    /// Side by side where a text has to be broken.
    fn broken(&self, columns: &[usize]) -> String {
        let mut drawing = comfy_table::Table::new();
        drawing.set_header(columns.iter().map(|at| title(&self.table.columns[*at])));
        for row in 0..self.table.len() {
            let cell = |at: &usize| printed(&self.table.plain(row, *at)).into_owned();
            drawing.add_row(columns.iter().map(cell));
        }
        let last = columns.len().saturating_sub(1);
        for (place, (column, at)) in drawing.column_iter_mut().zip(columns).enumerate() {
            // A bound counts the blank after the cell, which the last column does not have.
            let bound = u16::try_from(self.rooms[*at].least + usize::from(place < last));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(
                bound.unwrap_or(u16::MAX),
            )));
            if self.table.columns[*at].side == Side::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        lines(drawing, self.width)
    }

    /// The names and the values of each of the first rows below each other, and a blank line between rows.
    fn row_by_row(&self, columns: &[usize], rows: usize) -> String {
        let mut drawing = comfy_table::Table::new();
        for row in 0..rows {
            if row > 0 {
                drawing.add_row(["", ""]);
            }
            for at in columns {
                let mut cell = String::new();
                if self.table.put(row, *at, &mut cell) != Kind::Empty {
                    let title = title(&self.table.columns[*at]);
                    drawing.add_row([title, printed(&cell).into_owned()]);
                }
            }
        }
        lines(drawing, self.width)
    }
}

fn lines(mut drawing: comfy_table::Table, width: usize) -> String {
    drawing
        .load_preset(LOOK)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let last = drawing.column_iter().count().saturating_sub(1);
    for (at, column) in drawing.column_iter_mut().enumerate() {
        // The blank of the look itself is the other half of the gap.
        column.set_padding((0, u16::from(at < last)));
    }
    let lines = drawing
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Cell;
    use proptest::prelude::*;

    fn table() -> Table {
        let mut table = Table::new([
            ("account_id", Side::Left),
            ("message", Side::Left),
            ("lines", Side::Right),
            ("net", Side::Right),
        ]);
        table.push(vec![
            Cell::text("7590-VHVEG"),
            Cell::text("the price of `fiber` is not in force on 2026-02-01, the first day of the period that is due"),
            Cell::Count(4),
            Cell::Number("456360.00".to_owned()),
        ]);
        table.push(vec![
            Cell::text("a\u{1b}[31mred\u{202E}"),
            Cell::Empty,
            Cell::Count(12),
            Cell::Number("-4.80".to_owned()),
        ]);
        table
    }

    #[test]
    fn a_table_fits_eighty_columns_and_figures_stand_on_the_right() {
        let text = drawn(&table(), 80);
        insta::assert_snapshot!(text, @r"
        account id            message                                   lines        net
        ────────────────────────────────────────────────────────────────────────────────
        7590-VHVEG            the price of `fiber` is not in force on       4  456360.00
                              2026-02-01, the first day of the period
                              that is due
        aU+001B[31mredU+202E                                               12      -4.80
        ");
        assert!(text.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn on_a_narrow_terminal_the_same_is_said_once_and_spare_columns_are_left_out() {
        let mut table = Table::new([
            ("number", Side::Left),
            ("invoice_id", Side::Left),
            ("currency", Side::Left),
            ("total", Side::Right),
        ])
        .spare(&["invoice_id"]);
        for (number, total) in [("INV-2026-000001", "65.00"), ("INV-2026-000002", "7.50")] {
            table.push(vec![
                Cell::text(number),
                Cell::text(format!("telco-monthly@2026-02-01/{number}")),
                Cell::text("USD"),
                Cell::Number(total.to_owned()),
            ]);
        }
        insta::assert_snapshot!(drawn(&table, 40), @r"
        currency  USD

        number           total
        ──────────────────────
        INV-2026-000001  65.00
        INV-2026-000002   7.50

        There is no room here for: invoice id.
        ");
    }

    #[test]
    fn what_is_too_wide_is_drawn_row_by_row() {
        insta::assert_snapshot!(drawn(&table(), 40), @r"
        account id  7590-VHVEG
        message     the price of `fiber` is not
                    in force on 2026-02-01, the
                    first day of the period that
                    is due
        lines       4
        net         456360.00

        account id  aU+001B[31mredU+202E
        lines       12
        net         -4.80
        ");
    }

    proptest! {
        /// Where nothing has to be broken, a table is drawn line by line as `comfy_table` would draw it.
        #[test]
        fn lines_stand_as_they_would_if_they_were_drawn_as_a_whole(rows in proptest::collection::vec(proptest::collection::vec("[a-c\u{e4}\u{4e2d}]{0,6}( [a-c]{1,9}){0,3}", 4), 1..5), width in 10..90_usize) {
            let sides = [Side::Left, Side::Right, Side::Left, Side::Right];
            let mut table = Table::new([("a", sides[0]), ("bill_day", sides[1]), ("c", sides[2]), ("d", sides[3])]);
            for row in &rows {
                table.push(row.iter().map(Cell::text).collect());
            }
            let drawing = Drawing { table: &table, width, rooms: Room::of(&table), all: vec![0, 1, 2, 3] };
            for columns in [&[0, 1, 2, 3][..], &[1, 2], &[0]] {
                let mut drawn = Vec::new();
                drawing.side_by_side(columns, &mut drawn).unwrap();
                prop_assert_eq!(String::from_utf8(drawn).unwrap(), drawing.broken(columns));
            }
        }
    }
}
