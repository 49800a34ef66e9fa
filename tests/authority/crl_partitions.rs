//! Partitioned CRLs: which partition a certificate is in, and what its distribution point says (R-MRG-5).

use std::collections::BTreeSet;

use issuance::authority::{
    AuthorityError, CrlConfiguration, CrlConfigurationBuilder, CrlPartition, CrlType, ExplicitUrls,
    RevocationConfiguration,
};
use issuance::issue::{FixedClock, Preparation, Prepared};
use issuance::{CertificateAuthority, IssuanceOptions, Issuer, OfflineIssuer, Oid, SerialNumber, Validity};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, request};
use issuance_test_support::der;
use issuance_test_support::der::{extension, seq, tlv};
use issuance_test_support::verifiers::AnySignature;

fn partitioned() -> CrlConfigurationBuilder {
    CrlConfiguration::builder("bucket").custom_cname("crl.example.com").crl_type(CrlType::Partitioned)
}

fn authority(crl: CrlConfigurationBuilder) -> CertificateAuthority {
    let revocation = RevocationConfiguration::none().with_crl(crl.build().unwrap());
    Ca { revocation, ..Ca::default() }.build()
}

fn prepare(authority: &CertificateAuthority, serial: u8, partition: Option<CrlPartition>) -> Prepared {
    let options = IssuanceOptions::default();
    let serial = SerialNumber::from_be_bytes(&[serial]).unwrap();
    let preparation =
        Preparation { authority, now: ca::now(), serial, partition, verifier: &AnySignature, options: &options };
    preparation.prepare(&request(&ca::proven_csr("leaf"), "EndEntityCertificate").build().unwrap()).unwrap()
}

/// The extension that names this list.
fn distribution_point(url: &str) -> Vec<u8> {
    let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())));
    extension("2.5.29.31", false, &seq(&[&seq(&[&name])]))
}

fn says(prepared: &Prepared, url: &str) -> bool {
    der::holds(prepared.tbs_der(), &distribution_point(url))
}

/// The distribution point of a certificate of the service: bucket, authority and partition are those of a subordinate of
/// 2026.
#[test]
fn r_mrg_5_a_distribution_point_of_the_service_is_rebuilt() {
    let arn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/cc85db5a-7e24-43ad-a873-4c5b0210a753";
    let crl = CrlConfiguration::builder("ca-root-crl-darkcam-v2").crl_type(CrlType::Partitioned).build().unwrap();
    let authority =
        CertificateAuthority::builder(arn.parse().unwrap(), issuance::authority::CertificateAuthorityType::Root)
            .revocation_configuration(RevocationConfiguration::none().with_crl(crl))
            .build_from_certificate(&Ca::default().certificate(), b"", &AnySignature)
            .unwrap();
    let options = IssuanceOptions::default();
    let partition = Some("EoNIZbjA9td".parse().unwrap());
    let preparation = Preparation {
        authority: &authority,
        now: ca::now(),
        serial: ca::serial(),
        partition,
        verifier: &AnySignature,
        options: &options,
    };
    let request = request(&ca::proven_csr("leaf"), "SubordinateCACertificate_PathLen0").certificate_authority_arn(arn);
    let prepared = preparation.prepare(&request.build().unwrap()).unwrap();
    assert_eq!(prepared.crl_partition(), partition);
    assert!(says(
        &prepared,
        "http://ca-root-crl-darkcam-v2.s3.us-east-1.amazonaws.com/crl/cc85db5a-7e24-43ad-a873-4c5b0210a753/EoNIZbjA9td.crl"
    ));
}

#[test]
fn r_mrg_5_a_custom_path_stands_in_place_of_the_authority() {
    let named = Some("0aZ9bcdefgh".parse().unwrap());
    let id = ca::CA_ARN.rsplit('/').next().unwrap();
    for (crl, directory) in [
        (partitioned(), format!("crl/{id}/")),
        (partitioned().custom_path("lists/tls"), "lists/tls/".to_owned()),
        (partitioned().custom_path("/"), String::new()),
    ] {
        let url = format!("http://crl.example.com/{directory}0aZ9bcdefgh.crl");
        assert!(says(&prepare(&authority(crl), 1, named), &url), "{url}");
    }
}

#[test]
fn r_mrg_5_certificates_that_follow_each_other_are_in_different_partitions() {
    let mut authority = authority(partitioned());
    let good = request(&ca::proven_csr("leaf"), "EndEntityCertificate").build().unwrap();
    let refused =
        request(&ca::proven_csr("leaf"), "EndEntityCertificate").validity(Validity::years(99)).build().unwrap();
    for partitions in [3, 2] {
        authority.set_crl_partitions(authority.crl_partitions().to_vec().into_iter().take(partitions)).unwrap();
        let issuer = Issuer::builder(authority.clone(), &*CA_KEY).clock(FixedClock(ca::now())).build().unwrap();
        let retried = request(&ca::proven_csr("leaf"), "EndEntityCertificate").idempotency_token("t").build().unwrap();
        let earlier = issuer.issue(&retried).unwrap();
        let (mut last, mut used) = (None, BTreeSet::new());
        for round in 0..2 * partitions {
            let issued = issuer.issue(&good).unwrap();
            let partition = issued.crl_partition();
            assert!(partition.is_some() && partition != last, "{partition:?} follows {last:?}");
            let name = partition.unwrap();
            assert!(authority.crl_partitions().contains(&name));
            let id = authority.arn().id();
            assert!(der::holds(
                issued.der(),
                &distribution_point(&format!("http://crl.example.com/crl/{id}/{name}.crl"))
            ));
            used.insert(name);
            last = partition;
            // Whatever stands between them: refusals, and retries that get an earlier certificate.
            for _ in 0..round {
                issuer.issue(&refused).unwrap_err();
                assert_eq!(issuer.issue(&retried).unwrap().serial(), earlier.serial());
            }
        }
        assert!(used.len() > 1);
    }
    // Without refusals all have the same share.
    let issuer =
        Issuer::builder(self::authority(partitioned()), &*CA_KEY).clock(FixedClock(ca::now())).build().unwrap();
    let used: BTreeSet<_> = (0..16).map(|_| issuer.prepare(&good).unwrap().crl_partition()).collect();
    assert_eq!(used.len(), 16);
}

#[test]
fn r_enc_6_preparing_without_a_partition_is_a_function_of_the_serial_number() {
    let authority = authority(partitioned());
    let of = |serial| prepare(&authority, serial, None).crl_partition();
    assert_eq!(of(5), of(5));
    assert_eq!(prepare(&authority, 5, None).tbs_der(), prepare(&authority, 5, of(5)).tbs_der());
    let used: BTreeSet<_> = (1..=16).map(of).collect();
    assert_eq!(used, authority.crl_partitions().iter().copied().map(Some).collect());
}

#[test]
fn a_certificate_is_in_a_partition_where_its_list_is_partitioned() {
    let named: CrlPartition = "0aZ9bcdefgh".parse().unwrap();
    let complete = CrlConfiguration::builder("bucket").custom_cname("crl.example.com");
    let prepared = prepare(&authority(complete), 1, Some(named));
    assert_eq!(prepared.crl_partition(), None);
    assert!(says(&prepared, &format!("http://crl.example.com/crl/{}.crl", ca::CA_ARN.rsplit('/').next().unwrap())));
    // The lists are there although the certificate does not name them.
    let silent = CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned).omit_extension(true);
    let prepared = prepare(&authority(silent), 1, Some(named));
    assert_eq!(prepared.crl_partition(), Some(named));
    assert!(prepared.plan().extensions().all(|extension| extension.oid() != Oid::CRL_DISTRIBUTION_POINTS));
    // Explicit URLs are lists of everything.
    let urls = ExplicitUrls::default().with_crl(["http://c/"]).unwrap();
    let revocation = RevocationConfiguration::none().with_crl(partitioned().build().unwrap()).with_explicit_urls(urls);
    let prepared = prepare(&Ca { revocation, ..Ca::default() }.build(), 1, Some(named));
    assert_eq!(prepared.crl_partition(), None);
    assert!(says(&prepared, "http://c/"));
    // A root is in no list of its own.
    let root = authority(partitioned());
    let csr = root.certificate_signing_request(&*CA_KEY, issuance::SigningAlgorithm::Sha256WithEcdsa).unwrap();
    let renewal = request(csr.as_bytes(), "RootCACertificate").build().unwrap();
    let renewed =
        Issuer::builder(root, &*CA_KEY).clock(FixedClock(ca::now())).build().unwrap().issue(&renewal).unwrap();
    assert_eq!(renewed.crl_partition(), None);
}

#[test]
fn partitions_in_use_are_at_least_one_and_apart() {
    let mut authority = authority(partitioned());
    let [first, second] = [0, 1].map(|number| CrlPartition::numbered(authority.arn(), number));
    assert_eq!(authority.crl_partitions()[..2], [first, second]);
    let error = authority.set_crl_partitions([]).unwrap_err();
    assert_eq!(error, AuthorityError::CrlPartitions { repeated: None });
    let error = authority.set_crl_partitions([first, second, first]).unwrap_err();
    assert_eq!(error.to_string(), format!("the CRL partition {first} is given twice; each can be in use once"));
    assert_eq!(authority.crl_partitions().len(), 16);
    // A partition is full: the next ones are in another.
    authority.set_crl_partitions([second]).unwrap();
    assert_eq!((1..9).map(|serial| prepare(&authority, serial, None).crl_partition()).max(), Some(Some(second)));
}

#[test]
fn the_partition_is_kept_with_a_preparation_and_with_a_certificate() {
    let request = request(&ca::proven_csr("leaf"), "EndEntityCertificate").build().unwrap();
    let issuer = |crl| OfflineIssuer::builder(authority(crl)).clock(FixedClock(ca::now())).build();
    let silent = CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned).omit_extension(true);
    for issuer in [issuer(partitioned()), issuer(silent)] {
        for _ in 0..3 {
            let file = issuer.prepare_file(&request).unwrap();
            let read = issuance::issue::PreparedFile::from_json(file.to_json().as_bytes()).unwrap();
            assert_eq!(read, file);
            let prepared = issuer.resume(&read).unwrap();
            let partition = prepared.crl_partition();
            assert!(partition.is_some());
            let signature = issuance::Signer::sign(&*CA_KEY, prepared.algorithm(), prepared.tbs_der()).unwrap();
            let issued = prepared.finish(signature.as_bytes(), &issuance::RustCryptoVerifier).unwrap();
            assert_eq!(issued.crl_partition(), partition);
            let stored = serde_json::to_string(&issued).unwrap();
            let back: issuance::IssuedCertificate = serde_json::from_str(&stored).unwrap();
            assert_eq!(back, issued);
            assert_eq!(issuer.resume(&read).unwrap().crl_partition(), partition);
        }
    }
    // What has no partition says nothing of one.
    let file = issuer(CrlConfiguration::builder("bucket")).prepare_file(&request).unwrap().to_json();
    assert!(!file.contains("crl_partition"));
}
