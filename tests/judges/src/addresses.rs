//! IPv4 addresses that stand in a certificate as IPv6 ones, below a CA that excludes them: the library refuses, and judges are asked
//! whether they would take such a certificate for the IPv4 host, had another program made it.

use std::fs;
use std::path::Path;

use issuance_test_support::asn1::UTF8_STRING;
use issuance_test_support::authorities::{certificate_pem, now};
use issuance_test_support::files;
use serde_json::json;

use crate::chains::build::{self, Keys};
use crate::chains::spec::{Attribute, Constraints, DAY, Level, Name};
use crate::webpki_judge;

/// 10.0.0.1 as an address of its own family, and as an IPv6 one.
const PLAIN: &[u8] = &[10, 0, 0, 1];
const MAPPED: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
/// 10.0.0.0/8.
const EXCLUDED: &[u8] = &[10, 0, 0, 0, 255, 0, 0, 0];

fn level(ca: bool, common_name: &str, names: &[&[u8]], excluded: &[&[u8]]) -> Level {
    let addresses = |list: &[&[u8]]| list.iter().map(|octets| Name::Ip(octets.to_vec())).collect::<Vec<_>>();
    Level {
        ca,
        path_len: None,
        constraints: (!excluded.is_empty())
            .then(|| Constraints { permitted: Vec::new(), excluded: addresses(excluded) }),
        subject: vec![Attribute { id: "2.5.4.3", tag: UTF8_STRING, value: common_name.to_owned() }],
        names: addresses(names),
        not_before: now().unix() - DAY,
        not_after: now().unix() + if ca { 30 * DAY } else { DAY },
    }
}

/// Writes each chain, the key of its end entity, and `index.jsonl` with what the library and rustls-webpki say.
pub fn write(directory: &Path) {
    let leaf_key = files::text("keys/ec-p256.pem");
    let keys = Keys::with(2, &leaf_key);
    fs::write(directory.join("leaf.key"), leaf_key).expect("a file");
    let mut index = format!("{}\n", json!({ "now": now().unix(), "host": "10.0.0.1", "key": "leaf.key" }));
    for (name, address, excluded) in [
        ("mapped, nothing excluded", MAPPED, &[][..]),
        ("mapped, excluded", MAPPED, &[EXCLUDED]),
        ("plain, excluded", PLAIN, &[EXCLUDED]),
        ("plain, nothing excluded", PLAIN, &[]),
    ] {
        // Java takes no constraints from a trust anchor.
        let [root, issuing] = [level(true, "Root", &[], &[]), level(true, "Issuing CA", &[], excluded)];
        let chain = build::build(vec![root, issuing, level(false, "Leaf", &[address], &[])], 2, &keys, now());
        let path: Vec<String> =
            (0..chain.path.len()).map(|at| format!("{}-{at}.pem", name.replace([',', ' '], "-"))).collect();
        for (file, der) in path.iter().zip(&chain.path) {
            fs::write(directory.join(file), certificate_pem(der)).expect("a file");
        }
        let webpki = webpki_judge::verify(&chain.path, now().unix())
            .and_then(|()| webpki_judge::is_for(&chain.path[0], [10, 0, 0, 1].into()));
        let line = json!({
            "name": name,
            "path": path,
            "library": chain.refusal.map(|refusal| refusal.error.to_string()),
            "webpki": webpki.err().map(|error| format!("{error:?}")),
        });
        index.push_str(&format!("{line}\n"));
    }
    fs::write(directory.join("index.jsonl"), index).expect("a file");
}
