//! Who is addressed: a web page must not reach the service under a name of its own (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header::{HOST, HeaderName, HeaderValue, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names, besides addresses, that the service has.
#[derive(Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    pub(crate) fn add(&mut self, name: &str) -> Result<(), String> {
        match Host::parse(name) {
            Some(Host::Name(name)) => self.0.push(name),
            Some(Host::Address(address)) => self.0.push(address.to_string()),
            None => return Err(format!("'{name}' is not a host name")),
        }
        Ok(())
    }

    fn has(&self, host: &Host, local: Option<SocketAddr>) -> bool {
        match host {
            Host::Address(address) => {
                let listens = local.is_some_and(|local| local.ip().to_canonical() == *address);
                address.is_loopback() || listens || self.0.contains(&address.to_string())
            }
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost") || self.0.contains(name),
        }
    }
}

/// Whether a request may be answered (R-SVC-1): its `Host` is a loopback name, the address by which it came, or one of the names;
/// it does not come from a page elsewhere. The error says what is wrong.
pub(crate) fn check(names: &Names, local: Option<SocketAddr>, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    // One that stands in the request line counts before the header (RFC 9112 section 3.2.2); here both must be right.
    let mut asked: Vec<String> = headers.get_all(HOST).iter().map(text).collect();
    asked.extend(uri.authority().map(ToString::to_string));
    if asked.is_empty() {
        return Err("the request has no Host".to_owned());
    }
    if let Some(foreign) = asked.iter().find(|asked| !Host::parse(asked).is_some_and(|host| names.has(&host, local))) {
        return Err(format!(
            "the Host '{}' is not this service's: use localhost or the address that it listens on, or start it with \
             --allow-host",
            foreign.escape_default()
        ));
    }
    for origin in headers.get_all(ORIGIN) {
        let origin = text(origin);
        let (_, from) = origin.split_once("://").unwrap_or_default();
        if !asked.iter().any(|asked| asked.eq_ignore_ascii_case(from)) {
            return Err(format!("requests of the web page '{}' are not answered", origin.escape_default()));
        }
    }
    let own: [&[u8]; 2] = [b"same-origin", b"none"];
    match headers.get_all(SEC_FETCH_SITE).iter().find(|site| !own.contains(&site.as_bytes())) {
        Some(_) => Err("requests of web pages elsewhere are not answered".to_owned()),
        None => Ok(()),
    }
}

#[derive(PartialEq)]
enum Host {
    Address(IpAddr),
    /// In lower case.
    Name(String),
}

impl Host {
    /// A host with or without a port.
    fn parse(text: &str) -> Option<Host> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_number);
            let address: std::net::Ipv6Addr = address.parse().ok()?;
            return is_port.then(|| Host::Address(IpAddr::V6(address).to_canonical()));
        }
        let host = match text.split_once(':') {
            Some((host, port)) if is_number(port) => host,
            Some(_) => return text.parse::<IpAddr>().ok().map(|address| Host::Address(address.to_canonical())),
            None => text,
        };
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Host::Address(address.to_canonical()));
        }
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        is_name.then_some(Host::Name(name))
    }
}

fn is_number(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(headers: &[(&'static str, &'static str)]) -> bool {
        let mut names = Names::default();
        names.add("pca.example.com").unwrap();
        names.add("192.0.2.9").unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        check(&names, Some("192.0.2.1:8443".parse().unwrap()), &"/".parse().unwrap(), &map).is_ok()
    }

    #[test]
    fn only_its_own_names_and_addresses_are_answered() {
        for host in [
            "localhost",
            "LOCALHOST:8443",
            "localhost.",
            "pca.localhost:1",
            "127.0.0.1:8443",
            "127.8.8.8",
            "[::1]:8443",
            "::1",
            "[::ffff:127.0.0.1]",
            "192.0.2.1:8443",
            "192.0.2.9",
            "[::ffff:192.0.2.1]:8443",
            "pca.example.com",
            "PCA.example.com.:443",
        ] {
            assert!(judge(&[("host", host)]), "{host}");
        }
        for host in [
            "rebound.example.com:8443",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
            "192.0.2.2",
            "0.0.0.0:8443",
            "[2001:db8::1]:8443",
            "[::1",
            "[::1]x",
            "localhost:x",
            "user@localhost",
            "localhost/",
            "",
            ":8443",
        ] {
            assert!(!judge(&[("host", host)]), "{host}");
        }
        assert!(!judge(&[]));
        assert!(!judge(&[("host", "localhost"), ("host", "rebound.example.com")]));
    }

    #[test]
    fn the_authority_of_the_request_line_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        let judge = |uri: &str| check(&Names::default(), None, &uri.parse().unwrap(), &headers).is_ok();
        assert!(judge("http://localhost:8443/"));
        assert!(!judge("http://rebound.example.com/"));
    }

    #[test]
    fn pages_elsewhere_are_not_answered() {
        let with = |name, value| judge(&[("host", "localhost:8443"), (name, value)]);
        assert!(with("origin", "http://localhost:8443"));
        assert!(with("sec-fetch-site", "same-origin"));
        assert!(with("sec-fetch-site", "none"));
        for origin in ["null", "", "http://localhost", "http://localhost:3000", "https://example.com", "localhost:8443"]
        {
            assert!(!with("origin", origin), "{origin}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(!with("sec-fetch-site", site), "{site}");
        }
    }
}
