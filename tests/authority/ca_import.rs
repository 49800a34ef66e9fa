//! Import of a CA's certificate and chain (R-CA-6), with true signatures and without.

use issuance::authority::{
    CertificateAuthorityStatus, CertificateAuthorityType, ImportError, NameConstraintViolation, NameConstraintsError,
};
use issuance::issue::FixedClock;
use issuance::request::CustomExtension;
use issuance::template::TemplateKind;
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, Issuer, RustCryptoVerifier, SignatureVerifier, Signer,
    SigningAlgorithm, Template, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_ARN, CA_KEY, Ca, P384_KEY, request, subordinate};
use issuance_test_support::der;
use issuance_test_support::der::{
    CsrParts, ca_certificate, common_name, dns, extension, name_attribute, octets, oid, pem, seq, set, tlv,
};
use issuance_test_support::verifiers::AnySignature;

fn import_as(
    authority_type: CertificateAuthorityType,
    certificate: &[u8],
    chain: &[u8],
    verifier: &dyn SignatureVerifier,
) -> Result<CertificateAuthority, ImportError> {
    let builder = CertificateAuthority::builder(CA_ARN.parse().unwrap(), authority_type);
    match builder.build_from_certificate(certificate, chain, verifier) {
        Ok(authority) => Ok(authority),
        Err(Error::Import(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// As that of a subordinate, or of a root where the certificate is one.
fn import(
    certificate: &[u8],
    chain: &[u8],
    verifier: &dyn SignatureVerifier,
) -> Result<CertificateAuthority, ImportError> {
    match import_as(CertificateAuthorityType::Subordinate, certificate, chain, verifier) {
        Err(ImportError::SelfSigned) => import_as(CertificateAuthorityType::Root, certificate, chain, verifier),
        imported => imported,
    }
}

fn chain(authorities: &[&CertificateAuthority]) -> Vec<u8> {
    authorities.iter().flat_map(|one| pem("CERTIFICATE", one.certificate_der().unwrap()).into_bytes()).collect()
}

/// A root, an authority below it and one below that, none of them signed, with the subjects Root, Middle and Bottom.
fn three() -> [CertificateAuthority; 3] {
    let root = Ca::default().build();
    let options = IssuanceOptions::default();
    let middle = subordinate(&root, &*P384_KEY, "Middle", "SubordinateCACertificate_PathLen1", &options, None);
    let bottom = subordinate(&middle, &*CA_KEY, "Bottom", "SubordinateCACertificate_PathLen0", &options, None);
    [root, middle, bottom]
}

#[test]
fn r_ca_6_chains_link_by_name_in_order() {
    let [root, middle, bottom] = three();
    let own = bottom.certificate_der().unwrap();
    for good in [chain(&[]), chain(&[&middle]), chain(&[&middle, &root])] {
        let authority = import(own, &good, &AnySignature).unwrap();
        assert_eq!(authority.status(ca::now()), CertificateAuthorityStatus::Active);
        assert_eq!(authority.path_length_left(), Some(0));
        assert_eq!(authority.chain_der().count(), good.windows(5).filter(|window| window == b"BEGIN").count());
    }
    for (bad, position) in [(chain(&[&root]), 0), (chain(&[&root, &middle]), 0), (chain(&[&middle, &middle]), 1)] {
        let error = import(own, &bad, &AnySignature).unwrap_err();
        assert!(matches!(&error, ImportError::IssuerName { at, .. } if at.position() == position), "{error}");
    }
    // PEM and DER say the same.
    assert!(import(pem("CERTIFICATE", own).as_bytes(), &chain(&[&middle]), &AnySignature).is_ok());
    assert!(matches!(import(own, b"no certificate", &AnySignature), Err(ImportError::Pem { .. })));
    // A part of the chain that is indented counts, too: its constraints are enforced.
    let indented = [chain(&[&middle]), b"  ".to_vec(), chain(&[&root])].concat();
    assert_eq!(import(own, &indented, &AnySignature).unwrap().chain_der().count(), 2);
    let key = pem("PRIVATE KEY", own);
    assert!(matches!(import(key.as_bytes(), b"", &AnySignature), Err(ImportError::Pem { .. })));
}

#[test]
fn r_ca_6_signatures_of_the_chain_are_verified() {
    let mut root = ca::pending(CertificateAuthorityType::Root, "Root");
    let csr = root.certificate_signing_request(&*CA_KEY, SigningAlgorithm::Sha256WithEcdsa).unwrap();
    let issue = |authority: &CertificateAuthority, csr: &[u8], template: &str| {
        let issuer = Issuer::builder(authority.clone(), &*CA_KEY).clock(FixedClock(ca::now())).build().unwrap();
        let request = request(csr, template).validity(Validity::years(if template.contains("Root") { 9 } else { 8 }));
        issuer.issue(&request.build().unwrap()).unwrap().der().to_vec()
    };
    let own = issue(&root, csr.as_bytes(), "RootCACertificate");
    root.import_certificate(&own, b"", &RustCryptoVerifier).unwrap();
    let sub_csr = CsrParts::new(ca::LEAF_KEY.public_key_der()).subject(common_name("Sub")).signed_by(&*ca::LEAF_KEY);
    let sub = issue(&root, &sub_csr, "SubordinateCACertificate_PathLen0");
    let chain = pem("CERTIFICATE", &own);
    assert!(import(&sub, chain.as_bytes(), &RustCryptoVerifier).is_ok());
    // One bit of the signature, and one of what is signed.
    for position in [sub.len() - 1, sub.len() / 4] {
        let mut damaged = sub.clone();
        damaged[position] ^= 1;
        assert!(import(&damaged, chain.as_bytes(), &RustCryptoVerifier).is_err(), "{position}");
    }
    // Somebody else's certificate under the same name above it: the names fit, the signature does not.
    let middle = three()[1].certificate_der().unwrap().to_vec();
    assert!(import(&middle, chain.as_bytes(), &AnySignature).is_ok());
    let error = import(&middle, chain.as_bytes(), &RustCryptoVerifier).unwrap_err();
    assert!(matches!(&error, ImportError::Signature { at, .. } if at.position() == 0), "{error}");
}

#[test]
fn r_ca_6_path_lengths_of_the_chain_are_consistent() {
    // A template without a path length under a limit: too deep a path is refused when the certificate comes.
    let any = Template::subordinate_ca("AnyDepth", TemplateKind::Base, None).unwrap();
    let options = IssuanceOptions::default().template(any);
    let limited = Ca { template: "BlankRootCACertificate_PathLen1_APIPassthrough", ..Ca::default() }.build();
    let free = Ca { template: "RootCACertificate", ..Ca::default() }.build();
    let depth = |root: &CertificateAuthority| {
        let one = subordinate(root, &*P384_KEY, "One", "AnyDepth", &options, None);
        // Issued while nobody knew of what is above.
        let alone = import(one.certificate_der().unwrap(), b"", &AnySignature).unwrap();
        assert_eq!(alone.path_length_left(), None);
        let two = subordinate(&alone, &*CA_KEY, "Two", "AnyDepth", &options, None);
        import(two.certificate_der().unwrap(), &chain(&[&one, root]), &AnySignature)
    };
    assert!(depth(&free).is_ok());
    let error = depth(&limited).unwrap_err();
    assert!(matches!(&error, ImportError::PathLength { at } if at.position() == 2), "{error}");
}

/// A root's certificate with one custom extension.
fn root_with(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let template = "BlankRootCACertificate_APIPassthrough";
    Ca { template, extension: Some((oid, critical, value)), ..Ca::default() }.certificate()
}

#[test]
fn r_ca_6_extensions_of_a_ca() {
    let refused = |certificate: &[u8]| import(certificate, b"", &AnySignature).unwrap_err();
    // Critical and unknown (RFC 5280 section 4.2), and the same when it is not critical.
    assert!(matches!(refused(&root_with("1.2.3", true, &[5, 0])), ImportError::UnknownCritical { .. }));
    assert!(import(&root_with("1.2.3", false, &[5, 0]), b"", &AnySignature).is_ok());
    // Those that the API reference lets be critical, and those that it does not.
    let (subtree, names) = (tlv(0x82, b"example.com"), dns("ca.example"));
    for (oid, value) in [
        ("2.5.29.9", &seq(&[&seq(&[&oid("1.3.6.1.5.5.7.9.4"), &set(&[tlv(0x13, b"DE")])])])[..]),
        ("2.5.29.17", &names),
        ("2.5.29.18", &names),
        ("2.5.29.30", &seq(&[&tlv(0xa0, &seq(&[&subtree]))])),
        ("2.5.29.32", &seq(&[&seq(&[&oid("2.5.29.32.0")])])),
        ("2.5.29.33", &seq(&[&seq(&[&oid("1.2.3"), &oid("1.2.4")])])),
        ("2.5.29.37", &seq(&[&oid("1.3.6.1.5.5.7.3.1")])),
        ("2.5.29.54", &[2, 1, 0]),
        ("1.3.6.1.5.5.7.1.11", &seq(&[&seq(&[&oid("1.3.6.1.5.5.7.48.5"), &tlv(0x86, b"http://a.example")])])),
    ] {
        assert!(import(&root_with(oid, true, value), b"", &AnySignature).is_ok(), "{oid}");
    }
    for oid in ["2.5.29.36", "2.5.29.46", "1.3.6.1.5.5.7.1.1"] {
        assert!(matches!(refused(&root_with(oid, true, &[0x30, 0])), ImportError::UnknownCritical { .. }), "{oid}");
        assert!(import(&root_with(oid, false, &[0x30, 0]), b"", &AnySignature).is_ok(), "{oid}");
    }
    // keyUsage without keyCertSign.
    assert!(matches!(refused(&root_with("2.5.29.15", true, &[3, 2, 1, 2])), ImportError::NotACa { .. }));
    assert!(import(&root_with("2.5.29.15", true, &[3, 2, 1, 6]), b"", &AnySignature).is_ok());
    // basicConstraints not critical, and of an end entity.
    let lax =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/import/root-bc-not-critical.pem")).unwrap();
    assert!(matches!(refused(&lax), ImportError::NotACa { .. }));
    let csr = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("leaf")).der();
    let leaf = ca::unsigned(&Ca::default().build(), &request(&csr, "EndEntityCertificate").build().unwrap());
    assert!(matches!(refused(&leaf), ImportError::NotACa { .. }));
}

#[test]
fn r_ca_5_name_constraints_that_cannot_be_enforced_are_not_imported() {
    let with = |base: &[u8]| root_with("2.5.29.30", true, &seq(&[&tlv(0xa0, &seq(&[base]))]));
    let refused = |certificate: &[u8]| match import(certificate, b"", &AnySignature) {
        Err(ImportError::NameConstraints { at, error }) if at.position() == 0 => error,
        other => panic!("{other:?}"),
    };
    let registered_id = tlv(0x88, &[0x2a, 3]);
    assert!(matches!(refused(&with(&registered_id)), NameConstraintsError::UnsupportedForm(_)));
    assert!(matches!(refused(&root_with("2.5.29.30", true, &[0x30, 0])), NameConstraintsError::Empty));
    assert!(matches!(refused(&root_with("2.5.29.30", true, &octets(b"x"))), NameConstraintsError::Malformed(_)));
    assert!(import(&with(&tlv(0x82, b"example.com")), b"", &AnySignature).is_ok());
}

/// A certificate that says an extension twice, or whether it is critical in a form that DER does not have, means one thing to one
/// verifier and another to the next (RFC 5280 section 4.2, X.690 section 11.5).
#[test]
fn r_ca_6_certificates_that_can_be_read_in_two_ways_are_refused() {
    let constraints = |host: &[u8]| seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, host)]))]);
    let csr = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    let request = request(&csr, "BlankRootCACertificate_APIPassthrough")
        .custom_extension(CustomExtension::new("2.5.29.30", constraints(b"a.example"), true))
        .custom_extension(CustomExtension::new("2.5.29.99", constraints(b"b.example"), false));
    let once = ca::unsigned(&ca::pending(CertificateAuthorityType::Root, "Root"), &request.build().unwrap());
    assert!(import(&once, b"", &AnySignature).is_ok());
    let twice = replaced(&once, &[0x55, 0x1d, 99], &[0x55, 0x1d, 30]);
    let error = import(&twice, b"", &AnySignature).unwrap_err();
    assert_eq!(error.to_string(), "the certificate has an extension twice");

    let good = Ca::default().certificate();
    let spelled_out = replaced(&good, &[0x55, 0x1d, 0x13, 1, 1, 0xff], &[0x55, 0x1d, 0x13, 1, 1, 0]);
    let error = import(&spelled_out, b"", &AnySignature).unwrap_err();
    assert!(matches!(error, ImportError::Malformed { .. }), "{error}");
}

/// What an authority issues repeats its subject.
#[test]
fn r_ca_6_the_subject_of_a_ca_is_a_name() {
    let good = Ca::default().certificate();
    // An INTEGER in the place of the attribute's type, in the subject alone.
    let at = good.windows(5).rposition(|window| window == [6, 3, 0x55, 4, 3]).unwrap();
    let mut bad = good.clone();
    bad[at] = 2;
    let Err(ImportError::Malformed { error, .. }) = import(&bad, b"", &AnySignature) else { panic!() };
    assert_eq!(error.offset, at);
}

/// Some octets with the first place where `from` stands replaced by `to`.
fn replaced(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = octets.windows(from.len()).position(|window| window == from).unwrap();
    [&octets[..at], to, &octets[at + from.len()..]].concat()
}

/// RFC 5280 section 6.1.3: verifiers hold the names of CA certificates against the constraints above them as well.
#[test]
fn r_ca_6_names_of_the_chain_are_within_its_constraints() {
    let [_, middle, bottom] = three();
    let excluding = |name: Vec<u8>| {
        let constraints = seq(&[&tlv(0xa1, &seq(&[&name]))]);
        Ca {
            template: "RootCACertificate_APIPassthrough",
            extension: Some(("2.5.29.30", true, &constraints)),
            ..Ca::default()
        }
        .build()
    };
    let directory = |name: &str| tlv(0xa4, &common_name(name));
    let path = |root: &CertificateAuthority| {
        import(bottom.certificate_der().unwrap(), &chain(&[&middle, root]), &AnySignature).err()
    };
    for (position, name) in [(0, "Bottom"), (1, "Middle")] {
        let Some(ImportError::Names { at, error }) = path(&excluding(directory(name))) else { panic!() };
        let found = at.position();
        let expected = format!("DirName:CN={name} is inside the excluded subtree DirName:CN={name}");
        assert_eq!((found, error.to_string()), (position, expected));
    }
    // A root's constraints are not for itself.
    assert_eq!(path(&excluding(directory("Root"))), None);

    let san = extension("2.5.29.17", false, &der::dns("a"));
    let csr = CsrParts::new(P384_KEY.public_key_der()).subject(common_name("Named")).extensions(&[san]);
    let root = Ca::default().build();
    let named = ca::unsigned(&root, &request(&csr.der(), "SubordinateCACertificate_PathLen0").build().unwrap());
    assert!(import(&named, &chain(&[&excluding(tlv(0x82, b"b"))]), &AnySignature).is_ok());
    let refused = import(&named, &chain(&[&excluding(tlv(0x82, b"a"))]), &AnySignature);
    assert!(matches!(refused, Err(ImportError::Names { at, .. }) if at.position() == 0));
}

/// A path of this many certificates, from the bottom up; each has the extensions that `extensions` gives for its position.
fn path(length: usize, extensions: impl Fn(usize) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let subject = |position: usize| common_name(&format!("CA {position}"));
    let certificate = |position: usize| {
        let issuer = subject((position + 1).min(length - 1));
        ca_certificate(&issuer, &subject(position), CA_KEY.public_key_der(), &extensions(position))
    };
    (0..length).map(certificate).collect()
}

fn import_path(path: &[Vec<u8>]) -> Result<CertificateAuthority, ImportError> {
    let chain: Vec<u8> = path[1..].iter().flat_map(|der| pem("CERTIFICATE", der).into_bytes()).collect();
    import(&path[0], &chain, &AnySignature)
}

/// A subjectAltName of this many dNSNames.
fn alternative_names(count: usize, name: &[u8]) -> Vec<u8> {
    extension("2.5.29.17", false, &tlv(0x30, &tlv(0x82, name).repeat(count)))
}

/// Name constraints that exclude a dNSName so many times.
fn excluded(count: usize, name: &[u8]) -> Vec<u8> {
    extension("2.5.29.30", true, &seq(&[&tlv(0xa1, &seq(&[&tlv(0x82, name)]).repeat(count))]))
}

#[test]
fn r_err_2_paths_have_at_most_16_certificates() {
    assert_eq!(import_path(&path(16, |_| Vec::new())).unwrap().chain_der().count(), 15);
    let error = import_path(&path(17, |_| Vec::new())).unwrap_err();
    assert_eq!(error, ImportError::TooManyCertificates { found: 17, max: CertificateAuthority::MAX_PATH_CERTIFICATES });
    assert_eq!(error.to_string(), "the path has 17 certificates; at most 16 are allowed");
}

#[test]
fn r_err_2_ca_certificates_have_at_most_256_extensions() {
    // One of them is basicConstraints.
    let others = |count| (0..count).map(|number| extension(&format!("1.2.3.{number}"), false, &[5, 0])).collect();
    let with = |count| path(2, |position| if position == 1 { others(count) } else { Vec::new() });
    assert!(import_path(&with(255)).is_ok());
    let error = import_path(&with(256)).unwrap_err();
    assert!(matches!(
        error,
        ImportError::TooManyExtensions { found: 257, max: CertificateAuthority::MAX_EXTENSIONS, .. }
    ));
    assert_eq!(error.to_string(), "certificate 1 of the chain has 257 extensions; at most 256 are allowed");
}

#[test]
fn r_err_2_comparisons_with_name_constraints_are_bounded() {
    // Names of the lowest certificate: its alternative names and its subject.
    let three = |names, name: &[u8], subtrees, subtree: &[u8]| {
        path(3, |position| match position {
            0 => vec![alternative_names(names, name)],
            // Its own subject is held against the constraints above it.
            1 => vec![excluded(subtrees, subtree)],
            _ => vec![excluded(1, subtree)],
        })
    };
    let refused = |path: &[Vec<u8>]| match import_path(path) {
        Err(error @ ImportError::TooManyComparisons { at, found, max }) => {
            (error.to_string(), at.position(), found, max)
        }
        other => panic!("{other:?}"),
    };
    // (497 + 2) × (499 + 1) = 249,500, and two for the certificate above: a subject of more than 16 octets counts twice.
    assert!(import_path(&three(497, b"a", 499, b"b")).is_ok());
    let max = CertificateAuthority::MAX_NAME_COMPARISONS;
    let (text, position, found, _) = refused(&three(499, b"a", 499, b"b"));
    assert_eq!((position, found), (0, 501 * 500));
    assert_eq!(
        text,
        "the names of the path, up to those of the certificate, would be compared 250500 times with the name constraints above them, \
         counting long ones several times; at most 250000 comparisons are allowed"
    );
    // The sum over the path counts: 250,000 for the names below, and two for the name above.
    let sum = path(3, |position| match position {
        0 => vec![alternative_names(498, b"a")],
        1 => vec![excluded(499, b"b")],
        _ => vec![excluded(1, b"b")],
    });
    let (_, position, found, allowed) = refused(&sum);
    assert_eq!((position, found, allowed), (1, 250_002, max));
    // Long ones cost more.
    assert!(import_path(&three(400, b"a", 300, &[b'b'; 62])).is_ok());
    refused(&three(400, b"a", 300, &[b'b'; 200]));
    refused(&three(400, &[b'a'; 200], 300, b"b"));
    let directory = |letter: u8| {
        let attributes: Vec<u8> =
            (0..20).flat_map(|i| name_attribute(&format!("1.{i}"), &tlv(0x0c, &[letter]))).collect();
        tlv(0xa4, &tlv(0x30, &tlv(0x31, &attributes)))
    };
    // Twenty attributes each, in fewer than 256 octets.
    let directories = |names: usize| {
        path(2, |position| match position {
            0 => vec![extension("2.5.29.17", false, &tlv(0x30, &directory(b'a').repeat(names)))],
            _ => vec![extension("2.5.29.30", true, &seq(&[&tlv(0xa1, &seq(&[&directory(b'b')]).repeat(5))]))],
        })
    };
    assert!(import_path(&directories(124)).is_ok());
    assert_eq!(refused(&directories(125)).2, 2_502 * 100);

    // The chain of 2 MiB that the API takes.
    assert_eq!(refused(&three(262_144, b"a", 157_286, b"b")).1, 0);
}

#[test]
fn r_err_2_comparisons_at_issuance_are_bounded() {
    let issue = |names: usize, subtrees| {
        let path = path(2, |position| if position == 1 { vec![excluded(subtrees, b"b")] } else { Vec::new() });
        let authority = import_path(&path).unwrap();
        let csr = CsrParts::new(ca::LEAF_KEY.public_key_der()).extensions(&[alternative_names(names, b"a")]);
        let request = request(&csr.der(), "EndEntityCertificate").build().unwrap();
        ca::prepare(&authority, &request, &IssuanceOptions::default())
    };
    // The subject counts twice: it has more than 16 octets.
    assert!(issue(1_998, 125).is_ok());
    let error = issue(1_999, 125).unwrap_err();
    let max = CertificateAuthority::MAX_NAME_COMPARISONS;
    let expected = NameConstraintViolation::TooManyComparisons { names: 2_001, subtrees: 125, max };
    assert!(matches!(&error, Error::NameConstraint(violation) if *violation == expected), "{error}");
    assert_eq!(error.aws_exception(), AwsException::Validation);
    assert_eq!(
        error.to_string(),
        "2001 names against 125 subtrees of name constraints, counting long ones several times, are more than 250000 \
         comparisons"
    );
}

/// RFC 5280 section 4.1.2.2: serial numbers are positive.
#[test]
fn negative_serial_numbers_are_none() {
    let serial = |content: u8| {
        let good = ca_certificate(&common_name("CA"), &common_name("CA"), CA_KEY.public_key_der(), &[]);
        import(&replaced(&good, &[2, 1, 1], &[2, 1, content]), b"", &AnySignature).unwrap().serial()
    };
    assert_eq!(serial(0x7f).unwrap().to_hex(), "7f");
    for not_positive in [0xff, 0x80, 0] {
        assert_eq!(serial(not_positive), None);
    }
}

#[test]
fn r_err_2_damaged_certificates_never_panic() {
    let good = Ca::default().certificate();
    let key = CA_KEY.public_key_der();
    let mut certificate = good.clone();
    for length in 0..good.len() {
        assert!(import(&good[..length], b"", &AnySignature).is_err());
    }
    for position in 0..good.len() {
        for change in [1u8, 0x20, 0x80, 0xff] {
            certificate[position] = good[position] ^ change;
            let mut authority = ca::pending(CertificateAuthorityType::Root, "Root");
            if authority.import_certificate(&certificate, b"", &AnySignature).is_ok() {
                assert_eq!(authority.public_key_der(), key);
                assert!(!authority.subject_der().is_empty());
            }
        }
        certificate[position] = good[position];
    }
}

/// R-MRG-2: the AKI of what is issued is the subjectKeyIdentifier of the imported certificate.
#[test]
fn r_mrg_2_the_aki_is_that_of_the_certificate() {
    // An authority whose certificate has a key identifier of its own: the engine computes it, so it is put in by hand.
    let good = Ca::default().certificate();
    let ski = extension("2.5.29.14", false, &octets(&sha1_of_key()));
    let at = good.windows(ski.len()).position(|window| window == ski).unwrap();
    let mut own = good.clone();
    own[at + ski.len() - 20..at + ski.len()].copy_from_slice(&[0x5a; 20]);
    let authority = import(&own, b"", &AnySignature).unwrap();
    let csr = CsrParts::new(ca::LEAF_KEY.public_key_der()).der();
    let custom = CustomExtension::new("2.5.29.35", seq(&[&tlv(0x80, b"mine")]), false);
    let request = request(&csr, "BlankEndEntityCertificate_APIPassthrough").custom_extension(custom).build().unwrap();
    let prepared = ca::prepare(&authority, &request, &IssuanceOptions::default()).unwrap();
    assert!(der::holds(prepared.tbs_der(), &extension("2.5.29.35", false, &seq(&[&tlv(0x80, &[0x5a; 20])]))));
}

fn sha1_of_key() -> Vec<u8> {
    use sha1::Digest;
    // The last 65 octets of the SubjectPublicKeyInfo are the point.
    let spki = CA_KEY.public_key_der();
    sha1::Sha1::digest(&spki[spki.len() - 65..]).to_vec()
}
