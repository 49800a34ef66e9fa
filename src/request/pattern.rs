//! The patterns of the API model, as predicates, and their texts as they stand in messages. Patterns hold from end to
//! end.

/// `CountryCodeString`.
pub(crate) const COUNTRY_CODE: &str = "[A-Za-z]{2}";
/// `ASN1PrintableString64`; `+-.` is a range and covers the comma, so that the set is exactly that of PrintableString
/// (X.680 section 41.4).
pub(crate) const PRINTABLE_STRING: &str = "[a-zA-Z0-9'()+-.?:/= ]*";
/// `CustomObjectIdentifier`.
pub(crate) const OBJECT_IDENTIFIER: &str = r"([0-2])\.([0-9]|([0-3][0-9]))((\.([0-9]+)){0,126})";
/// `Base64String1To4096`.
pub(crate) const BASE64: &str = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
/// `IdempotencyToken`.
pub(crate) const IDEMPOTENCY_TOKEN: &str = r"[\u0009\u000A\u000D\u0020-\u00FF]*";

pub(crate) fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic())
}

pub(crate) fn is_printable_string(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"'()+,-.?:/= ".contains(&b))
}

pub(crate) fn is_object_identifier(text: &str) -> bool {
    let mut arcs = text.split('.');
    let first = matches!(arcs.next(), Some("0" | "1" | "2"));
    let second = matches!(arcs.next().map(str::as_bytes), Some([b'0'..=b'9'] | [b'0'..=b'3', b'0'..=b'9']));
    let mut more = 0;
    first && second && arcs.inspect(|_| more += 1).all(|arc| !arc.is_empty() && is_digits(arc)) && more <= 126
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

pub(crate) fn is_base64(text: &str) -> bool {
    let unpadded = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    text.len().is_multiple_of(4) && unpadded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

pub(crate) fn is_idempotency_token(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
}

/// Not of the model: what an IA5String of a general name may hold here.
pub(crate) fn is_ia5_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `predicate` holds for each of `right` and for none of `wrong`.
    fn check(predicate: fn(&str) -> bool, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert!(predicate(text), "{text:?}");
        }
        for text in wrong {
            assert!(!predicate(text), "{text:?}");
        }
    }

    #[test]
    fn edges() {
        check(is_country_code, &["US", "de", "zZ"], &["", "U", "USA", "U1", "É", "U ", "US\n"]);
        check(is_printable_string, &["", "aZ09'()+,-.?:/= "], &["*", "@", "_", "ä", "\0", "\n", "&", "\""]);
        check(
            is_object_identifier,
            &["0.0", "2.39", "1.02", "1.2.0", "1.2.003", "2.39.1.1"],
            &[
                "", "1", "3.1", "1.40", "2.999", "1.", "1.2.", "1..2", "1.2.x", " 1.2", "1.2 ", "1.2.+3", "01.2",
                "1.002",
            ],
        );
        let longest = format!("1.2{}", ".3".repeat(126));
        check(is_object_identifier, &[&longest], &[&format!("{longest}.3")]);
        check(
            is_base64,
            &["", "AAAA", "AA==", "AAA=", "+/09AA=="],
            &["A", "AA", "AAA", "A===", "====", "AA=A", "AA==AAAA", "AA-_", "AAAA\n", "AAÿ"],
        );
        check(
            is_idempotency_token,
            &["", "\t\n\r ~\u{7f}\u{80}\u{ff}"],
            &["\0", "\u{8}", "\u{b}", "\u{1f}", "\u{100}"],
        );
        check(is_ia5_name, &["a", "a b~"], &["", "\u{7f}", "\n", "é", "a\0"]);
    }
}
