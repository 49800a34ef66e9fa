//! Certificates for independent judges, and the judges that are libraries of Rust or C.
//!
//! - `certificates DIRECTORY NUMBER SEED` writes the golden certificates and so many random ones, with their paths and an
//!   index, and rustls-webpki's verdicts.
//! - `addresses DIRECTORY` writes chains whose end entity has an IPv4 address as an IPv6 one, with the same.
//! - `revocation DIRECTORY` writes revocation lists and OCSP answers with the certificates that they are about, with the same.
//! - `profiles DIRECTORY` writes what the profiles issue, and the verdicts of `spiffe` and, with that feature, `isomdl`.
//! - `chains NUMBER SEED` lets OpenSSL and rustls-webpki judge so many chains, and compares with what the library says before
//!   it signs.
// Only tests are run with this.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod addresses;
mod certificates;
mod chains;
mod facts;
mod inputs;
#[cfg(feature = "isomdl")]
mod licences;
mod parallel;
mod profiles;
mod random;
mod revocation;
mod webpki_judge;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use certificates::Case;
use issuance_test_support::authorities::{certificate_pem, now};
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text} is no number"));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["certificates", directory, count, seed] => {
            let mut cases = certificates::controls();
            cases.extend(certificates::golden());
            cases.extend(certificates::golden_with_ml_dsa());
            cases.extend(certificates::random(number(count) as usize, number(seed)));
            write(Path::new(directory), &cases);
        }
        ["addresses", directory] => addresses::write(Path::new(directory)),
        ["revocation", directory] => revocation::write(Path::new(directory)),
        ["profiles", directory] => profiles::write(Path::new(directory)),
        ["chains", count, seed] => std::process::exit(i32::from(!chains::run(number(count) as usize, number(seed)))),
        _ => panic!(
            "usage: certificates DIRECTORY NUMBER SEED, addresses DIRECTORY, revocation DIRECTORY, profiles DIRECTORY, or chains NUMBER \
             SEED"
        ),
    }
}

/// Each certificate once, as `N.pem`, and a line of `index.jsonl` for each case.
fn write(directory: &Path, cases: &[Case]) {
    let mut files: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut file = |der: &Vec<u8>| {
        let next = files.len();
        *files.entry(der.clone()).or_insert_with(|| {
            fs::write(directory.join(format!("{next}.pem")), certificate_pem(der)).expect("a file");
            next
        })
    };
    let numbers: Vec<(usize, Vec<usize>)> =
        cases.iter().map(|case| (file(&case.der), case.path.iter().map(&mut file).collect())).collect();
    let lines = parallel::map(cases.len(), |at| {
        let (case, (certificate, path)) = (&cases[at], &numbers[at]);
        let ml_dsa = case.path.iter().any(|der| facts::facts(der).iter().any(|fact| fact.ends_with(" ML-DSA")));
        let end_entity = facts::facts(&case.path[0]).contains("end entity");
        let webpki = end_entity.then(|| match webpki_judge::verify(&case.path, now().unix()) {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!("{error:?}")],
        });
        json!({
            "name": case.name,
            "certificate": certificate,
            "path": path,
            "end_entity": end_entity,
            "ml_dsa": ml_dsa,
            "purposes": facts::purposes(&case.path[0]),
            "facts": facts::facts(&case.der),
            "refused_for": case.refused_for,
            "verdicts": { "library": case.import.iter().collect::<Vec<_>>(), "webpki": webpki },
        })
    });
    let index: String =
        std::iter::once(json!({ "now": now().unix() })).chain(lines).map(|line| format!("{line}\n")).collect();
    fs::write(directory.join("index.jsonl"), index).expect("a file");
    println!("{} certificates in {} files", cases.len(), files.len());
}
