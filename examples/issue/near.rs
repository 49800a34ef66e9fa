//! The name that a misspelt one was meant to be.

/// How many letters may differ.
const MAX_DISTANCE: usize = 2;

/// The nearest of these names, if it differs from what was written by case or by at most two letters.
pub(crate) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = names.filter_map(|name| Some((distance(written, name)?, name)));
    distances.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The number of letters to insert, remove or replace, case aside; none if there are more than [`MAX_DISTANCE`].
fn distance(written: &str, name: &str) -> Option<usize> {
    if written.len().abs_diff(name.len()) > 4 * MAX_DISTANCE {
        return None;
    }
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (written, name) = (letters(written), letters(name));
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (above, letter) in written.iter().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, other) in name.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= MAX_DISTANCE)
}
