//! The canonical form of a request, as AWS documents it for services other than S3.

use axum::http::request::Parts;

use crate::percent;

/// The canonical request over these headers, or the name of one that the request does not have. A request that carries its
/// signature in the query is signed without it.
pub(super) fn request(head: &Parts, signed: &[String], presigned: bool, payload: &str) -> Result<Vec<u8>, String> {
    let mut request = Vec::with_capacity(1024);
    for part in [head.method.as_str(), &path(head.uri.path()), &query(head.uri.query().unwrap_or_default(), presigned)]
    {
        request.extend_from_slice(part.as_bytes());
        request.push(b'\n');
    }
    for name in signed {
        request.extend_from_slice(name.as_bytes());
        request.push(b':');
        let mut values = head.headers.get_all(name).iter();
        folded(values.next().ok_or_else(|| name.clone())?.as_bytes(), &mut request);
        for value in values {
            request.push(b',');
            folded(value.as_bytes(), &mut request);
        }
        request.push(b'\n');
    }
    request.extend_from_slice(format!("\n{}\n{payload}", signed.join(";")).as_bytes());
    Ok(request)
}

/// A value without white space at its ends, and with single spaces inside.
fn folded(value: &[u8], request: &mut Vec<u8>) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            request.push(b' ');
        }
        request.extend_from_slice(word);
    }
}

/// The path without empty and dotted segments, in a second percent encoding over that of the URL.
fn path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let mut canonical = String::with_capacity(path.len() + 1);
    for segment in &segments {
        canonical.push('/');
        canonical.extend(percent::encode(segment.as_bytes()));
    }
    if segments.is_empty() || path.ends_with('/') {
        canonical.push('/');
    }
    canonical
}

/// The parameters in the order of their names and values, each in the one form of percent encoding.
fn query(query: &str, presigned: bool) -> String {
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (in_one_form(name), in_one_form(value)))
        .filter(|(name, _)| !(presigned && name == "X-Amz-Signature"))
        .collect();
    parameters.sort();
    let parameters: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    parameters.join("&")
}

fn in_one_form(text: &str) -> String {
    percent::encode(&percent::decode(text)).to_string()
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn from_hex(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_what_says_nothing() {
        for (given, canonical_path) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/./b//c/..", "/a/b"),
            ("/a/../..", "/"),
            ("/a b/", "/a%20b/"),
            ("/a%20b", "/a%2520b"),
            ("/ü", "/%C3%BC"),
        ] {
            assert_eq!(path(given), canonical_path, "{given}");
        }
    }

    #[test]
    fn parameters_are_in_order_and_in_one_encoding() {
        assert_eq!(query("b=2&a=%7e&a&A=%2f", false), "A=%2F&a=&a=~&b=2");
        assert_eq!(query("x=1&X-Amz-Signature=0", true), "x=1");
        assert_eq!(query("x=1&X-Amz-Signature=0", false), "X-Amz-Signature=0&x=1");
        assert_eq!(query("a=%zz%4", false), "a=%25zz%254");
    }
}
