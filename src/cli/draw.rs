//! A table as lines of text.

use crate::diagnostic::shown;
use crate::report::table::{Cell, Head, Side, Table};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};

/// A rule under the header and no frame, as a page of figures is set.
const LOOK: &str = "     ──             ";
/// Blanks between columns.
const GAP: usize = 2;
/// A word up to this long is never broken: an id has to be copied from the screen.
const WHOLE_WORD: usize = 26;

/// Draws a table no wider than `width`.
///
/// Texts wrap between words, figures stand on the right and are never broken. What does not fit so is drawn row by row, a
/// line for each column. Control characters are shown by their number.
pub fn drawn(table: &Table, width: usize) -> String {
    let least: Vec<u16> = (0..table.columns.len())
        .map(|at| least_width(table, at))
        .collect();
    let columns = least.iter().map(|least| usize::from(*least)).sum::<usize>();
    let fits = columns + GAP * least.len().saturating_sub(1) <= width;
    let mut drawing = if fits {
        side_by_side(table, &least)
    } else {
        row_by_row(table)
    };
    drawing
        .load_preset(LOOK)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let last = drawing.column_iter().count().saturating_sub(1);
    for (at, column) in drawing.column_iter_mut().enumerate() {
        // The blank of the look itself is the other half of the gap.
        column.set_padding((0, u16::from(at < last)));
    }
    drawing
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn side_by_side(table: &Table, least: &[u16]) -> comfy_table::Table {
    let mut drawing = comfy_table::Table::new();
    drawing.set_header(table.columns.iter().map(title));
    let last = least.len().saturating_sub(1);
    for row in &table.rows {
        drawing.add_row(row.iter().map(|cell| shown(&cell.plain())));
    }
    for (at, column) in drawing.column_iter_mut().enumerate() {
        let head = &table.columns[at];
        // A bound counts the blank after the cell, which the last column does not have.
        let bound = least[at] + u16::from(at < last);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(bound)));
        if head.side == Side::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawing
}

/// Two columns, the names and the values of a row, and a blank line between rows.
fn row_by_row(table: &Table) -> comfy_table::Table {
    let mut drawing = comfy_table::Table::new();
    for (at, row) in table.rows.iter().enumerate() {
        if at > 0 {
            drawing.add_row(["", ""]);
        }
        for (head, cell) in table
            .columns
            .iter()
            .zip(row)
            .filter(|(_, cell)| **cell != Cell::Empty)
        {
            drawing.add_row([title(head), shown(&cell.plain())]);
        }
    }
    drawing
}

fn title(head: &Head) -> String {
    head.name.replace('_', " ")
}

/// How narrow a column can be before a figure or a word breaks.
fn least_width(table: &Table, at: usize) -> u16 {
    let longest_word = |text: &str| {
        let words = text.split_whitespace().map(|word| word.chars().count());
        words.max().unwrap_or(0).min(WHOLE_WORD)
    };
    let cells = table.rows.iter().map(|row| match &row[at] {
        Cell::Text(text) => longest_word(&shown(text)),
        figure => figure.plain().chars().count(),
    });
    let least = cells
        .chain([longest_word(&title(&table.columns[at]))])
        .max()
        .unwrap_or(0);
    u16::try_from(least).unwrap_or(u16::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
