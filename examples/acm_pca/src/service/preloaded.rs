//! Authorities that are there from the start, from files of their certificate, chain and key, and the way back to that start.

use std::path::Path;
use std::sync::Arc;

use issuance::api::{CreateCertificateAuthorityRequest, Format, Request};
use issuance::authority::{CertificateAuthorityType, ImportPolicy};
use issuance::ledger::LedgerError;
use issuance::{CertificateAuthority, CertificateAuthorityArn, RustCryptoSigner, Signer};
use serde_json::{Map, Value, json};

use super::Service;
use super::ceremony::made;
use crate::keys::{NewKey, verifier};
use crate::store::{Making, Record};

/// What the API calls the types of attributes.
const NAMES: [(&str, &str); 14] = [
    ("2.5.4.3", "CommonName"),
    ("2.5.4.4", "Surname"),
    ("2.5.4.5", "SerialNumber"),
    ("2.5.4.6", "Country"),
    ("2.5.4.7", "Locality"),
    ("2.5.4.8", "State"),
    ("2.5.4.10", "Organization"),
    ("2.5.4.11", "OrganizationalUnit"),
    ("2.5.4.12", "Title"),
    ("2.5.4.42", "GivenName"),
    ("2.5.4.43", "Initials"),
    ("2.5.4.44", "GenerationQualifier"),
    ("2.5.4.46", "DistinguishedNameQualifier"),
    ("2.5.4.65", "Pseudonym"),
];

/// An authority as its files have it.
pub(crate) struct Preloaded {
    authority: CertificateAuthority,
    key: Arc<dyn Signer>,
    /// What would have made it.
    request: Arc<CreateCertificateAuthorityRequest>,
    csr: String,
}

impl Preloaded {
    /// Reads `ARN=certificate,chain,key`: paths of PEM files. A root has no chain, and nothing between the commas.
    pub(crate) fn from_files(text: &str) -> Result<Preloaded, String> {
        let wrong =
            || format!("'{text}' must be ARN=CERTIFICATE,CHAIN,KEY with paths of PEM files; the chain may be empty");
        let (arn, files) = text.split_once('=').ok_or_else(wrong)?;
        let arn: CertificateAuthorityArn = arn.parse().map_err(|error| format!("'{arn}': {error}"))?;
        let [certificate, chain, key] = files.split(',').collect::<Vec<_>>()[..] else { return Err(wrong()) };
        let read = |path: &str| {
            std::fs::read_to_string(Path::new(path)).map_err(|error| format!("{}: {error}", path.escape_default()))
        };
        let chain = if chain.is_empty() { String::new() } else { read(chain)? };
        let key = RustCryptoSigner::from_pem(&read(key)?).map_err(|error| format!("{key}: {error}"))?;
        Preloaded::new(arn, &read(certificate)?, &chain, key).map_err(|problem| format!("{certificate}: {problem}"))
    }

    fn new(
        arn: CertificateAuthorityArn,
        certificate: &str,
        chain: &str,
        key: RustCryptoSigner,
    ) -> Result<Preloaded, String> {
        let authority =
            CertificateAuthority::from_certificate_with(certificate, chain, &verifier(), &ImportPolicy::default())
                .map_err(|error| error.to_string())?;
        let authority = authority.with_arn(arn).map_err(|error| error.to_string())?;
        if key.public_key_der() != authority.public_key_der() {
            return Err("the key is that of another certificate".to_owned());
        }
        let algorithm = authority.key_algorithm().default_signing_algorithm();
        let csr = authority.certificate_signing_request(&key, algorithm).map_err(|error| error.to_string())?;
        let request = request(&authority)?;
        Ok(Preloaded { authority, key: Arc::new(key), request: Arc::new(request), csr })
    }
}

/// The request that would have made an authority.
fn request(authority: &CertificateAuthority) -> Result<CreateCertificateAuthorityRequest, String> {
    let attributes: Vec<(String, String)> = authority
        .subject()
        .attributes()
        .filter_map(|attribute| Some((attribute.oid().to_string(), attribute.text()?.into_owned())))
        .collect();
    let mut named = Map::new();
    for (oid, text) in &attributes {
        let name = NAMES.iter().find(|(known, _)| known == oid).map(|(_, name)| *name);
        // What has no name, or stands twice, makes all of them custom ones: the API does not mix them.
        if name.is_none_or(|name| named.insert(name.to_owned(), json!(text)).is_some()) {
            named.clear();
            break;
        }
    }
    let custom = || {
        let attribute = |(oid, text): &(String, String)| json!({ "ObjectIdentifier": oid, "Value": text });
        json!({ "CustomAttributes": attributes.iter().map(attribute).collect::<Vec<_>>() })
    };
    let with = |subject: Value| {
        let authority_type = match authority.authority_type() {
            CertificateAuthorityType::Root => "ROOT",
            _ => "SUBORDINATE",
        };
        let body = json!({
            "CertificateAuthorityType": authority_type,
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": authority.key_algorithm().as_str(),
                "SigningAlgorithm": authority.key_algorithm().default_signing_algorithm().as_str(),
                "Subject": subject,
            },
        });
        CreateCertificateAuthorityRequest::decode(Format::Json, body.to_string().as_bytes())
    };
    let named = if named.is_empty() { custom() } else { Value::Object(named) };
    with(named).or_else(|_| with(custom())).or_else(|_| with(json!({}))).map_err(|error| error.to_string())
}

impl Service {
    /// Adds the authorities that are there from the start.
    pub(crate) fn preload(&self) -> Result<(), String> {
        for preloaded in &self.options.authorities {
            let Preloaded { authority, key, request, csr } = preloaded;
            let arn = authority.arn().clone();
            let key = NewKey { signer: Arc::clone(key), kept_as: None };
            let kept = self.store.kept(&arn, key, csr.clone());
            let made = made(authority.clone(), kept, &self.options, &self.clock).map_err(|error| error.to_string())?;
            let now = self.clock.now();
            let failed = |error: LedgerError| error.to_string();
            self.store.remove(&arn).map_err(failed)?;
            let added = self.store.add(
                Record {
                    arn,
                    request: Arc::clone(request),
                    created_at: now,
                    last_state_change_at: now,
                    making: Making::Made(Arc::new(made)),
                    restorable_until: None,
                    tags: Vec::new(),
                    permissions: Vec::new(),
                    policy: None,
                    reports: Vec::new(),
                },
                &|_| false,
            );
            added.map_err(failed)?;
        }
        Ok(())
    }

    /// Forgets everything since the start.
    pub(crate) fn reset(&self) -> Result<(), String> {
        let failed = |error: LedgerError| error.to_string();
        for record in self.store.records().map_err(failed)? {
            self.store.remove(&record.arn).map_err(failed)?;
        }
        self.preload()
    }
}
