//! Sections as lines of equal width. Widths count characters, and the terminal has 80 columns.

use std::iter;

/// The width from which on a section of one row stands upright.
const TERMINAL: usize = 80;

/// The room that a cell has beside its text.
const PADDING: usize = 4;

/// A title, the names of columns, and rows.
pub(crate) struct Section {
    title: String,
    indent: usize,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Section {
    pub(crate) fn new(title: &str, indent: usize) -> Section {
        Section { title: title.to_owned(), indent, header: Vec::new(), rows: Vec::new() }
    }

    /// The widths of the columns with their padding.
    fn columns(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in iter::once(&self.header).chain(&self.rows) {
            widths.resize(row.len().max(widths.len()), PADDING);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(length(cell) + PADDING);
            }
        }
        widths
    }

    fn width(&self) -> usize {
        let borders = 2 + 2 * self.indent;
        (self.columns().iter().sum::<usize>()).max(length(&self.title)) + borders
    }

    /// Headers to the left of their values.
    fn upright(self) -> Section {
        match self.rows.as_slice() {
            [row] if !self.header.is_empty() => {
                let rows = self.header.iter().zip(row).map(|(name, value)| vec![name.clone(), value.clone()]).collect();
                Section { rows, header: Vec::new(), ..self }
            }
            _ => self,
        }
    }

    /// The widths of the columns, stretched to fill this one; none in a section without columns.
    fn stretched(&self, width: usize) -> Vec<usize> {
        let columns = self.columns();
        if columns.is_empty() {
            return columns;
        }
        let total: usize = columns.iter().sum();
        let scale = |column: usize| (column as f64 * (width as f64 / total as f64)).round_ties_even() as usize;
        let mut columns: Vec<usize> = columns.into_iter().map(scale).collect();
        // What rounding left over goes to the last columns, what it took too much comes from the first.
        let (sum, count) = (columns.iter().sum::<usize>(), columns.len());
        for position in 0..width.saturating_sub(sum) {
            columns[count - 1 - position % count] += 1;
        }
        for position in 0..sum.saturating_sub(width) {
            columns[position % count] -= 1;
        }
        columns
    }

    fn render(&self, page: &mut Page, width: usize) {
        let width = width - 2 * self.indent;
        if !self.title.is_empty() {
            page.line(self.indent, &format!("|{}|", centered(&self.title, width, 1)));
            if self.header.is_empty() && self.rows.is_empty() {
                page.line(self.indent, &format!("+{}+", "-".repeat(width - 2)));
            }
        }
        let columns = self.stretched(width);
        if columns.is_empty() {
            return;
        }
        let rule = rule(&columns);
        if !self.header.is_empty() {
            let cells = self.header.iter().zip(&columns).enumerate();
            let cells = cells.map(|(position, (name, width))| centered(name, *width, usize::from(position == 0)));
            page.line(self.indent, &rule);
            page.line(self.indent, &format!("|{}|", cells.collect::<Vec<_>>().join("|")));
        }
        if self.rows.is_empty() {
            return;
        }
        page.line(self.indent, &rule);
        for row in &self.rows {
            let cells = columns.iter().enumerate().map(|(position, width)| {
                let text = row.get(position).map_or("", String::as_str);
                aligned(text, &page.styled(text), *width, usize::from(position == 0))
            });
            let cells = cells.collect::<Vec<_>>().join("|");
            page.line(self.indent, &format!("|{cells}|"));
        }
        page.line(self.indent, &rule);
    }
}

/// All sections below one line.
pub(crate) fn render(sections: Vec<Section>, colored: bool) -> String {
    let widest = |sections: &[Section]| sections.iter().map(Section::width).max().unwrap_or_default();
    if sections.is_empty() {
        return String::new();
    }
    let sections = match widest(&sections) {
        ..=TERMINAL => sections,
        _ => sections.into_iter().map(Section::upright).collect(),
    };
    let width = widest(&sections);
    let mut page = Page { text: format!("{}\n", "-".repeat(width)), colored };
    sections.iter().for_each(|section| section.render(&mut page, width));
    page.text
}

struct Page {
    text: String,
    colored: bool,
}

impl Page {
    /// A line between the borders of the sections around it.
    fn line(&mut self, indent: usize, line: &str) {
        let border = if self.colored { "\u{1b}[2m\u{1b}[33m|\u{1b}[0m" } else { "|" };
        let border = border.repeat(indent);
        self.text.extend([border.as_str(), line, border.as_str(), "\n"]);
    }

    fn styled(&self, text: &str) -> String {
        if self.colored { format!("\u{1b}[1m\u{1b}[34m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// A cell of this width with the text in its middle. Its right border counts, its left one where there is one.
fn centered(text: &str, width: usize, left_border: usize) -> String {
    let room = width.saturating_sub(1 + left_border);
    let before = (width / 2).saturating_sub(length(text) / 2 + 1);
    let after = room.saturating_sub(before + length(text));
    format!("{}{text}{}", " ".repeat(before), " ".repeat(after))
}

/// A cell of this width with the text two blanks from its left.
fn aligned(text: &str, styled: &str, width: usize, left_border: usize) -> String {
    let room = width.saturating_sub(1 + left_border);
    let before = if room >= length(text) + 2 { 2 } else { 0 };
    let after = room.saturating_sub(before + length(text));
    format!("{}{styled}{}", " ".repeat(before), " ".repeat(after))
}

/// `+----+----+`, as wide as the columns together.
fn rule(columns: &[usize]) -> String {
    let parts = columns.iter().enumerate();
    let parts = parts.map(|(position, width)| "-".repeat(width.saturating_sub(1 + usize::from(position == 0))));
    format!("+{}+", parts.collect::<Vec<_>>().join("+"))
}
