//! Certificates that the real service issued, rebuilt from the rows of `tests/data/service/rows.json` byte for byte (R-ENC-6).
//!
//! A row says what the request, the CSR, the authority and its configuration give. From the certificate itself come the serial
//! number, the public key and the subject of a CSR, which is published for one alone; the signature of the issuer, or the digest
//! in the row where the issuer is not published, holds these.

use std::collections::BTreeSet;
use std::error::Error;

use base64::prelude::{BASE64_STANDARD, Engine};
use der::asn1::AnyRef;
use der::{Decode, Document, Reader, SliceReader};
use issuance::api::{Format, Request, UpdateCertificateAuthorityRequest};
use issuance::authority::{CertificateAuthorityType, RevocationConfiguration};
use issuance::issue::{Preparation, Prepared};
use issuance::request::CustomExtension;
use issuance::x509::KeyPolicy;
use issuance::{
    ApiPassthrough, CertificateAuthority, CertificateAuthorityArn, Csr, IssuanceOptions, IssueCertificateRequest,
    RustCryptoVerifier, SerialNumber, Signer, SigningAlgorithm, Subject, Timestamp, Validity,
};
use issuance_test_support::asn1::{BIT_STRING, INTEGER, OCTET_STRING, UTF8_STRING, extension, oid, sequence, tlv};
use issuance_test_support::{files, keys, requests};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A row of the table: what is not in it cannot be in the certificate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    file: String,
    /// Of the certificate, where nothing published has the key that signed it.
    sha256: Option<String>,
    /// The time of issuance, from which the end of the validity follows.
    issued: Timestamp,
    /// `ValidityNotBefore`. The service reads its clock a second time for the beginning, at times a second or more later.
    not_before: Option<Timestamp>,
    validity: Validity,
    template: Option<String>,
    algorithm: SigningAlgorithm,
    authority: Authority,
    csr: CsrSubject,
    #[serde(default)]
    csr_extensions: Vec<CustomExtension>,
    api: Option<ApiPassthrough>,
    #[serde(default)]
    options: Vec<Switch>,
    /// Of a partitioned CRL.
    partition: Option<String>,
}

/// The issuing authority: a root that waits for its certificate has a subject, the API's if none is here; one whose certificate is
/// among these names it; of another its subject and key identifier are known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    subject: Option<Subject>,
    certificate: Option<String>,
    key_identifier: Option<String>,
    region: Option<String>,
    id: Option<String>,
    /// `RevocationConfiguration` of the API.
    revocation: Option<Value>,
}

/// Whose subject the CSR has.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum CsrSubject {
    /// The authority makes the request itself.
    Authority,
    Certificate,
    /// One that the API's is to replace.
    Other,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Switch {
    NineBitKeyUsage,
    OmitRsaParameters,
}

/// All rows, each laid over what its group has in common; beside it what it does not share with a row before it.
fn rows_and_their_own() -> Vec<(Value, Value)> {
    let groups: Value = serde_json::from_str(&files::text("service/rows.json")).unwrap();
    let rows = groups.as_array().unwrap().iter().flat_map(|group| {
        assert!(group["what"].is_string());
        group["rows"].as_array().unwrap().iter().enumerate().map(|(position, own)| {
            let mut row = group["like"].clone();
            lay_over(&mut row, own);
            let own = if position == 0 { row.clone() } else { own.clone() };
            (row, own)
        })
    });
    rows.collect()
}

fn rows() -> Vec<Value> {
    rows_and_their_own().into_iter().map(|(row, _)| row).collect()
}

/// As the merge patch of RFC 7396, without removal.
fn lay_over(value: &mut Value, patch: &Value) {
    match patch {
        Value::Object(members) => {
            if !value.is_object() {
                *value = json!({});
            }
            members.iter().for_each(|(name, patch)| lay_over(&mut value[name.as_str()], patch));
        }
        _ => *value = patch.clone(),
    }
}

/// A certificate of the service as it stands; nothing in it is trusted to be well formed.
struct Certificate {
    der: Vec<u8>,
}

/// The values that a constructed value holds, each with tag and length.
fn elements(der: &[u8]) -> Outcome<Vec<&[u8]>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(reader.tlv_bytes()?);
    }
    Ok(elements)
}

fn element(der: &[u8], position: usize) -> Outcome<&[u8]> {
    Ok(*elements(der)?.get(position).ok_or("an element is missing")?)
}

impl Certificate {
    fn read(name: &str) -> Certificate {
        let pem = files::text(&format!("service/{name}"));
        let (label, document) = Document::from_pem(&pem).unwrap();
        assert_eq!(label, "CERTIFICATE");
        Certificate { der: document.as_bytes().to_vec() }
    }

    fn tbs(&self) -> Outcome<&[u8]> {
        element(&self.der, 0)
    }

    fn signature(&self) -> Outcome<&[u8]> {
        match AnyRef::from_der(element(&self.der, 2)?)?.value() {
            [0, signature @ ..] => Ok(signature),
            _ => Err("the signature has unused bits".into()),
        }
    }

    fn serial(&self) -> Outcome<SerialNumber> {
        Ok(SerialNumber::from_be_bytes(AnyRef::from_der(element(self.tbs()?, 1)?)?.value())?)
    }

    fn subject(&self) -> Outcome<&[u8]> {
        element(self.tbs()?, 5)
    }

    fn public_key(&self) -> Outcome<&[u8]> {
        element(self.tbs()?, 6)
    }
}

/// `CN=another name`.
fn another_name() -> Vec<u8> {
    sequence(&[tlv(0x31, &[sequence(&[oid("2.5.4.3"), tlv(UTF8_STRING, &[b"another name"])])])])
}

impl Row {
    fn read(row: &Value) -> Outcome<Row> {
        Ok(Row::deserialize(row)?)
    }

    fn arn(&self) -> Outcome<CertificateAuthorityArn> {
        let region = self.authority.region.as_deref().unwrap_or("us-west-2");
        let id = self.authority.id.as_deref().unwrap_or("12345678-1234-1234-1234-123456789012");
        Ok(format!("arn:aws:acm-pca:{region}:123456789012:certificate-authority/{id}").parse()?)
    }

    fn revocation(&self) -> Outcome<RevocationConfiguration> {
        let Some(configuration) = &self.authority.revocation else { return Ok(RevocationConfiguration::none()) };
        let mut configuration = configuration.clone();
        let crl = &mut configuration["CrlConfiguration"];
        // An enabled list needs a bucket, of which nothing is seen in the certificate when it has a custom CNAME.
        if !crl["CustomCname"].is_null() {
            crl["S3BucketName"] = "unseen".into();
        }
        let update = json!({"CertificateAuthorityArn": self.arn()?, "RevocationConfiguration": configuration});
        let update = UpdateCertificateAuthorityRequest::decode(Format::Json, update.to_string().as_bytes())?;
        let members = update.revocation_configuration.ok_or("no configuration")?;
        let mut revocation = RevocationConfiguration::none();
        if let Some(crl) = members.crl_configuration {
            revocation = revocation.with_crl(crl);
        }
        if let Some(ocsp) = members.ocsp_configuration {
            revocation = revocation.with_ocsp(ocsp);
        }
        Ok(revocation)
    }

    /// Whether the certificate is that of the root itself.
    fn is_root(&self) -> bool {
        self.authority.key_identifier.is_none() && self.authority.certificate.is_none()
    }

    fn authority(&self, certificate: &Certificate) -> Outcome<CertificateAuthority> {
        let of_type = |of_type| Ok::<_, Box<dyn Error>>(CertificateAuthority::builder(self.arn()?, of_type));
        let issuer = match (&self.authority.certificate, &self.authority.subject) {
            (Some(issuer), None) => Certificate::read(issuer).der,
            (None, Some(subject)) if !self.is_root() => self.stand_in(subject)?,
            (None, subject) => {
                let given = subject.as_ref().or_else(|| self.api.as_ref()?.subject()).ok_or("a root has no subject")?;
                return Ok(of_type(CertificateAuthorityType::Root)?.build(given, certificate.public_key()?)?);
            }
            _ => return Err("an authority has either a subject or a certificate".into()),
        };
        let builder = of_type(CertificateAuthorityType::of_certificate(&issuer)?)?;
        let builder = builder.revocation_configuration(self.revocation()?);
        Ok(builder.build_from_certificate(&issuer, &[], &RustCryptoVerifier)?)
    }

    /// The certificate of a root that stands in for an authority whose own is not published, over a key of ours.
    fn stand_in(&self, subject: &Subject) -> Outcome<Vec<u8>> {
        let ecdsa = self.algorithm == SigningAlgorithm::Sha384WithEcdsa;
        let (key, algorithm) = match ecdsa {
            true => ("ec-p384", SigningAlgorithm::Sha384WithEcdsa),
            false => ("rsa-2048", SigningAlgorithm::Sha256WithRsa),
        };
        let signer = keys::signer(key);
        let nameless = CertificateAuthority::builder(self.arn()?, CertificateAuthorityType::Root)
            .build(subject, signer.public_key_der())?;
        let name = nameless.subject_der();
        let identifier = hex(self.authority.key_identifier.as_deref().unwrap_or_default())?;
        let ca = sequence(&[tlv(0x01, &[[0xff]])]);
        let identifier = tlv(OCTET_STRING, &[identifier]);
        let extensions = sequence(&[extension("2.5.29.19", true, &ca), extension("2.5.29.14", false, &identifier)]);
        let algorithm_identifier = match ecdsa {
            true => sequence(&[oid("1.2.840.10045.4.3.3")]),
            false => sequence(&[oid("1.2.840.113549.1.1.11"), tlv(0x05, &[[0u8; 0]])]),
        };
        let tbs = sequence(&[
            &tlv(0xa0, &[tlv(INTEGER, &[[2]])])[..],
            &tlv(INTEGER, &[[1]]),
            &algorithm_identifier,
            name,
            &sequence(&[tlv(0x17, &[b"180101000000Z"]), tlv(0x17, &[b"491231235959Z"])]),
            name,
            signer.public_key_der(),
            &tlv(0xa3, &[extensions]),
        ]);
        let signature = signer.sign(algorithm, &tbs)?;
        Ok(sequence(&[tbs, algorithm_identifier, tlv(BIT_STRING, &[&[0], signature.as_bytes()])]))
    }

    /// The CSR, which no key has signed: only one of the service's own is published.
    fn csr(&self, authority: &CertificateAuthority, certificate: &Certificate) -> Outcome<Vec<u8>> {
        let extensions: Vec<Vec<u8>> = self
            .csr_extensions
            .iter()
            .map(|given| extension(&given.object_identifier().to_string(), given.critical(), given.value()))
            .collect();
        let attributes = match extensions.is_empty() {
            true => Vec::new(),
            false => requests::extension_request(&extensions),
        };
        let other;
        let subject = match self.csr {
            CsrSubject::Authority => return Ok(requests::with_any_signature(&authority.certification_request_info())),
            CsrSubject::Certificate => certificate.subject()?,
            CsrSubject::Other => {
                other = another_name();
                &other
            }
        };
        Ok(requests::unproven(subject, certificate.public_key()?, &attributes))
    }

    fn request(&self, csr: &[u8]) -> Outcome<IssueCertificateRequest> {
        let mut request = json!({
            "CertificateAuthorityArn": self.arn()?,
            "Csr": BASE64_STANDARD.encode(csr),
            "SigningAlgorithm": self.algorithm,
            "Validity": self.validity,
        });
        if let Some(template) = &self.template {
            request["TemplateArn"] = format!("arn:aws:acm-pca:::template/{template}/V1").into();
        }
        if let Some(not_before) = self.not_before {
            request["ValidityNotBefore"] = json!({"Value": not_before.unix(), "Type": "ABSOLUTE"});
        }
        if let Some(api) = &self.api {
            request["ApiPassthrough"] = json!(api);
        }
        Ok(IssueCertificateRequest::from_json(request.to_string().as_bytes())?)
    }

    fn options(&self) -> IssuanceOptions {
        self.options.iter().fold(IssuanceOptions::default(), |options, switch| match switch {
            Switch::NineBitKeyUsage => options.nine_bit_key_usage(true),
            Switch::OmitRsaParameters => options.omit_rsa_parameters(true),
        })
    }

    fn prepare(&self, certificate: &Certificate) -> Outcome<Prepared> {
        let authority = self.authority(certificate)?;
        let csr = self.csr(&authority, certificate)?;
        let request = self.request(&csr)?;
        let csr = Csr::decode(request.csr())?.assume_proven(&KeyPolicy::default())?;
        let options = self.options();
        Ok(self.preparation(&authority, certificate, &options)?.prepare_proven(&request, &csr)?)
    }

    fn preparation<'a>(
        &self,
        authority: &'a CertificateAuthority,
        certificate: &Certificate,
        options: &'a IssuanceOptions,
    ) -> Outcome<Preparation<'a>> {
        Ok(Preparation {
            authority,
            now: self.issued,
            serial: certificate.serial()?,
            partition: self.partition.as_deref().map(str::parse).transpose()?,
            verifier: &RustCryptoVerifier,
            options,
        })
    }

    /// Rebuilds the certificate; says where it parts from what the service made.
    fn judge(&self, certificate: &Certificate) -> Outcome<()> {
        let is_stand_in = self.authority.key_identifier.is_some();
        match &self.sha256 {
            Some(digest) if is_stand_in && to_hex(&Sha256::digest(&certificate.der)) == *digest => {}
            None if !is_stand_in => {}
            _ => return Err("a digest stands where no signature can be verified, and is the certificate's".into()),
        }
        let prepared = self.prepare(certificate)?;
        let (want, have) = (certificate.tbs()?, prepared.tbs_der());
        if want != have {
            let first = want.iter().zip(have).position(|(a, b)| a != b).unwrap_or(want.len().min(have.len()));
            let (want, have) = (to_hex(want), to_hex(have));
            return Err(format!("the first difference is at octet {first}:\nservice {want}\nrebuilt {have}").into());
        }
        if is_stand_in {
            return Ok(());
        }
        // The service's signature over our octets makes the service's certificate.
        let issued = prepared.finish(certificate.signature()?, &RustCryptoVerifier)?;
        match issued.der() == certificate.der {
            true => Ok(()),
            false => Err("the certificate differs outside of the TBSCertificate".into()),
        }
    }
}

fn to_hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn hex(text: &str) -> Outcome<Vec<u8>> {
    let octet = |at| Ok(u8::from_str_radix(text.get(at..at + 2).ok_or("an octet has two digits")?, 16)?);
    (0..text.len()).step_by(2).map(octet).collect()
}

/// The value of an extension of a certificate, where it has the extension.
fn extension_value<'a>(certificate: &'a Certificate, id: &str) -> Outcome<Option<&'a [u8]>> {
    for extension in elements(element(element(certificate.tbs()?, 7)?, 0)?)? {
        let parts = elements(extension)?;
        if let [name, .., value] = *parts
            && name == oid(id)
        {
            return Ok(Some(AnyRef::from_der(value)?.value()));
        }
    }
    Ok(None)
}

/// The key identifiers of subject and issuer; a root need not have the second.
fn key_identifiers(certificate: &Certificate) -> Outcome<(Vec<u8>, Option<Vec<u8>>)> {
    let own = extension_value(certificate, "2.5.29.14")?.ok_or("no subjectKeyIdentifier")?;
    let issuers = match extension_value(certificate, "2.5.29.35")? {
        Some(value) => Some(AnyRef::from_der(element(value, 0)?)?.value().to_vec()),
        None => None,
    };
    Ok((AnyRef::from_der(own)?.value().to_vec(), issuers))
}

/// The names of all certificates under `tests/data/service`.
fn published() -> BTreeSet<String> {
    let folders = ["", "nitro/", "rds/"].iter().flat_map(|folder| {
        let entries = std::fs::read_dir(files::path(&format!("service/{folder}"))).unwrap();
        entries.map(move |entry| format!("{folder}{}", entry.unwrap().file_name().to_str().unwrap()))
    });
    folders.filter(|name| name.ends_with(".pem")).collect()
}

#[test]
fn every_published_certificate_is_rebuilt() {
    let rows: Vec<Row> = rows().iter().map(|row| Row::read(row).unwrap()).collect();
    let in_rows: BTreeSet<String> = rows.iter().map(|row| row.file.clone()).collect();
    assert_eq!((in_rows.len(), in_rows), (118, published()));
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(format!("{}: {}", row.file, row.judge(&Certificate::read(&row.file)).err()?)))
        .collect();
    assert!(failed.is_empty(), "{} of {} rows:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

/// Every signature that can be verified is: a row has another issuer than the published one in no case.
#[test]
fn rows_name_the_issuer_that_is_published() {
    let certificates: Vec<(String, Certificate)> =
        published().into_iter().map(|name| (name.clone(), Certificate::read(&name))).collect();
    for row in rows().iter().map(|row| Row::read(row).unwrap()) {
        let issued = Certificate::read(&row.file);
        let (name, key) = (element(issued.tbs().unwrap(), 3).unwrap(), key_identifiers(&issued).unwrap().1);
        let is_issuer = |(_, candidate): &&(String, Certificate)| {
            let own = key_identifiers(candidate).unwrap().0;
            let is_named = candidate.subject().unwrap() == name;
            is_named && key.as_ref().map_or(candidate.der == issued.der, |key| *key == own)
        };
        let found = certificates.iter().find(is_issuer).map(|(name, _)| name);
        let stated = if row.is_root() { Some(&row.file) } else { row.authority.certificate.as_ref() };
        assert_eq!(stated, found, "{}", row.file);
        assert_eq!(row.sha256.is_some(), found.is_none(), "{}", row.file);
    }
}

/// The paths of all texts, numbers and truth values below a value, but for names of files.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let counted = members.iter().filter(|(name, _)| !matches!(name.as_str(), "file" | "certificate"));
            counted.for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(position, value)| leaves(value, &format!("{path}/{position}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// The value with one small change, in each way that there is: in a text each character gives way to its neighbour.
fn altered(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![(!value).into()],
        Value::Number(number) => vec![(number.as_i64().unwrap() + 1).into()],
        Value::String(text) => text
            .char_indices()
            .map(|(at, character)| {
                let neighbour = match character {
                    '9' | 'z' | 'Z' => char::from(character as u8 - 1),
                    '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from(character as u8 + 1),
                    _ => 'x',
                };
                format!("{}{neighbour}{}", &text[..at], &text[at + character.len_utf8()..]).into()
            })
            .collect(),
        _ => panic!("{value} is not a leaf"),
    }
}

/// The table has nothing that the certificate does not depend on, and nothing of it is taken from the certificate.
#[test]
fn a_row_with_any_character_changed_rebuilds_nothing() {
    for (row, own) in rows_and_their_own() {
        let certificate = Certificate::read(row["file"].as_str().unwrap());
        let mut paths = Vec::new();
        leaves(&own, "", &mut paths);
        for path in paths {
            for value in altered(row.pointer(&path).unwrap()) {
                let mut changed = row.clone();
                *changed.pointer_mut(&path).unwrap() = value.clone();
                let judged = Row::read(&changed).and_then(|row| row.judge(&certificate));
                assert!(judged.is_err(), "{} is rebuilt with {value} as {path}", row["file"]);
            }
        }
    }
}

/// What is taken from the certificate is held by the issuer's signature or by the digest.
#[test]
fn a_certificate_with_any_octet_changed_is_not_rebuilt() {
    let mut templates = BTreeSet::new();
    let all: Vec<Row> = rows().iter().map(|row| Row::read(row).unwrap()).collect();
    for row in all.iter().filter(|row| templates.insert(&row.template)) {
        let certificate = Certificate::read(&row.file);
        for at in 0..certificate.der.len() {
            let mut changed = Certificate { der: certificate.der.clone() };
            changed.der[at] ^= 1;
            assert!(row.judge(&changed).is_err(), "{} with octet {at} changed", row.file);
        }
    }
}

fn root_base() -> (Row, Certificate) {
    let row = rows().into_iter().find(|row| row["file"] == "root-base.pem").unwrap();
    (Row::read(&row).unwrap(), Certificate::read("root-base.pem"))
}

/// The one CSR of the service that is published proves possession of its key.
#[test]
fn the_request_of_a_root_is_proven() {
    let (row, certificate) = root_base();
    let authority = row.authority(&certificate).unwrap();
    let options = row.options();
    let preparation = row.preparation(&authority, &certificate, &options).unwrap();
    let request = row.request(files::text("service/root-base.csr").as_bytes()).unwrap();
    assert_eq!(preparation.prepare(&request).unwrap().tbs_der(), certificate.tbs().unwrap());
}

/// The request that the service makes for a CA (R-ENC-2: attributes in member order).
#[test]
fn the_request_of_a_root_is_what_the_service_makes() {
    let (row, certificate) = root_base();
    let authority = row.authority(&certificate).unwrap();
    let csr = files::text("service/root-base.csr");
    assert_eq!(authority.certification_request_info(), Csr::decode(csr.as_bytes()).unwrap().info_der());
}
