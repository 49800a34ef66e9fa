//! The 61 documented templates: every column of the facts against the catalogue, and against what certificates say.

use std::collections::BTreeSet;

use der::{Decode, Encode};
use issuance::template::{CrlDistributionPoints, Fixed, Source, TemplateKind};
use issuance::{KeyUsage, Oid, Template, Validity};
use issuance_test_support::authorities::Authority;
use issuance_test_support::facts::{Row, rows};
use sha1::{Digest, Sha1};
use x509_cert::Certificate;
use x509_cert::ext::Extension;

/// Facts and catalogue, side by side.
fn pairs() -> Vec<(Row, &'static Template)> {
    let rows = rows();
    assert_eq!((rows.len(), Template::all().len()), (61, 61));
    rows.into_iter().zip(Template::all()).collect()
}

fn sources(names: &[String]) -> Vec<Source> {
    let source = |name: &String| match name.as_str() {
        "api" => Source::Api,
        "csr" => Source::Csr,
        "ca_config" => Source::CaConfiguration,
        other => panic!("unknown source {other}"),
    };
    names.iter().map(source).collect()
}

#[test]
fn names_and_kinds() {
    let mut names = BTreeSet::new();
    for (row, template) in pairs() {
        assert_eq!(row.name, template.name());
        assert!(names.insert(row.name.clone()), "{} is there twice", row.name);
        let kind = match row.kind.as_str() {
            "base" => TemplateKind::Base,
            "csr" => TemplateKind::CsrPassthrough,
            "api" => TemplateKind::ApiPassthrough,
            "apicsr" => TemplateKind::ApiCsrPassthrough,
            other => panic!("unknown kind {other}"),
        };
        assert_eq!(kind, template.kind(), "{}", row.name);
        assert_eq!(row.takes_api(), kind.takes_api(), "{}", row.name);
        assert_eq!(row.takes_csr(), kind.takes_csr(), "{}", row.name);
        // The kind is in the name, as documented.
        let suffix = match kind {
            TemplateKind::Base => "",
            TemplateKind::CsrPassthrough => "_CSRPassthrough",
            TemplateKind::ApiPassthrough => "_APIPassthrough",
            TemplateKind::ApiCsrPassthrough => "_APICSRPassthrough",
        };
        assert!(row.name.ends_with(suffix), "{}", row.name);
        assert_eq!(row.name.contains("RootCACertificate"), template.is_self_signed(), "{}", row.name);
        assert_eq!(template.arn(), format!("arn:aws:acm-pca:::template/{}/V1", row.name));
        assert_eq!(Template::find(&row.name), Ok(template));
        assert_eq!(Template::find_by_arn(&template.arn().parse().unwrap()), Ok(template));
    }
}

/// R-MRG-1.
#[test]
fn subject_and_alternative_name_sources() {
    for (row, template) in pairs() {
        assert_eq!(sources(&row.subject_source), template.subject_sources(), "{}", row.name);
        assert_eq!(sources(&row.san_source), template.subject_alternative_name_sources(), "{}", row.name);
    }
}

/// R-MRG-3.
#[test]
fn basic_constraints_and_usages() {
    for (row, template) in pairs() {
        let name = &row.name;
        let constraints = template.basic_constraints();
        assert_eq!(row.basic_constraints.critical, constraints.critical, "{name}");
        assert_eq!(row.basic_constraints.ca, constraints.ca, "{name}");
        assert_eq!(row.basic_constraints.path_len, constraints.path_len, "{name}");

        let usage = template.key_usage().map(|Fixed { critical, value, .. }| (*critical, *value));
        let bits = |bits: &[usize]| KeyUsage::from_bits(bits.iter().fold(0, |set, bit| set | 1 << bit)).unwrap();
        let documented = row.key_usage.as_ref().map(|usage| (usage.critical, bits(&usage.bits)));
        assert_eq!(documented, usage, "{name}");

        let purposes = template.extended_key_usage().map(|fixed| (fixed.critical, fixed.value.to_vec()));
        let documented = row.eku.as_ref().map(|eku| {
            let oids: Vec<Oid> = eku.oids.iter().map(|oid| oid.parse().unwrap()).collect();
            let names: Vec<&str> = oids.iter().map(|oid| oid.name().unwrap()).collect();
            assert_eq!(names, eku.names, "{name}");
            (eku.critical, oids)
        });
        assert_eq!(documented, purposes, "{name}");
    }
}

/// R-MRG-2. The facts have no row for the AKI of the BlankRoot family; samples of the documentation pass one from the API.
#[test]
fn key_identifiers() {
    for (row, template) in pairs() {
        assert_eq!(row.ski, "derived_from_csr_public_key", "{}", row.name);
        let source = match row.aki.as_deref() {
            Some("ca_ski") => Some(Source::CaCertificate),
            Some("api") => Some(Source::Api),
            None if row.name.starts_with("BlankRootCACertificate") => Some(Source::Api),
            None => None,
            Some(other) => panic!("unknown source {other}"),
        };
        assert_eq!(source, template.authority_key_identifier_source(), "{}", row.name);
    }
    let count = |source| Template::all().iter().filter(|t| t.authority_key_identifier_source() == source).count();
    assert_eq!([Some(Source::CaCertificate), Some(Source::Api), None].map(count), [54, 6, 1]);
}

/// R-MRG-4. The documented lists name `api` in one family only, but what API kinds pass through is taken in all.
#[test]
fn distribution_point_sources() {
    for (row, template) in pairs() {
        let documented = sources(&row.cdp_sources);
        match template.crl_distribution_points() {
            CrlDistributionPoints::Never => {
                assert!(row.name.starts_with("RootCACertificate"), "{}", row.name);
                assert_eq!(documented, [], "{}", row.name);
            }
            CrlDistributionPoints::Passthrough => {
                assert!(row.name.starts_with("BlankRootCACertificate"), "{}", row.name);
                assert_eq!(documented, [], "{}", row.name);
            }
            CrlDistributionPoints::ConfigurationThenPassthrough => {
                assert!(!row.is_root(), "{}", row.name);
                let api_is_listed = row.name.contains("CriticalBasicConstraints");
                let mut effective = vec![Source::CaConfiguration];
                effective.extend((row.takes_api() && api_is_listed).then_some(Source::Api));
                effective.extend(row.takes_csr().then_some(Source::Csr));
                assert_eq!(documented, effective, "{}", row.name);
            }
        }
    }
}

/// The value of an extension and whether it is critical.
fn extension(certificate: &Certificate, oid: &str) -> Option<(bool, Vec<u8>)> {
    let extensions = certificate.tbs_certificate().extensions().unwrap();
    let mut found = extensions.iter().filter(|extension| extension.extn_id.to_string() == oid);
    let read = |extension: &Extension| (extension.critical, extension.extn_value.as_bytes().to_vec());
    let value = found.next().map(read);
    assert!(found.next().is_none(), "{oid} is there twice");
    value
}

fn key_identifier(public_key: &spki::SubjectPublicKeyInfoOwned) -> [u8; 20] {
    Sha1::digest(public_key.subject_public_key.raw_bytes()).into()
}

/// What certificates without any passthrough say is what the rows say, and nothing more.
#[test]
fn certificates() {
    let root = Authority::root();
    let subordinate = Authority::subordinate(&root);
    let root_certificate = Certificate::from_der(root.ca.certificate_der().unwrap()).unwrap();
    let issuing_certificate = Certificate::from_der(subordinate.ca.certificate_der().unwrap()).unwrap();
    for (row, template) in pairs() {
        let name = &row.name;
        // The request of the subordinate has basicConstraints, which no template takes (R-MRG-3).
        let (authority, request, above) = if row.is_root() {
            (Authority::pending_root(), root.own_request(), None)
        } else if template.basic_constraints().ca {
            (root.clone(), subordinate.own_request(), Some(&root_certificate))
        } else {
            (subordinate.clone(), subordinate.own_request(), Some(&issuing_certificate))
        };
        let der = authority.issue(name, request, Validity::days(30).build().unwrap());
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.to_der().unwrap(), der, "{name}");

        let bc = &row.basic_constraints;
        assert_eq!(extension(&certificate, "2.5.29.19"), Some((bc.critical, bc.der())), "{name}");
        let usage = row.key_usage.as_ref().map(|usage| (usage.critical, usage.der()));
        assert_eq!(extension(&certificate, "2.5.29.15"), usage, "{name}");
        let eku = row.eku.as_ref().map(|eku| (eku.critical, eku.der()));
        assert_eq!(extension(&certificate, "2.5.29.37"), eku, "{name}");

        // R-MRG-2: SHA-1 of the key's bits; the SKI of the CA, alone; neither critical.
        let own = key_identifier(certificate.tbs_certificate().subject_public_key_info());
        let ski = issuance_test_support::asn1::tlv(0x04, &[own]);
        assert_eq!(extension(&certificate, "2.5.29.14"), Some((false, ski)), "{name}");
        let aki = above.map(|above| {
            let (_, ski) = extension(above, "2.5.29.14").unwrap();
            let own = key_identifier(above.tbs_certificate().subject_public_key_info());
            assert_eq!(issuance_test_support::asn1::content(&ski), own);
            (false, issuance_test_support::asn1::sequence(&[issuance_test_support::asn1::tlv(0x80, &[own])]))
        });
        assert_eq!(aki.is_none(), row.is_root(), "{name}");
        assert_eq!(extension(&certificate, "2.5.29.35"), aki, "{name}");

        let expected = 2 + [usage.is_some(), eku.is_some(), aki.is_some()].into_iter().filter(|there| *there).count();
        assert_eq!(certificate.tbs_certificate().extensions().unwrap().len(), expected, "{name}");
        let tbs = certificate.tbs_certificate();
        let issuer = above.map_or(tbs.subject(), |above| above.tbs_certificate().subject());
        assert_eq!(tbs.issuer(), issuer, "{name}");
    }
}
