//! A table as lines of text.

use crate::diagnostic::{shown, wrapped};
use crate::report::table::{Cell, Head, Side, Table};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};

/// A rule under the header and no frame, as a page of figures is set.
const LOOK: &str = "     ──             ";
/// Blanks between columns.
const GAP: usize = 2;
/// A word up to this long is never broken: an id has to be copied from the screen.
const WHOLE_WORD: usize = 26;
/// A text longer than this is a sentence, and wants that much room as long as something else can be left out for it.
const SENTENCE: usize = 32;

/// Draws a table no wider than `width`.
///
/// A column without a value is not drawn. Texts wrap between words, figures stand on the right and are never broken. Where that is too wide, a text that is the same
/// in every row is said once above, then spare columns are left out and named below; and what still does not fit is drawn row by
/// row, a line for each column. Control characters are shown by their number.
pub fn drawn(table: &Table, width: usize) -> String {
    let has_values = |at: &usize| table.rows.iter().any(|row| !row[*at].plain().is_empty());
    let columns = 0..table.columns.len();
    let all: Vec<usize> = columns
        .filter(|at| table.rows.is_empty() || has_values(at))
        .collect();
    if fits(table, &all, width, SENTENCE) {
        return side_by_side(table, &all, width);
    }
    if table.rows.len() == 1 {
        return row_by_row(table, &all, &table.rows, width);
    }
    let narrowed = |sentence| narrowed(table, &all, width, sentence);
    narrowed(SENTENCE)
        .or_else(|| narrowed(0))
        .unwrap_or_else(|| row_by_row(table, &all, &table.rows, width))
}

/// The columns of `all` that fit, what is the same in every row said once above, and the names of the spare ones left out below;
/// `None` where no column more can be spared.
fn narrowed(table: &Table, all: &[usize], width: usize, sentence: usize) -> Option<String> {
    // A figure stays in its row, also where all happen to be equal: it is what is looked for.
    let is_same = |at: &usize| {
        let is_text = table.columns[*at].side == Side::Left;
        is_text && table.rows.iter().all(|row| row[*at] == table.rows[0][*at])
    };
    let (same, mut kept): (Vec<usize>, Vec<usize>) = all.iter().partition(|at| is_same(at));
    let mut left_out = Vec::new();
    let mut spare = table.spare.iter();
    while !kept.is_empty() {
        if fits(table, &kept, width, sentence) {
            let above = row_by_row(table, &same, &table.rows[..1], width);
            let drawing = side_by_side(table, &kept, width);
            let parts = [above, drawing, not_shown(&left_out, width)];
            let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            return Some(said.join("\n"));
        }
        let next = spare.next()?;
        if let Some(place) = kept.iter().position(|at| table.columns[*at].name == *next) {
            left_out.push(title(&table.columns[kept.remove(place)]));
        }
    }
    None
}

/// Columns next to each other under their titles.
fn side_by_side(table: &Table, columns: &[usize], width: usize) -> String {
    let mut drawing = comfy_table::Table::new();
    drawing.set_header(columns.iter().map(|at| title(&table.columns[*at])));
    for row in &table.rows {
        drawing.add_row(columns.iter().map(|at| shown(&row[*at].plain())));
    }
    let last = columns.len().saturating_sub(1);
    for (place, (column, at)) in drawing.column_iter_mut().zip(columns).enumerate() {
        // A bound counts the blank after the cell, which the last column does not have.
        let bound = u16::try_from(least_width(table, *at) + usize::from(place < last));
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(
            bound.unwrap_or(u16::MAX),
        )));
        if table.columns[*at].side == Side::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines(drawing, width)
}

/// The names and the values of each row below each other, and a blank line between rows.
fn row_by_row(table: &Table, columns: &[usize], rows: &[Vec<Cell>], width: usize) -> String {
    let mut drawing = comfy_table::Table::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            drawing.add_row(["", ""]);
        }
        for at in columns.iter().filter(|at| row[**at] != Cell::Empty) {
            drawing.add_row([title(&table.columns[*at]), shown(&row[*at].plain())]);
        }
    }
    lines(drawing, width)
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

fn not_shown(titles: &[String], width: usize) -> String {
    match titles {
        [] => String::new(),
        _ => {
            let said = format!("There is no room here for: {}.", titles.join(", "));
            wrapped(&said, width) + "\n"
        }
    }
}

fn title(head: &Head) -> String {
    head.name.replace('_', " ")
}

/// Whether the columns can stand next to each other without a figure or a word broken.
/// `sentence` is how much room a text of more than that wants.
fn fits(table: &Table, columns: &[usize], width: usize, sentence: usize) -> bool {
    let is_long = |at: usize| {
        let mut cells = table.rows.iter().map(|row| &row[at]);
        cells.any(|cell| matches!(cell, Cell::Text(text) if text.chars().count() > sentence))
    };
    let wanted = |at: &usize| {
        let least = least_width(table, *at);
        if sentence > 0 && is_long(*at) {
            least.max(sentence)
        } else {
            least
        }
    };
    let cells: usize = columns.iter().map(wanted).sum();
    cells + GAP * columns.len().saturating_sub(1) <= width
}

/// How narrow a column can be before a figure or a word breaks.
fn least_width(table: &Table, at: usize) -> usize {
    let longest_word = |text: &str| {
        let words = text.split_whitespace().map(|word| word.chars().count());
        words.max().unwrap_or(0).min(WHOLE_WORD)
    };
    let cells = table.rows.iter().map(|row| match &row[at] {
        Cell::Text(text) => longest_word(&shown(text)),
        figure => figure.plain().chars().count(),
    });
    cells
        .chain([longest_word(&title(&table.columns[at]))])
        .max()
        .unwrap_or(0)
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
}
