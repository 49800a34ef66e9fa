//! Text of somebody else's, as it is shown: set apart from what stands around it, and with nothing in it that cannot be seen.

use issuance::Timestamp;
use maud::{Markup, Render, html};

/// Text that may say anything. It is isolated, so that its direction changes nothing around it; what cannot be seen, or would turn other
/// characters around, is shown by its number.
pub(super) struct Foreign<'t>(pub(super) &'t str);

impl Render for Foreign<'_> {
    fn render(&self) -> Markup {
        html! {
            bdi {
                @for piece in pieces(self.0) {
                    @match piece {
                        Piece::Plain(text) => (text),
                        Piece::Unseen(character) => span.unseen { "U+" (format!("{:04X}", u32::from(character))) },
                    }
                }
            }
        }
    }
}

/// A name of several words in one, such as that of a template, which breaks between them.
pub(super) fn identifier(name: &str) -> Markup {
    html! {
        bdi {
            @for word in words(name) { (word) wbr; }
        }
    }
}

/// Each ends with an underscore, or before a capital letter that follows another letter.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, pair) in name.as_bytes().windows(2).enumerate() {
        if pair[0] == b'_' || pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase() {
            words.push(&name[start..=at]);
            start = at + 1;
        }
    }
    words.push(&name[start..]);
    words
}

/// A time, to the second.
pub(super) fn time(time: Timestamp) -> Markup {
    html! { time datetime=(time) { (time) } }
}

#[derive(Debug, PartialEq)]
enum Piece<'t> {
    Plain(&'t str),
    Unseen(char),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_unseen(*character)) {
        if at > 0 {
            pieces.push(Piece::Plain(&rest[..at]));
        }
        pieces.push(Piece::Unseen(character));
        rest = &rest[at + character.len_utf8()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

/// Control characters, marks and overrides of direction, and what has no width (Unicode Standard Annex 9, Unicode Technical Standard 39).
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The beginning of a subject, for titles and lists: the whole stands on a page of its own.
pub(super) fn beginning(subject: &str) -> String {
    const MOST: usize = 120;
    match subject.char_indices().nth(MOST) {
        _ if subject.is_empty() => "(no subject)".to_owned(),
        Some((at, _)) => format!("{}…", &subject[..at]),
        None => subject.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        let shown = Foreign("<script>\"'&</script>").render().into_string();
        assert_eq!(shown, "<bdi>&lt;script&gt;&quot;'&amp;&lt;/script&gt;</bdi>");
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        let shown = Foreign("a\u{202e}cod\u{0}").render().into_string();
        let unseen = |number: &str| format!("<span class=\"unseen\">U+{number}</span>");
        assert_eq!(shown, format!("<bdi>a{}cod{}</bdi>", unseen("202E"), unseen("0000")));
        assert_eq!(pieces(""), []);
        assert_eq!(pieces("\u{5e9}\u{5dc}"), [Piece::Plain("\u{5e9}\u{5dc}")]);
    }

    #[test]
    fn identifiers_break_between_their_words() {
        assert_eq!(words("RootCACertificate_APIPassthrough"), ["Root", "CACertificate_", "APIPassthrough"]);
        assert_eq!(words("\u{e9}_\u{e9}"), ["\u{e9}_", "\u{e9}"]);
        assert_eq!(words(""), [""]);
    }

    #[test]
    fn long_texts_are_cut_in_lists() {
        assert_eq!(beginning("short"), "short");
        assert_eq!(beginning(""), "(no subject)");
        assert_eq!(beginning(&"\u{e9}".repeat(200)).chars().count(), 121);
    }
}
