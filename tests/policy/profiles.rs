//! R-POL-8: each profile issues, and each part of it refuses something that its template alone would issue.

use issuance::analysis::{Answer, Relation, analyse, diff};
use issuance::policy::Policy;
use issuance::template::{profile, profile_names, profile_text};
use issuance_test_support::ca::{self, Ca};

use crate::never_or_witness::{prepare, request_of};

#[test]
fn r_pol_8_each_profile_issues_and_each_part_refuses_something() {
    let root = Ca::default().build();
    let mut parts: Vec<(&str, Vec<String>)> = Vec::new();
    for name in profile_names() {
        assert!(profile_text(name).unwrap().starts_with("# "), "{name} cites its standard");
        let template = profile(name).unwrap().unwrap();
        match analyse(&template, &Policy::default(), &root, ca::now()) {
            Answer::Witness(witness) => {
                drop(prepare(&root, &template, &Policy::default(), &request_of(&witness)).unwrap())
            }
            Answer::Never(never) => panic!("{name}: {never}"),
        }
        // The same without its policy.
        let toml = template.to_toml();
        let bare = toml.split("\n[policy").next().unwrap();
        let bare = issuance::Template::from_toml(bare, &[]).unwrap();
        let found = diff(&bare, &template, &root, ca::now());
        assert!(found.differences().iter().all(|difference| difference.relation() == Relation::Narrower), "{found}");
        parts.push((name, found.differences().iter().map(|difference| difference.dimension().to_owned()).collect()));
    }
    parts.iter_mut().for_each(|(_, parts)| parts.sort());
    let expected: [(&str, &[&str]); 4] = [
        ("code-signing", &["keys", "subject.required", "validity.longest"]),
        ("ieee-802-1ar", &["keys", "subject.required"]),
        (
            "mtls-client",
            &["common_name", "extensions.forbidden", "keys", "names", "names.wildcards", "validity.longest"],
        ),
        (
            "tls-server",
            &[
                "common_name",
                "extensions.allowed",
                "keys",
                "names",
                "names.least",
                "names.permitted",
                "subject.allowed",
                "validity.longest",
            ],
        ),
    ];
    let expected: Vec<(&str, Vec<String>)> =
        expected.iter().map(|(name, parts)| (*name, parts.iter().map(|part| (*part).to_owned()).collect())).collect();
    assert_eq!(parts, expected);
    assert!(profile("tls-client").is_none());
}
