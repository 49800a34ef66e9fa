//! How far a name is from another, for messages that say which one was probably meant.

/// A name that others are compared with, without regard to the case of ASCII letters.
pub(crate) struct Name {
    /// For each byte, where the name has it: bit 0 is the first place.
    places: [u128; 256],
    len: usize,
}

impl Name {
    /// The longest name that is compared, in bytes; all names of the crate are shorter.
    pub(crate) const LONGEST: usize = 128;

    /// `None` for an empty name, and one that is too long to be like any.
    pub(crate) fn new(name: &str) -> Option<Name> {
        if name.is_empty() || name.len() > Name::LONGEST {
            return None;
        }
        let mut places = [0; 256];
        for (place, octet) in name.bytes().enumerate() {
            places[usize::from(octet.to_ascii_lowercase())] |= 1 << place;
        }
        Some(Name { places, len: name.len() })
    }

    /// How many letters are put in, left out, replaced or swapped with their neighbour (Damerau and Levenshtein, no part
    /// edited twice), where these are at most `limit`.
    ///
    /// A column of the usual table is two words of bits, so the cost is linear in `other` (Hyyrö, "A bit-vector algorithm
    /// for computing Levenshtein and Damerau edit distances", 2003).
    pub(crate) fn distance(&self, other: &str, limit: usize) -> Option<usize> {
        if self.len.abs_diff(other.len()) > limit {
            return None;
        }
        let last = 1 << (self.len - 1);
        let (mut rises, mut falls) = (u128::MAX, 0);
        let (mut same, mut before) = (0, 0);
        let mut distance = self.len;
        for octet in other.bytes() {
            let here = self.places[usize::from(octet.to_ascii_lowercase())];
            let swapped = ((!same & here) << 1) & before;
            same = ((here & rises).wrapping_add(rises) ^ rises) | here | falls | swapped;
            let more = falls | !(same | rises);
            let less = same & rises;
            distance += usize::from(more & last != 0);
            distance -= usize::from(less & last != 0);
            let more = more << 1 | 1;
            rises = less << 1 | !(same | more);
            falls = more & same;
            before = here;
        }
        (distance <= limit).then_some(distance)
    }

    /// The nearest of `names` within `limit`, of several the first.
    #[cfg(feature = "serde")]
    pub(crate) fn nearest<'n>(&self, names: &[&'n str], limit: usize) -> Option<&'n str> {
        let near = names.iter().filter_map(|name| Some((self.distance(name, limit)?, *name)));
        near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the textbook.
    fn table(a: &[u8], b: &[u8]) -> usize {
        let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                rows[i][j] = match (i, j) {
                    (0, n) | (n, 0) => n,
                    _ => {
                        let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                        let swapped = match i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                            true => rows[i - 2][j - 2] + 1,
                            false => usize::MAX,
                        };
                        replaced.min(swapped).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
                    }
                };
            }
        }
        rows[a.len()][b.len()]
    }

    #[test]
    fn the_distance_is_that_of_the_table() {
        // Every text of up to five of three letters, against every other.
        let mut texts = vec![String::new()];
        for from in 0..121 {
            for letter in ["a", "b", "c"] {
                texts.push(texts[from].clone() + letter);
            }
        }
        for a in texts.iter().filter(|text| !text.is_empty()) {
            let name = Name::new(a).unwrap();
            for b in &texts {
                let distance = table(a.as_bytes(), b.as_bytes());
                assert_eq!(name.distance(b, 9), Some(distance), "{a} {b}");
                assert_eq!(name.distance(b, 1), (distance <= 1).then_some(distance), "{a} {b}");
            }
        }
    }

    #[test]
    fn long_names() {
        let long = "x".repeat(Name::LONGEST);
        let name = Name::new(&long).unwrap();
        assert_eq!(name.distance(&long, 0), Some(0));
        assert_eq!(name.distance(&long[2..], 2), Some(2));
        assert_eq!(name.distance(&format!("{}y", &long[1..]), 2), Some(1));
        assert!(Name::new(&format!("{long}x")).is_none() && Name::new("").is_none());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn the_nearest_is_found_whatever_its_case() {
        let names = ["Country", "CommonName", "GivenName"];
        let near = |name: &str| Name::new(name).unwrap().nearest(&names, 2);
        assert_eq!(near("commonname"), Some("CommonName"));
        assert_eq!(near("CommonNmae"), Some("CommonName"));
        assert_eq!(near("Common_Name_"), Some("CommonName"));
        assert_eq!(near("CN"), None);
        assert_eq!(near("Counties"), None);
    }
}
