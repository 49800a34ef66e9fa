//! What a form or a link of the page asks for.

use std::fmt::Display;

/// The members of a query or of a form that was sent.
#[derive(Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &[u8]) -> Query {
        Query(form_urlencoded::parse(text).into_owned().collect())
    }

    /// A member, if it is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The number of a page of a list, counted from 1.
    pub(super) fn page(&self) -> usize {
        self.get("page").and_then(|text| text.parse().ok()).filter(|page| (1..=1_000_000).contains(page)).unwrap_or(1)
    }
}

/// A link within the page.
pub(super) fn link(path: &str, members: &[(&str, &dyn Display)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        query.append_pair(name, &value.to_string());
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_the_query_reads() {
        let link = link("/authority", &[("arn", &"a:b/c&d=\u{e9}\""), ("page", &2)]);
        assert_eq!(link, "/authority?arn=a%3Ab%2Fc%26d%3D%C3%A9%22&page=2");
        let query = Query::parse(link.split_once('?').unwrap().1.as_bytes());
        assert_eq!((query.get("arn"), query.page()), (Some("a:b/c&d=\u{e9}\""), 2));
        for page in ["", "0", "-1", "x", "99999999999999999999"] {
            assert_eq!(Query::parse(format!("page={page}").as_bytes()).page(), 1);
        }
    }
}
