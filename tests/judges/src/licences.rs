//! What the profiles of mobile driving licences issue, for the crate `isomdl`. It brings three times as many crates as all other judges, so
//! it is a feature of its own.

use std::sync::Arc;

use isomdl::definitions::x509::X5Chain;
use isomdl::definitions::x509::trust_anchor::{PemTrustAnchor, TrustAnchorRegistry, TrustPurpose};
use isomdl::definitions::x509::validation::ValidationRuleset;
use issuance::authority::RevocationConfiguration;
use issuance::{RustCryptoSigner, Subject, Template};
use issuance_test_support::asn1::{sequence, tlv};
use issuance_test_support::authorities::certificate_pem;
use issuance_test_support::keys;
use serde_json::{Value, json};

use crate::profiles::{Asked, COMMON_NAME, URI, UTF8, active, changed, issue, pending, read, without_policy};

const COUNTRY: &str = "2.5.4.6";
const ISSUER_ALT_NAME: &str = "2.5.29.18";
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
const PRINTABLE: u8 = 0x13;

fn isomdl_says(signer: &[u8], root: &[u8]) -> Vec<String> {
    let anchor = PemTrustAnchor { certificate_pem: certificate_pem(root), purpose: TrustPurpose::Iaca };
    let anchors = TrustAnchorRegistry::from_pem_certificates(vec![anchor]).expect("an anchor");
    let chain = X5Chain::builder().with_der_certificate(signer).and_then(|builder| builder.build()).expect("a chain");
    ValidationRuleset::Mdl.validate(&chain, &anchors).errors
}

/// The line of each certificate; the document signers have this key.
pub fn judged(leaf: &RustCryptoSigner) -> Vec<Value> {
    // `isomdl` verifies signatures by P-256 alone.
    let ca_key = Arc::new(keys::signer("ec-p256"));
    let mut lines = Vec::new();
    let uri = sequence(&[tlv(URI, &[b"https://dmv.example.com"])]);
    let point = tlv(0xa0, &[&tlv(0xa0, &[&tlv(URI, &[b"https://dmv.example.com/crl"])])]);
    let lists = sequence(&[sequence(&[point])]);
    let both = [(ISSUER_ALT_NAME, false, uri.clone()), (CRL_DISTRIBUTION_POINTS, false, lists.clone())];
    let names = [(COUNTRY, PRINTABLE, "UT"), (COMMON_NAME, UTF8, "Utopia IACA")];
    let subject = Subject::builder().country("UT").common_name("Utopia IACA").build().expect("a subject");
    let waiting = pending(&subject, &ca_key, RevocationConfiguration::none());
    let iaca_profile = read("mdl-iaca");
    let iaca_of = |template: &Template, extensions: &[(&str, bool, Vec<u8>)]| {
        let asked = Asked { subject: &names, names: &[], extensions, days: 3650 };
        issue(&waiting, &ca_key, &ca_key, template, &asked)
    };
    let iaca = iaca_of(&iaca_profile, &both);
    let authority = active(&waiting, &iaca);
    let signer_profile = read("mdl-document-signer");
    let signer_of = |template: &Template, country: &str, extensions: &[(&str, bool, Vec<u8>)]| {
        let subject = [(COUNTRY, PRINTABLE, country), (COMMON_NAME, UTF8, "Utopia signer")];
        issue(&authority, &ca_key, leaf, template, &Asked { subject: &subject, names: &[], extensions, days: 456 })
    };
    let inhibited: Vec<_> = both.iter().cloned().chain([("2.5.29.54", false, vec![2, 1, 0])]).collect();
    let other_purpose = changed(&signer_profile, "1.0.18013.5.1.2", "1.0.18013.5.1.6");
    let other_usage = changed(&signer_profile, "\"digitalSignature\"", "\"digitalSignature\", \"keyAgreement\"");
    let signer = signer_of(&signer_profile, "UT", &both);
    let longer = changed(&iaca_profile, "path_len = 0", "path_len = 1");
    let more = changed(&iaca_profile, "\"keyCertSign\"", "\"digitalSignature\", \"keyCertSign\"");
    for (name, signer, root, well) in [
        ("a document signer under an IACA", signer.clone(), iaca.clone(), true),
        ("no issuerAltName", signer_of(&signer_profile, "UT", &both[1..]), iaca.clone(), false),
        ("no CRL", signer_of(&signer_profile, "UT", &both[..1]), iaca.clone(), false),
        ("another country", signer_of(&signer_profile, "US", &both), iaca.clone(), false),
        ("inhibitAnyPolicy", signer_of(&without_policy(&signer_profile), "UT", &inhibited), iaca.clone(), false),
        ("another purpose", signer_of(&other_purpose, "UT", &both), iaca.clone(), false),
        ("another usage", signer_of(&other_usage, "UT", &both), iaca.clone(), false),
        ("an IACA of path length 1", signer.clone(), iaca_of(&longer, &both), false),
        ("an IACA for signatures", signer.clone(), iaca_of(&more, &both), false),
        ("an IACA without issuerAltName", signer, iaca_of(&iaca_profile, &both[1..]), false),
    ] {
        lines.push(json!({ "judge": "isomdl", "name": name, "well": well, "says": isomdl_says(&signer, &root) }));
    }
    lines
}
