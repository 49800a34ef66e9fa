//! The texts that say where revocation is published, within the bounds of the API model.

use crate::request::bounded::{broken, length, text_shape};
use crate::request::violation::Constraint;

/// `CnameString` of the API model: up to 253 characters of a host name, and what URLs have besides. Builders take it as text:
/// see [`CrlConfiguration`](super::CrlConfiguration).
/// [`CrlConfiguration`](crate::authority::CrlConfiguration) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CnameString(String);

/// `S3BucketName3To255` of the API model: 3 to 255 characters, letters, digits and `-._/`. Builders take it as text:
/// see [`CrlConfiguration`](super::CrlConfiguration).
/// [`CrlConfiguration`](crate::authority::CrlConfiguration) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3BucketName3To255(String);

/// `CrlPathString` of the API model: `/`, or segments with `/` between them, up to 253 characters. Builders take it as
/// text: see [`CrlConfiguration`](super::CrlConfiguration).
/// [`CrlConfiguration`](crate::authority::CrlConfiguration) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlPathString(String);

fn all_in(text: &str, extra: &[u8]) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
}

fn is_cname(text: &str) -> bool {
    all_in(text, b"-;/?:@&=+$,%_.!~*()'")
}

fn is_path(text: &str) -> bool {
    let is_segment = |segment: &str| !segment.is_empty() && all_in(segment, b"-;?:@&=+$,%_.!~*()'");
    text == "/" || text.split('/').all(is_segment)
}

text_shape!([] CnameString, |text| {
    let [_, max] = length(text.chars().count(), 0, 253);
    broken([max, (is_cname(text), Constraint::Pattern("[-a-zA-Z0-9;/?:@&=+$,%_.!~*()']*"))])
});

text_shape!([] S3BucketName3To255, |text| {
    let [min, max] = length(text.chars().count(), 3, 255);
    let fits = !text.is_empty() && all_in(text, b"-._/");
    broken([min, max, (fits, Constraint::Pattern("[-a-zA-Z0-9._/]+"))])
});

text_shape!([] CrlPathString, |text| {
    let [_, max] = length(text.chars().count(), 0, 253);
    let pattern = "(/|[-a-zA-Z0-9;?:@&=+$,%_.!~*()']+(/[-a-zA-Z0-9;?:@&=+$,%_.!~*()']+)*)";
    broken([max, (is_path(text), Constraint::Pattern(pattern))])
});
