//! The CA that an operator has already, in one call (`CertificateAuthority::from_pem`), and what is changed about it.

use issuance::authority::{
    AuthorityError, CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode, ImportError,
    ImportPolicy, OcspConfiguration, RevocationConfiguration,
};
use issuance::crypto::VerifyError;
use issuance::issue::FixedClock;
use issuance::x509::{KeyPolicy, SignatureAlgorithm};
use issuance::{
    CertificateAuthority, CertificateAuthorityArn, Error, Issuer, RustCryptoVerifier, SignatureVerifier, Signer,
    Validity,
};
use issuance_test_support::ca::{CA_ARN, CA_KEY, Ca, P384_KEY, now, request, subject, unsigned};
use issuance_test_support::der::{CsrParts, common_name, pem};
use issuance_test_support::imports::{der, file};
use issuance_test_support::verifiers::AnySignature;

fn with_any_signature(certificate: &[u8], chain: &[u8]) -> Result<CertificateAuthority, Error> {
    CertificateAuthority::from_certificate_with(certificate, chain, &AnySignature, &ImportPolicy::default())
}

#[test]
fn r_ca_6_type_and_path_come_from_the_certificates() {
    let (root, sub) = (file("root"), file("sub"));
    let bundle = [&sub[..], &root].concat();
    for (certificate, chain, authority_type, above) in [
        (&root[..], &b""[..], CertificateAuthorityType::Root, 0),
        (&der("root"), b"", CertificateAuthorityType::Root, 0),
        (&sub, b"", CertificateAuthorityType::Subordinate, 0),
        (&sub, &root, CertificateAuthorityType::Subordinate, 1),
        (&der("sub"), &der("root"), CertificateAuthorityType::Subordinate, 1),
        (&bundle, b" \n", CertificateAuthorityType::Subordinate, 1),
    ] {
        let authority = CertificateAuthority::from_certificate(certificate, chain).unwrap();
        assert_eq!(authority.authority_type(), authority_type);
        assert_eq!(authority.chain_der().count(), above);
        assert_eq!(authority.status(now()), CertificateAuthorityStatus::Active);
        assert_eq!(authority.usage_mode(), CertificateAuthorityUsageMode::GeneralPurpose);
    }
    let authority = CertificateAuthority::from_pem(&bundle).unwrap();
    assert_eq!(authority.certificate_der(), Some(&der("sub")[..]));
    // The other way round.
    let error = CertificateAuthority::from_pem([&root[..], &sub].concat()).unwrap_err();
    assert!(error.to_string().ends_with("or give the authority's own certificate first"), "{error}");
}

/// Everything that an import refuses is refused here with the same words.
#[test]
fn r_ca_6_every_check_of_an_import_is_made() {
    for case in issuance_test_support::imports::imports() {
        let imported = CertificateAuthority::from_certificate(&case.certificate, &case.chain);
        let refusal = imported.err().map(|error| error.to_string());
        assert_eq!(refusal.as_deref(), case.refusal.map(|(refusal, _)| refusal), "{}", case.about);
    }
}

#[test]
fn r_ca_6_a_key_in_the_file_is_passed_over() {
    let (root, sub) = (file("root"), file("sub"));
    // What is between the lines is not looked at.
    let key = b"-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n&%$\n-----END PRIVATE KEY-----\n";
    let parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for file in [
        [&key[..], &sub, &root],
        [&sub, key, &root],
        [&sub, &root, key],
        [&[&parameters[..], key].concat(), &sub, &root],
    ] {
        let authority = CertificateAuthority::from_pem(file.concat()).unwrap();
        assert_eq!(authority.chain_der().count(), 1);
    }
    let only = CertificateAuthority::from_pem(key).unwrap_err().to_string();
    let label = "the PEM block is labelled 'PRIVATE KEY' (a private key), not 'CERTIFICATE'";
    assert_eq!(only, format!("the certificate cannot be read: {label}"));
    // The chain is not a file with a key, and what the API imports is not either.
    let error = CertificateAuthority::from_certificate(&sub, [key, &root[..]].concat()).unwrap_err().to_string();
    assert_eq!(error, format!("the chain cannot be read: {label}"));
    let mut authority = CertificateAuthority::from_pem(&root).unwrap();
    let both = [&root[..], key].concat();
    let refused = authority.import_certificate(&both, b"", &RustCryptoVerifier);
    assert!(matches!(refused, Err(ImportError::Pem { .. })), "{refused:?}");
    // A request for a certificate is not a certificate.
    let with_csr = [&root[..], &pem("CERTIFICATE REQUEST", &[1]).into_bytes()].concat();
    assert!(CertificateAuthority::from_pem(with_csr).is_err());
}

/// A certificate of a key under its own name that an older key issued, as when a root changes its key.
#[test]
fn r_ca_6_a_self_issued_certificate_of_another_key_is_a_subordinates() {
    let old = Ca::default().build();
    let csr = CsrParts::new(P384_KEY.public_key_der()).subject(common_name("Root")).der();
    let own = unsigned(&old, &request(&csr, "SubordinateCACertificate_PathLen1").build().unwrap());
    /// Accepts what the old key signed.
    struct OldKey;
    impl SignatureVerifier for OldKey {
        fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
            true
        }

        fn verify(&self, _: SignatureAlgorithm, public_key_der: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
            match public_key_der == CA_KEY.public_key_der() {
                true => Ok(()),
                false => Err(VerifyError::InvalidSignature),
            }
        }
    }
    let policy = ImportPolicy::default();
    let from = |chain: &str| CertificateAuthority::from_certificate_with(&own, chain, &OldKey, &policy);
    let authority = from(&old.certificate_pem().unwrap()).unwrap();
    assert_eq!(authority.authority_type(), CertificateAuthorityType::Subordinate);
    // Alone it is a root whose signature is wrong.
    let alone = from("").unwrap_err();
    assert!(matches!(alone, Error::Import(ImportError::Signature { .. })), "{alone}");
}

#[test]
fn one_key_always_has_the_same_arn() {
    let first = Ca::default().certificate();
    let longer = Ca { years: 40, ..Ca::default() }.certificate();
    let [first, longer] = [first, longer].map(|der| with_any_signature(&der, b"").unwrap());
    assert_ne!(first.certificate_der(), longer.certificate_der());
    assert_eq!(first.arn(), longer.arn());
    assert_eq!(*first.arn(), CertificateAuthorityArn::of_key(CA_KEY.public_key_der()).unwrap());
    let id = first.arn().id().to_owned();
    assert_eq!(*first.arn(), CertificateAuthorityArn::new("local", "000000000000", &id).unwrap());
    // Of the same key: its CSR is signed, and certificates name the ARN.
    let csr = CsrParts::new(P384_KEY.public_key_der()).subject(common_name("leaf")).signed_by(&*P384_KEY);
    let request = request(&csr, "EndEntityCertificate").certificate_authority_arn(first.arn().clone()).build().unwrap();
    let issuer = Issuer::builder(first, &*CA_KEY).clock(FixedClock(now())).build().unwrap();
    let issued = issuer.issue(&request).unwrap();
    assert_eq!(issued.arn().authority().id(), id);
}

#[test]
fn what_follows_from_the_arn_follows_from_the_new_one() {
    let authority = with_any_signature(&Ca::default().certificate(), b"").unwrap();
    let partitions = authority.crl_partitions().to_vec();
    let arn: CertificateAuthorityArn = CA_ARN.parse().unwrap();
    let ocsp = RevocationConfiguration::default().with_ocsp(OcspConfiguration::new());
    let moved = authority
        .clone()
        .with_revocation_configuration(ocsp.clone())
        .with_arn(arn.clone())
        .unwrap()
        .with_usage_mode(CertificateAuthorityUsageMode::ShortLivedCertificate);
    assert_eq!(*moved.arn(), arn);
    assert_eq!(moved.usage_mode(), CertificateAuthorityUsageMode::ShortLivedCertificate);
    assert_eq!(*moved.revocation_configuration(), ocsp);
    assert_ne!(moved.crl_partitions(), partitions);
    // As if it had been built so.
    let built = CertificateAuthority::builder(arn.clone(), CertificateAuthorityType::Root)
        .usage_mode(CertificateAuthorityUsageMode::ShortLivedCertificate)
        .revocation_configuration(ocsp)
        .build_from_certificate(authority.certificate_der().unwrap(), b"", &AnySignature)
        .unwrap();
    assert_eq!(moved.crl_partitions(), built.crl_partitions());
    let csr = CsrParts::new(P384_KEY.public_key_der()).subject(common_name("leaf")).der();
    let leaf = request(&csr, "EndEntityCertificate").validity(Validity::days(1)).build().unwrap();
    assert_eq!(unsigned(&moved, &leaf), unsigned(&built, &leaf));

    // Partitions that were set stay, and the authority that was changed is as it was.
    let mut own = authority.clone();
    own.set_crl_partitions(partitions[3..5].to_vec()).unwrap();
    assert_eq!(own.with_arn(arn).unwrap().crl_partitions(), &partitions[3..5]);
    assert_eq!(authority.arn().region(), "local");

    let no_uuid: CertificateAuthorityArn = CA_ARN.replace("12345678-", "").parse().unwrap();
    assert!(matches!(authority.clone().with_arn(no_uuid), Err(AuthorityError::Arn(_))));
    let disabled = authority.clone().with_status(CertificateAuthorityStatus::Disabled).unwrap();
    assert_eq!(disabled.status(now()), CertificateAuthorityStatus::Disabled);
    assert!(authority.with_status(CertificateAuthorityStatus::PendingCertificate).is_err());
}

#[test]
fn r_ca_6_basic_constraints_that_are_not_critical_are_an_option() {
    let lax = file("root-bc-not-critical");
    let policy = ImportPolicy::default().non_critical_basic_constraints(true);
    let from =
        |policy: &ImportPolicy| CertificateAuthority::from_certificate_with(&lax, "", &RustCryptoVerifier, policy);
    let refused = from(&ImportPolicy::default()).unwrap_err();
    assert!(matches!(refused, Error::Import(ImportError::NotACa { .. })), "{refused}");
    let authority = from(&policy).unwrap();
    assert_eq!(authority.authority_type(), CertificateAuthorityType::Root);
    // Of the chain as well, and of an authority that waits for its certificate.
    let sub = file("sub");
    let below = CertificateAuthority::from_certificate_with(&sub, &lax, &AnySignature, &policy).unwrap();
    assert_eq!(below.chain_der().count(), 1);
    let mut waiting = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&subject("Root"), authority.public_key_der())
        .unwrap();
    assert!(waiting.import_certificate(&lax, b"", &RustCryptoVerifier).is_err());
    waiting.import_certificate_with(&lax, b"", &RustCryptoVerifier, &policy).unwrap();
    // A certificate that is not one of a CA stays refused.
    let csr = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("leaf")).der();
    let leaf = unsigned(&Ca::default().build(), &request(&csr, "EndEntityCertificate").build().unwrap());
    let refused = CertificateAuthority::from_certificate_with(&leaf, "", &AnySignature, &policy).unwrap_err();
    assert_eq!(refused.to_string(), "the certificate is not a CA certificate: its basicConstraints have CA false");
}

#[test]
fn the_key_policy_is_applied_to_the_authoritys_key() {
    let root = file("root");
    let strict = ImportPolicy::default().key_policy(KeyPolicy::default().rsa_bits(4096, 4096));
    let refused = CertificateAuthority::from_certificate_with(&root, "", &RustCryptoVerifier, &strict).unwrap_err();
    assert!(matches!(refused, Error::Authority(AuthorityError::Key(_))), "{refused}");
    let root = CertificateAuthority::from_pem(root).unwrap();
    let built = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .import_policy(strict)
        .build(&subject("Root"), root.public_key_der());
    assert!(matches!(built, Err(AuthorityError::Key(_))));
}
