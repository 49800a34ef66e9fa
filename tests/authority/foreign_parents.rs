//! Certificates of other CA software as parents (R-CA-6): taken as verifiers take them, and refused for the one true reason.

use issuance::authority::{CertificateAuthorityType, ImportError, ImportInput};
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, RustCryptoVerifier, SignatureVerifier, Signer,
    Timestamp,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_ARN, CA_KEY, LEAF_KEY, request};
use issuance_test_support::der;
use issuance_test_support::der::{CsrParts, bits, common_name, extension, oid, seq, tlv};
use issuance_test_support::imports;
use issuance_test_support::verifiers::AnySignature;

fn import(certificate: &[u8], chain: &[u8], verifier: &dyn SignatureVerifier) -> Result<CertificateAuthority, Error> {
    // A certificate that cannot be read is imported as a subordinate's.
    let authority_type =
        CertificateAuthorityType::of_certificate(certificate).unwrap_or(CertificateAuthorityType::Subordinate);
    CertificateAuthority::builder(CA_ARN.parse().unwrap(), authority_type).build_from_certificate(
        certificate,
        chain,
        verifier,
    )
}

#[test]
fn r_ca_6_each_refusal_says_which_certificate_of_which_input_and_the_true_reason() {
    for case in imports::imports() {
        let about = case.about;
        match (import(&case.certificate, &case.chain, &RustCryptoVerifier), case.refusal) {
            (Ok(_), None) => {}
            (Err(Error::Import(error)), Some((text, input))) => {
                assert_eq!(error.to_string(), text, "{about}");
                assert_eq!(error.input(), Some(input), "{about}");
                let exception = Error::Import(error).aws_exception();
                let known = [AwsException::MalformedCertificate, AwsException::CertificateMismatch];
                assert!(known.contains(&exception), "{about}: {exception}");
            }
            (outcome, _) => panic!("{about}: {:?}", outcome.err().map(|error| error.to_string())),
        }
    }
}

/// Certificates of one chain in one line, blanks in the place of line feeds, are all read, and their constraints enforced.
#[test]
fn r_ca_6_a_chain_in_one_line_is_the_chain() {
    let root = ca::Ca::default().build();
    let options = IssuanceOptions::default();
    let middle = ca::subordinate(&root, &*ca::P384_KEY, "Middle", "SubordinateCACertificate_PathLen1", &options, None);
    let bottom = ca::subordinate(&middle, &*CA_KEY, "Bottom", "SubordinateCACertificate_PathLen0", &options, None);
    let chain = [&middle, &root].map(|one| one.certificate_pem().unwrap()).concat();
    let own = bottom.certificate_pem().unwrap();
    for space in [" ", "\t", "\r\n", " \n\n\t"] {
        let [own, chain] = [&own, &chain].map(|pem| pem.replace('\n', space));
        let imported = import(own.as_bytes(), chain.as_bytes(), &AnySignature).unwrap();
        assert_eq!(imported.chain_pem(), bottom.chain_pem(), "{space:?}");
        assert_eq!(imported.chain_der().count(), 2);
    }
}

/// A chain that is not PEM is blamed, and not the certificate.
#[test]
fn r_ca_6_a_chain_that_is_not_pem_is_blamed_itself() {
    for (chain, about) in [(imports::file("chain-p7b"), "PKCS#7"), (b"no chain".to_vec(), "CERTIFICATE")] {
        let Err(Error::Import(error)) = import(&imports::file("sub"), &chain, &RustCryptoVerifier) else { panic!() };
        assert!(matches!(error, ImportError::Pem { input: ImportInput::Chain, .. }), "{error}");
        assert!(error.to_string().starts_with("the chain cannot be read: "), "{error}");
        assert!(error.to_string().contains(about), "{error}");
        assert_eq!(error.input(), Some(ImportInput::Chain));
    }
    let Err(Error::Import(error)) = import(b"no certificate", b"", &RustCryptoVerifier) else { panic!() };
    assert!(error.to_string().starts_with("the certificate cannot be read: "), "{error}");
    assert_eq!(error.input(), Some(ImportInput::Certificate));
}

#[test]
fn r_ca_6_a_chain_of_another_name_is_blamed_with_both_names() {
    let chain = imports::file("root");
    let certificate = certificate(&common_name("Upper"), &common_name("Lower"), [b"200101000000Z", b"491231235959Z"]);
    let Err(Error::Import(error)) = import(&certificate, &chain, &AnySignature) else { panic!() };
    assert_eq!(
        error.to_string(),
        "certificate 1 of the chain has the subject 'C=US, O=Example Corp, CN=Old Enterprise Root', but the certificate names \
         the issuer 'CN=Upper'"
    );
    assert!(matches!(error, ImportError::IssuerName { .. }));
    assert_eq!(Error::Import(error).aws_exception(), AwsException::CertificateMismatch);
    // One that differs in case alone.
    let upper = certificate_of("UPPER");
    let Err(Error::Import(error)) = import(&certificate, &imports::labelled(&upper), &AnySignature) else { panic!() };
    assert_eq!(
        error.to_string(),
        "certificate 1 of the chain and the certificate have the name of the issuer in two forms, which must be the same byte \
         for byte: they differ in case, white space or order: 'CN=UPPER' as the subject, 'CN=Upper' as the issuer"
    );
}

fn certificate_of(name: &str) -> Vec<u8> {
    certificate(&common_name(name), &common_name(name), [b"200101000000Z", b"491231235959Z"])
}

/// A CA certificate for the CA key; a time of thirteen characters is a UTCTime.
fn certificate(issuer: &[u8], subject: &[u8], validity: [&[u8]; 2]) -> Vec<u8> {
    let algorithm = seq(&[&oid(der::ECDSA_SHA256)]);
    let [not_before, not_after] = validity.map(|time| tlv(if time.len() == 13 { 0x17 } else { 0x18 }, time));
    let constraints = extension("2.5.29.19", true, &seq(&[&[1, 1, 0xff]]));
    let tbs = seq(&[
        &[0xa0, 3, 2, 1, 2, 2, 1, 1],
        &algorithm,
        issuer,
        &seq(&[&not_before, &not_after]),
        subject,
        CA_KEY.public_key_der(),
        &tlv(0xa3, &seq(&[&constraints])),
    ]);
    seq(&[&tbs, &algorithm, &bits(&seq(&[&tlv(2, &[0x11; 32]), &tlv(2, &[0x22; 32])]))])
}

/// RFC 5280 section 4.1.2.5: applications must be able to process either type.
#[test]
fn r_ca_6_generalized_time_before_2050_is_a_time() {
    let root = common_name("Root");
    let with = |validity| import(&certificate(&root, &root, validity), b"", &AnySignature);
    let authority = with([b"20200101000000Z", b"20481231235959Z"]).unwrap();
    assert_eq!(authority.not_before(), Timestamp::from_utc(2020, 1, 1, 0, 0, 0));
    assert_eq!(authority.not_after(), Timestamp::from_utc(2048, 12, 31, 23, 59, 59));
    assert_eq!(with([b"200101000000Z", b"20481231235959Z"]).unwrap().not_after(), authority.not_after());
    // It is the end of what the authority issues, which says it in the form of RFC 5280.
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).der();
    let issue = |end: Timestamp| {
        let request = request(&csr, "EndEntityCertificate").validity(issuance::Validity::absolute(end.unix()));
        ca::prepare(&authority, &request.build().unwrap(), &IssuanceOptions::default())
    };
    let end = authority.not_after().unwrap();
    assert!(der::holds(issue(end).unwrap().tbs_der(), &tlv(0x17, b"481231235959Z")));
    assert!(matches!(issue(Timestamp::from_unix(end.unix() + 1).unwrap()), Err(Error::Validity(_))));
    // What is not a time of RFC 5280 in either type stays refused.
    for not_after in [&b"20481231235959.0Z"[..], b"204812312359Z", b"20481231235959+0000", b"20481331235959Z"] {
        assert!(with([b"200101000000Z", not_after]).is_err(), "{not_after:?}");
    }
}

/// Constraints with the minimum spelled out, as Microsoft's CAs write them, are those without, and are enforced.
#[test]
fn r_ca_6_a_minimum_of_zero_is_the_default() {
    for name in ["sub-nc-minimum-0", "sub-nc-plain"] {
        let authority = import(&imports::file(name), &imports::file("root"), &RustCryptoVerifier).unwrap();
        let issue = |host: &str| {
            let san = extension("2.5.29.17", false, &der::dns(host));
            let csr = CsrParts::new(LEAF_KEY.public_key_der()).extensions(&[san]).der();
            let request = request(&csr, "EndEntityCertificate")
                .signing_algorithm(authority.key_algorithm().signing_algorithms()[0]);
            ca::prepare(&authority, &request.build().unwrap(), &IssuanceOptions::default())
        };
        assert!(issue("www.example.com").is_ok(), "{name}");
        let error = issue("www.example.org").unwrap_err();
        assert_eq!(
            error.to_string(),
            "DNS:www.example.org is outside every permitted subtree (DNS:example.com)",
            "{name}"
        );
    }
}
