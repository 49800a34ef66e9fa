//! URIs by scheme, host and path, as policies name them.

use super::host::{host_covers, is_host, uri_host};
use crate::x509::name::matching::Likeness;

/// Every URI of a scheme, or of a scheme and a host, or below a path there: `urn:`, `https://.example.com`,
/// `spiffe://example.org/ns/prod`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UriPrefix {
    text: Box<str>,
    scheme: Box<str>,
    /// As in name constraints: a host, or with a leading dot every host below one.
    host: Option<Box<str>>,
    /// Empty, or with a slash first.
    path: Box<str>,
}

impl UriPrefix {
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<UriPrefix, &'static str> {
        let (scheme, rest) = text.split_once(':').ok_or("it has no scheme, such as https: or spiffe:")?;
        let sound = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
        if !sound {
            return Err("it has no scheme, such as https: or spiffe:");
        }
        let (host, path) = match rest.strip_prefix("//") {
            None if rest.is_empty() => (None, ""),
            None => return Err("after the scheme it has neither nothing nor // and a host"),
            Some(rest) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if !is_host(host.strip_prefix('.').unwrap_or(host)) {
                    return Err("its host is neither a host name nor a domain with a leading dot");
                }
                let lone = host.strip_prefix('.').unwrap_or(host);
                uri_host(&format!("x://{lone}"))?;
                (Some(host), path)
            }
        };
        if !is_plain(path) || path.contains(['?', '#']) || !path.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err("its path has a query, a fragment, percent-encoding, an empty or a dot segment");
        }
        Ok(UriPrefix { text: text.into(), scheme: scheme.into(), host: host.map(Into::into), path: path.into() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and path.
    pub(crate) fn parts(&self) -> (&str, Option<&str>, &str) {
        (&self.scheme, self.host.as_deref(), &self.path)
    }

    /// Whether a URI is among them; `host` is its host. One with a port, with user information or with a path that can be read in
    /// two ways is neither among them nor apart.
    pub(super) fn covers(&self, text: &str, host: Result<&str, &'static str>) -> Likeness {
        let Some((scheme, rest)) = text.split_once(':') else { return Likeness::Unknown };
        if !scheme.eq_ignore_ascii_case(&self.scheme) {
            return Likeness::Different;
        }
        let Some(base) = &self.host else { return Likeness::Alike };
        let Ok(host) = host else { return Likeness::Unknown };
        if !host_covers(base, host) {
            return Likeness::Different;
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains(['@', ':']) {
            return Likeness::Unknown;
        }
        let path = rest.split(['?', '#']).next().unwrap_or(rest);
        let base = self.path.trim_end_matches('/');
        if base.is_empty() {
            return Likeness::Alike;
        }
        if !is_plain(path) {
            return Likeness::Unknown;
        }
        match path.strip_prefix(base) {
            Some("") if self.path.len() == base.len() => Likeness::Alike,
            Some(below) if below.starts_with('/') => Likeness::Alike,
            _ => Likeness::Different,
        }
    }
}

/// Whether every reader of a path sees the same segments.
fn is_plain(path: &str) -> bool {
    let segments = path.strip_prefix('/').unwrap_or(path);
    let inner = segments.strip_suffix('/').unwrap_or(segments);
    let sound = |segment: &str| !matches!(segment, "." | "..") && !segment.contains(['%', '\\', ';']);
    inner.split('/').all(sound) && !path.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(prefix: &str, uri: &str) -> Likeness {
        UriPrefix::parse(prefix).unwrap().covers(uri, uri_host(uri))
    }

    #[test]
    fn uris_are_taken_by_scheme_host_and_path() {
        use Likeness::{Alike, Different, Unknown};
        for (prefix, uri, expected) in [
            ("urn:", "URN:uuid:1", Alike),
            ("urn:", "https://example.com", Different),
            ("https://example.com", "https://EXAMPLE.com/a?b#c", Alike),
            ("https://example.com", "https://www.example.com", Different),
            ("https://.example.com", "https://www.example.com", Alike),
            ("https://.example.com", "https://example.com", Different),
            ("https://example.com", "http://example.com", Different),
            ("https://example.com", "https://example.com:8443/", Unknown),
            ("https://example.com", "https://u@example.com/", Unknown),
            ("https://example.com", "https://example.com.evil.org/", Different),
            ("https://example.com", "https:example.com", Unknown),
            ("spiffe://td/ns/prod", "spiffe://td/ns/prod", Alike),
            ("spiffe://td/ns/prod", "spiffe://td/ns/prod/sa/x", Alike),
            ("spiffe://td/ns/prod", "spiffe://td/ns/production", Different),
            ("spiffe://td/ns/prod/", "spiffe://td/ns/prod", Different),
            ("spiffe://td/ns/prod/", "spiffe://td/ns/prod/", Alike),
            ("spiffe://td/ns/prod", "spiffe://td/ns/PROD", Different),
            ("spiffe://td/ns/prod", "spiffe://td/ns/prod/../dev", Unknown),
            ("spiffe://td/ns/prod", "spiffe://td/ns/%70rod", Unknown),
            ("spiffe://td/ns/prod", "spiffe://td//ns/prod", Unknown),
            ("spiffe://td/", "spiffe://td", Alike),
        ] {
            assert_eq!(covers(prefix, uri), expected, "{prefix} {uri}");
        }
    }

    #[test]
    fn prefixes_that_would_match_nothing_are_refused() {
        for wrong in [
            "",
            "example.com",
            "https:/x",
            "https:x",
            "https://",
            "https://*.a",
            "https://a:1",
            "https://u@a",
            "https://192.0.2.1",
            "https://a/../b",
            "https://a/%61",
            "https://a/b?c",
            "1a://b",
            "https://a//b",
        ] {
            assert!(UriPrefix::parse(wrong).is_err(), "{wrong}");
        }
    }
}
