//! Tables for a terminal. A row has a mark, aligned cells, and a text that is wrapped within the last column.

use super::wrap::{listed, padded, widest_word, width, wrapped};
use super::{Mark, OutputStyle, Role};

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub mark: Mark,
    /// All rows of a table have the same number of cells.
    pub cells: Vec<String>,
    /// In the last column.
    pub text: String,
    /// A list below the text.
    pub items: Vec<String>,
}

/// How far marks are indented, and texts that are printed below their row.
const INDENT: usize = 2;
const DEEPER: usize = 6;
/// If the last column would be narrower, its texts are printed below their rows.
const NARROWEST: usize = 24;

/// The table, in lines of at most `columns`, except where a single word is longer.
pub fn table(rows: &[Row], style: OutputStyle, columns: usize) -> String {
    let count = rows.first().map_or(0, |row| row.cells.len());
    let widths = |widest: usize| -> Vec<usize> {
        let width_of = |column: usize| {
            let cells = rows.iter().map(|row| width(&row.cells[column]));
            cells.filter(|&width| width <= widest).max().unwrap_or_default()
        };
        (0..count).map(width_of).collect()
    };
    let mut widths_of_all = widths(columns);
    if last_column(&widths_of_all) + NARROWEST > columns {
        // A single long name must not push all other columns to the edge.
        widths_of_all = widths(columns * 2 / 5);
    }
    let widths = widths_of_all;
    rows.iter().map(|row| lines(row, &widths, style, columns)).collect()
}

/// The number of terminal columns before the last column of the table.
fn last_column(widths: &[usize]) -> usize {
    INDENT + 2 + widths.iter().map(|width| width + 2).sum::<usize>()
}

fn lines(row: &Row, widths: &[usize], style: OutputStyle, columns: usize) -> String {
    let mut text = format!("{:INDENT$}{} ", "", style.mark(row.mark));
    let start = INDENT + 2;
    let is_aligned = row.cells.iter().zip(widths).all(|(cell, &most)| width(cell) <= most);
    let column = last_column(widths);
    let fits = |text: &String, column| widest_word(text, columns - DEEPER) + column <= columns;
    let is_beside = row.cells.is_empty()
        || is_aligned
            && column + NARROWEST <= columns
            && fits(&row.text, column)
            && row.items.iter().all(|item| fits(item, column + 2));
    let indent = if is_beside { column } else { DEEPER };
    if is_beside {
        let cells = row.cells.iter().zip(widths);
        text.extend(cells.map(|(cell, &width)| padded(cell, width) + "  "));
    } else {
        let cells = row.cells.iter().zip(widths).map(|(cell, &width)| padded(cell, width));
        let cells = cells.collect::<Vec<_>>().join("  ");
        text += &wrapped(cells.trim_end(), start, DEEPER, columns);
        text += &format!("\n{:DEEPER$}", "");
    }
    text += &wrapped(&row.text, indent, indent, columns);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text + &row.items.iter().map(|item| listed(item, indent, columns)).collect::<String>()
}

/// The fix for a problem, to be printed below the problem.
pub fn fix(fix: &str, style: OutputStyle, columns: usize) -> String {
    const INDENT: usize = 4;
    let label = style.paint(Role::Hint, "fix:");
    let fix = wrapped(fix, INDENT + "fix: ".len(), INDENT + 2, columns);
    format!("{:INDENT$}{label} {fix}\n", "")
}

/// A heading, in lines that fit.
pub fn heading(title: &str, style: OutputStyle, columns: usize) -> String {
    format!("{}\n", style.paint(Role::Heading, &wrapped(title, 0, INDENT, columns)))
}

/// A line of a list below a heading.
pub fn item(text: &str, columns: usize) -> String {
    format!("{:INDENT$}{}\n", "", wrapped(text, INDENT, INDENT + 2, columns))
}

/// A line of a numbered list below a heading. The number stays with the first word.
pub fn numbered(number: usize, text: &str, columns: usize) -> String {
    let number = format!("{number}. ");
    let indent = INDENT + number.len();
    format!("{:INDENT$}{number}{}\n", "", wrapped(text, indent, indent, columns))
}

/// The result, for the last line.
pub fn summary(mark: Mark, text: &str, style: OutputStyle, columns: usize) -> String {
    format!("{} {}\n", style.mark(mark), wrapped(text, 2, 2, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: OutputStyle = OutputStyle { columns: Some(60), color: false, unicode: true };

    fn row(mark: Mark, cells: &[&str], text: &str, items: &[&str]) -> Row {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Row { mark, cells: owned(cells), text: text.to_owned(), items: owned(items) }
    }

    #[test]
    fn cells_are_aligned_and_text_is_wrapped_within_the_last_column() {
        let rows = [
            row(Mark::Good, &["A", "secret A"], "/a/config.toml", &[]),
            row(
                Mark::Bad,
                &["日本", "key e\u{301}"],
                "missing; looked in:",
                &["one", "two three four five six seven"],
            ),
            row(Mark::Doubtful, &["LONGER", "x"], "one two three four five six seven eight", &[]),
        ];
        let lines = [
            "  ✓ A       secret A  /a/config.toml",
            "  ✗ 日本    key e\u{301}     missing; looked in:",
            "                      - one",
            "                      - two three four five six seven",
            "  ! LONGER  x         one two three four five six seven",
            "                      eight",
            "",
        ];
        assert_eq!(table(&rows, STYLE, 60), lines.join("\n"));
    }

    #[test]
    fn text_that_does_not_fit_its_column_is_printed_below_the_row() {
        let path = "/a/path/that/is/longer/than/its/column/config.toml";
        let name = "n".repeat(70);
        let rows = [
            row(Mark::Good, &["A", "secret A"], path, &[]),
            row(Mark::Plain, &["B", "secret B"], "/short", &[]),
            row(Mark::Bad, &[&name, "secret C"], "missing", &[]),
        ];
        assert_eq!(
            table(&rows, STYLE, 60),
            format!(
                "  ✓ A  secret A\n      {path}\n    B  secret B  /short\n  ✗ {name}\n      secret C\n      missing\n"
            )
        );
        let narrow = table(&rows[..2], STYLE, 30);
        assert_eq!(
            narrow,
            format!("  ✓ A  secret A\n      {path}\n    B  secret B\n      /short\n")
        );
    }

    #[test]
    fn the_number_of_an_item_stays_with_its_first_word() {
        assert_eq!(numbered(2, "/a/long/path and more", 14), "  2. /a/long/path\n     and more\n");
        assert_eq!(numbered(10, "one two", 80), "  10. one two\n");
    }

    #[test]
    fn a_row_without_text_has_no_trailing_spaces() {
        let rows = [
            row(Mark::Good, &["GONE", "removed"], "", &[]),
            row(Mark::Good, &["A", "x"], "y", &[]),
        ];
        assert_eq!(table(&rows, STYLE, 60), "  ✓ GONE  removed\n  ✓ A     x        y\n");
    }
}
