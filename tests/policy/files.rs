//! R-POL-1: reading and writing are each other's inverse, and faults are named with their place.

use issuance::policy::{FileError, Policy};
use issuance::template::TemplateKind;
use issuance::{KeyUsage, Oid, Template, Validity};
use proptest::prelude::*;

use crate::generate::{self, Random, for_each_seed};

#[test]
fn r_pol_1_every_documented_template_is_read_back_equal() {
    for template in Template::all() {
        let (toml, json) = (template.to_toml(), template.to_json());
        assert_eq!(Template::from_toml(&toml, &[]).as_ref(), Ok(template), "{toml}");
        assert_eq!(Template::from_json(&json, &[]).as_ref(), Ok(template), "{json}");
    }
}

#[test]
fn r_pol_1_reading_and_writing_are_inverse() {
    for_each_seed(&[], 500, |seed| {
        let random = &mut Random::new(seed);
        let policy = generate::policy(random, 3);
        assert_eq!(Policy::from_toml(&policy.to_toml()).as_ref(), Ok(&policy), "{}", policy.to_toml());
        assert_eq!(Policy::from_json(&policy.to_json()).as_ref(), Ok(&policy));
        let template = generate::template(random).with_policy(policy);
        assert_eq!(Template::from_toml(&template.to_toml(), &[]).as_ref(), Ok(&template), "{}", template.to_toml());
        assert_eq!(Template::from_json(&template.to_json(), &[]).as_ref(), Ok(&template));
    });
}

#[test]
fn r_pol_1_a_template_extends_another() {
    let base = "name = \"Base\"\nextends = \"EndEntityCertificate_APIPassthrough/V1\"\n\
                [policy]\nca = false\n[default_validity]\nvalue = 30\ntype = \"DAYS\"\n";
    let base = Template::from_toml(base, &[]).unwrap();
    assert_eq!((base.name(), base.kind()), ("Base", TemplateKind::ApiPassthrough));
    assert_eq!(base.key_usage(), Template::END_ENTITY_CERTIFICATE.key_usage());
    let derived = "name = \"Derived\"\nextends = \"Base\"\nkind = \"Base\"\nkey_usage = \"open\"\n\
                   [extended_key_usage]\ncritical = true\nvalue = [\"codeSigning\"]\n[policy]\nmax_bytes = 2000\n";
    assert!(Template::from_toml(derived, &[]).is_err());
    let derived = Template::from_toml(derived, std::slice::from_ref(&base)).unwrap();
    assert_eq!((derived.kind(), derived.key_usage()), (TemplateKind::Base, None));
    assert_eq!(derived.extended_key_usage().unwrap().value[..], [Oid::CODE_SIGNING]);
    assert_eq!(derived.default_validity(), Some(Validity::days(30).build().unwrap()));
    // A policy that is inherited holds as well.
    let (not_a_ca, small) = (Policy::builder().ca(false), Policy::builder().max_bytes(2000));
    assert_eq!(derived.policy(), &not_a_ca.build().unwrap().and(small.build().unwrap()));
}

#[test]
fn r_pol_1_what_a_template_file_gives_is_what_the_builder_gives() {
    let file = r#"
        name = "Device"
        kind = "CsrPassthrough"
        basic_constraints = { ca = true, critical = true, path_len = 1 }
        key_usage = { critical = true, value = ["keyCertSign", "cRLSign"] }
    "#;
    let built = Template::subordinate_ca("Device", TemplateKind::CsrPassthrough, Some(1)).unwrap();
    let built = built.with_key_usage(true, KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN).unwrap();
    assert_eq!(Template::from_toml(file, &[]), Ok(built));
}

fn place(error: FileError) -> (usize, usize, String) {
    (error.line(), error.column(), error.problem().to_owned())
}

/// Mistakes of somebody who writes a policy for the first time: each is named with its place and with what would be right.
#[test]
fn r_pol_1_mistakes_in_a_policy_are_named_with_place_and_remedy() {
    for (text, line, column, remedy) in [
        ("ca = false\nkyes = []\n", 2, 1, "unknown field `kyes`, expected one of `ca`"),
        ("[names]\npermited = []\n", 2, 1, "unknown field `permited`, expected one of `permitted`"),
        ("[names]\npermitted = [\"DNS:a.example\", \"*.example.com\"]\n", 2, 31, "a name is one of DNS:, IP:"),
        (
            "[names]\npermitted = [\"DNS:*.example.com\"]\n",
            2,
            14,
            "DNS:example.com is the host and everything below it",
        ),
        ("[names]\npermitted = [\"IP:10.0.0.1/8\"]\n", 2, 14, "bits beyond the length of its prefix"),
        ("keys = [\"RSA\"]\n", 1, 9, "kinds are RSA_3072-8192 with any sizes, ED25519, EC_prime256v1"),
        ("keys = [\"RSA_4096-2048\"]\n", 1, 9, "a size or a range in bits, such as RSA_3072-8192"),
        ("keys = []\n", 1, 1, "keys is an empty list, which refuses every certificate"),
        ("common_name = \"san\"\n", 1, 15, "expected `among_names` or `not_a_host`"),
        ("[validity]\nlongest = \"90d\"\n", 2, 11, "invalid type: string"),
        ("[validity]\nnot_after = \"2030-02-30T00:00:00Z\"\n", 2, 13, "2030-02-30"),
        (
            "[key_usage]\nallowed = [\"DigitalSignature\"]\n",
            2,
            12,
            "is not a bit of keyUsage; these are digitalSignature",
        ),
        ("[extended_key_usage]\nallowed = [\"SERVER_AUTH\"]\n", 2, 12, "nor a name such as CN, serverAuth or keyUsage"),
        ("[subject]\nrequired = [\"cn\"]\n", 2, 13, "nor a name such as CN"),
        ("[names]\nleast = 3\nmost = 2\n", 1, 1, "names.least (3) is more than names.most (2)"),
        ("ca = \"no\"\n", 1, 6, "expected a boolean"),
        ("ca = false\nca = true\n", 2, 1, "duplicate key"),
    ] {
        let (l, c, problem) = place(Policy::from_toml(text).unwrap_err());
        assert_eq!((l, c), (line, column), "{text}: {problem}");
        assert!(problem.contains(remedy), "{text}: {problem}");
    }
    let error = place(Policy::from_json("{\"names\": {\n \"permited\": []}}").unwrap_err());
    assert_eq!((error.0, error.2.starts_with("unknown field `permited`")), (2, true), "{error:?}");
}

#[test]
fn r_pol_1_mistakes_in_a_template_are_named_with_place_and_remedy() {
    let device = "name = \"Device\"\nkind = \"Base\"\n";
    for (text, line, column, remedy) in [
        ("name = \"a b\"\nkind = \"Base\"\n", 1, 1, "letters, digits"),
        ("name = \"Device\"\n", 1, 1, "has no kind"),
        ("name = \"Device\"\nkind = \"base\"\n", 2, 8, "expected one of `Base`"),
        ("name = \"Device\"\nextends = \"EndEntityCertficate\"\n", 2, 1, "did you mean EndEntityCertificate/V1"),
        (&format!("{device}subject = \"CN=a\"\n"), 3, 1, "unknown field `subject`"),
        (&format!("{device}[key_usage]\ncritical = true\nvalue = [\"keyCertSign\"]\n"), 3, 2, "needs a CA template"),
        (&format!("{device}[key_usage]\nvalue = [\"cRLSign\"]\n"), 3, 1, "missing field `critical`"),
        (&format!("{device}key_usage = \"none\"\n"), 3, 13, "\"open\""),
        (&format!("{device}self_signed = true\n"), 3, 1, "needs to be a CA template"),
        (&format!("{device}[basic_constraints]\nca = true\ncritical = false\n"), 3, 2, "critical basicConstraints"),
        (
            &format!("{device}[basic_constraints]\nca = false\ncritical = false\npath_len = 0\n"),
            3,
            2,
            "a path length needs",
        ),
        (
            &format!("{device}[[extensions]]\noid = \"keyUsage\"\ncritical = true\nvalue = \"AwIHgA==\"\n"),
            3,
            3,
            "of its own",
        ),
        (&format!("{device}[[extensions]]\noid = \"1.2.3\"\ncritical = true\nvalue = \"AAA\"\n"), 3, 3, "base64"),
        (
            &format!("{device}[[extensions]]\noid = \"tlsFeature\"\ncritical = true\nvalue = \"BQA=\"\n"),
            3,
            3,
            "cannot be read",
        ),
        (&format!("{device}[[extensions]]\noid = \"2.5.29.10\"\ncritical = true\nvalue = \"MAA=\"\n"), 3, 3, "R-MRG-9"),
    ] {
        let (l, c, problem) = place(Template::from_toml(text, &[]).unwrap_err());
        assert_eq!((l, c), (line, column), "{text}: {problem}");
        assert!(problem.contains(remedy), "{text}: {problem}");
    }
}

/// Numbers that one format can say and the other cannot are refused, and texts of any characters survive.
#[test]
fn r_pol_1_both_formats_say_the_same() {
    for text in [
        r#"{"max_bytes": 9223372036854775808}"#,
        r#"{"names": {"most": 9223372036854775808}}"#,
        r#"{"validity": {"longest": {"seconds": 9223372036854775808}}}"#,
        r#"{"validity": {"longest": {"days": 4294967295, "seconds": 18446744073709551615}}}"#,
    ] {
        let error = Policy::from_json(text).unwrap_err();
        assert!(error.problem().contains("more than"), "{text}: {error}");
    }
    for seconds in [0, 1, 86_399, 90_061, u64::from(u32::MAX) * 86_400, i64::MAX as u64] {
        let policy = Policy::builder().longest_validity(std::time::Duration::from_secs(seconds)).build().unwrap();
        assert_eq!(Policy::from_toml(&policy.to_toml()).as_ref(), Ok(&policy));
        assert_eq!(Policy::from_json(&policy.to_json()).as_ref(), Ok(&policy));
    }
    let strange = "\0\u{7f}\"\\\n\r\t\u{1f511}\u{202e}'''";
    let policy = Policy::builder().attribute_values("O", [strange, ""]).build().unwrap();
    assert_eq!(Policy::from_toml(&policy.to_toml()).as_ref(), Ok(&policy));
    assert_eq!(Policy::from_json(&policy.to_json()).as_ref(), Ok(&policy));
}

proptest! {
    #[test]
    fn arbitrary_files_are_refused_at_a_place_in_the_text(text in "\\PC{0,200}") {
        let results = [
            Policy::from_toml(&text).err(),
            Policy::from_json(&text).err(),
            Template::from_toml(&text, &[]).err(),
            Template::from_json(&text, &[]).err(),
        ];
        for error in results.into_iter().flatten() {
            prop_assert!((1..=text.split('\n').count()).contains(&error.line()) && error.column() >= 1, "{}", error);
        }
    }

    /// Damaged files reach deeper than noise does.
    #[test]
    fn damaged_files_never_panic(seed in 0u64..1000, at in 0usize..4000, replacement in any::<char>()) {
        let policy = generate::policy(&mut Random::new(seed), 2);
        let mut text: Vec<char> = policy.to_toml().chars().collect();
        if !text.is_empty() {
            let at = at % text.len();
            text[at] = replacement;
        }
        if let Ok(read) = Policy::from_toml(&text.iter().collect::<String>()) {
            prop_assert_eq!(Policy::from_toml(&read.to_toml()), Ok(read));
        }
    }
}
