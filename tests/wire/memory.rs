//! What a message costs in memory: a small multiple of its octets, whatever it says.

use issuance::IssueCertificateRequest;
use issuance::api::{Format, Request};

/// A message with `content` as the value of a member, in JSON.
fn unknown(content: &str) -> Vec<u8> {
    format!("{{\"Unknown\":{content}}}").into_bytes()
}

/// A message with `content` as the value of a member of `Extensions`.
fn extensions(name: &str, content: &str) -> Vec<u8> {
    format!("{{\"ApiPassthrough\":{{\"Extensions\":{{\"{name}\":{content}}}}}}}").into_bytes()
}

/// How many values the messages have, about: a quarter of what a message may have.
const VALUES: usize = 1 << 16;

/// A list of members.
fn list(member: &str, values_of_each: usize) -> String {
    format!("[{}]", vec![member; VALUES / values_of_each].join(","))
}

/// The same message in CBOR.
fn cbor(json: &[u8]) -> Vec<u8> {
    let mut cbor = Vec::new();
    ciborium::into_writer(&serde_json::from_slice::<serde_json::Value>(json).unwrap(), &mut cbor).unwrap();
    cbor
}

fn nested(depth: usize) -> String {
    format!("{}0{}", "{\"\":".repeat(depth), "}".repeat(depth))
}

#[test]
fn memory_is_a_small_multiple_of_the_message() {
    let names: Vec<String> = (0..VALUES).map(|index| format!("\"{index:x}\":0")).collect();
    let misspelt: Vec<String> = (0..VALUES).map(|index| format!("\"{index:x}alue\":0")).collect();
    let shapes = [
        ("numbers", unknown(&list("0", 1))),
        ("empty lists", unknown(&list("[]", 1))),
        ("empty structures", unknown(&list("{}", 1))),
        ("structures of one member", unknown(&list("{\"a\":0}", 2))),
        ("structures of two members", unknown(&list("{\"a\":0,\"b\":0}", 3))),
        ("structures in each other", unknown(&list(&nested(28), 29))),
        ("many members", unknown(&format!("{{{}}}", names.join(",")))),
        ("unknown members", format!("{{{}}}", names.join(",")).into_bytes()),
        (
            "unknown members of a subject",
            format!("{{\"ApiPassthrough\":{{\"Subject\":{{{}}}}}}}", misspelt.join(",")).into_bytes(),
        ),
        ("one text", unknown(&format!("\"{}\"", "x".repeat(4 << 20 >> 1)))),
        ("one text with escapes", unknown(&format!("\"{}\"", "\\u00e9".repeat(600_000)))),
        ("names without an option", extensions("SubjectAlternativeNames", &list("{}", 1))),
        ("names of two options", extensions("SubjectAlternativeNames", &list("{\"DnsName\":0,\"IpAddress\":0}", 3))),
        ("names", extensions("SubjectAlternativeNames", &list("{\"DnsName\":\"a\"}", 2))),
        (
            "directory names",
            extensions("SubjectAlternativeNames", &list("{\"DirectoryName\":{\"Country\":\"DE\"}}", 3)),
        ),
        ("empty directory names", extensions("SubjectAlternativeNames", &list("{\"DirectoryName\":{}}", 2))),
        ("misspelt options", extensions("SubjectAlternativeNames", &list("{\"DNSName\":0}", 2))),
        ("wrong extensions", extensions("CustomExtensions", &list("7", 1))),
        ("nulls", extensions("CustomExtensions", &list("null", 1))),
        ("policies", extensions("CertificatePolicies", &list("{\"CertPolicyId\":\"1.2\"}", 2))),
        ("purposes", extensions("ExtendedKeyUsage", &list("{\"ExtendedKeyUsageType\":\"\"}", 2))),
    ];
    for (name, message) in &shapes {
        // A value is 24 bytes, and a list that grows is there twice; in JSON a value and its comma are two bytes, in CBOR one.
        for (format, message, factor) in [(Format::Json, message.clone(), 25), (Format::Cbor, cbor(message), 49)] {
            let mut words = 0;
            let heap = allocation_counter::measure(|| {
                let read = IssueCertificateRequest::decode(format, &message);
                words = read.map_or_else(|error| error.to_string().len(), |_| 0);
            });
            // What is kept of violations and of unknown members, and the words.
            let bound = factor * message.len() as u64 + (1 << 18);
            assert!(heap.bytes_max < bound, "{name}, {format:?}: {} for {} bytes", heap.bytes_max, message.len());
            assert!(words < 32_768, "{name}: {words}");
        }
    }
}
