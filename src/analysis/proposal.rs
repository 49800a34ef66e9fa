//! A request that is thought up: what its CSR says, and what the API says.

use std::fmt;

use crate::crypto::signer::{SignError, Signer};
use crate::policy::text::KeyPattern;
use crate::request::arn::CertificateAuthorityArn;
use crate::request::extensions::CustomExtension;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::request::subject::Subject;
use crate::request::template_reference::TemplateReference;
use crate::request::validity::Validity;
use crate::request::violation::RequestError;
use crate::template::definition::TemplateKind;
use crate::x509::algorithm::facts::{ED25519_KEY_BYTES, ID_ED25519, ID_RSA_ENCRYPTION};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::extension::label;
use crate::x509::name::NameText;
use crate::x509::name::general::DecodedName;
use crate::x509::oid::Oid;
use crate::x509::public_key::{PublicKey, modulus_bits};
use crate::x509::signed::signed;
use crate::x509::timestamp::Timestamp;

/// The key of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// Any key of a kind; of RSA with a modulus of so many bits.
    Rsa(usize),
    Named(KeyAlgorithm),
    Ed25519,
    /// This very key.
    Own(Vec<u8>),
}

impl Key {
    /// The SubjectPublicKeyInfo of such a key; not of one that anybody has.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let (algorithm, curve, key) = match self {
            Key::Own(spki) => return spki.clone(),
            Key::Rsa(bits) => (ID_RSA_ENCRYPTION, None, rsa_key(*bits)),
            Key::Ed25519 => (ID_ED25519, None, vec![0; ED25519_KEY_BYTES]),
            Key::Named(named) => match (named.modulus_bits(), named.coordinate_bytes(), named.ml_dsa_key_bytes()) {
                (Some(bits), _, _) => (named.oid(), None, rsa_key(bits)),
                (_, Some(bytes), _) => (named.oid(), named.curve(), [vec![4], vec![0x11; 2 * bytes]].concat()),
                (_, _, bytes) => (named.oid(), None, vec![0; bytes.unwrap_or_default()]),
            },
        };
        let mut w = Writer::with_capacity(64 + key.len());
        w.sequence(|w| {
            w.sequence(|w| {
                w.primitive(tag::OID, algorithm.as_bytes());
                if let Some(curve) = curve {
                    w.primitive(tag::OID, curve.as_bytes());
                }
                if algorithm == ID_RSA_ENCRYPTION {
                    w.primitive(tag::NULL, &[]);
                }
            });
            w.bit_string(&key);
        });
        w.into_vec()
    }

    fn pattern(&self) -> Option<KeyPattern> {
        match self {
            Key::Rsa(bits) => Some(KeyPattern::Rsa(*bits, *bits)),
            Key::Named(named) => Some(match named.modulus_bits() {
                Some(bits) => KeyPattern::Rsa(bits, bits),
                None => KeyPattern::Named(*named),
            }),
            Key::Ed25519 => Some(KeyPattern::Ed25519),
            Key::Own(spki) => match PublicKey::from_der(spki).ok()? {
                PublicKey::Rsa { modulus, .. } => {
                    let bits = modulus_bits(modulus);
                    Some(KeyPattern::Rsa(bits, bits))
                }
                PublicKey::Ec(named) | PublicKey::MlDsa(named) => Some(KeyPattern::Named(named)),
                PublicKey::Ed25519 => Some(KeyPattern::Ed25519),
            },
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.pattern()) {
            (Key::Own(_), Some(pattern)) => write!(f, "the authority's own ({pattern})"),
            (_, Some(pattern)) => pattern.fmt(f),
            (_, None) => f.write_str("the authority's own"),
        }
    }
}

/// A modulus of so many bits, and the usual exponent.
fn rsa_key(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0; bits.div_ceil(8)];
    if let Some(first) = modulus.first_mut() {
        *first = 1 << ((bits + 7) % 8);
    }
    if let Some(last) = modulus.last_mut() {
        *last |= 1;
    }
    let mut w = Writer::with_capacity(modulus.len() + 16);
    w.sequence(|w| {
        w.positive_integer(&modulus);
        w.positive_integer(&[1, 0, 1]);
    });
    w.into_vec()
}

/// An extension that a request gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenExtension {
    pub(crate) oid: Oid,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

/// Everything that a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// A Name in DER.
    pub(crate) subject: Vec<u8>,
    /// Elements of a GeneralNames.
    pub(crate) names: Vec<Vec<u8>>,
    pub(crate) names_critical: bool,
    pub(crate) extensions: Vec<GivenExtension>,
    /// One that stands in the CSR alone.
    pub(crate) csr_extension: Option<GivenExtension>,
    /// A subject of this commonName in the API, beside that of the CSR.
    pub(crate) api_common_name: Option<String>,
    pub(crate) key: Key,
    pub(crate) signing_algorithm: SigningAlgorithm,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Timestamp,
}

/// By which ways extensions are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ways {
    /// The one that a template of the kind takes.
    Of(TemplateKind),
    /// Both, so that every template that takes any takes them.
    Both,
}

impl Ways {
    fn by_csr(self) -> bool {
        match self {
            Ways::Both => true,
            Ways::Of(kind) => kind.takes_csr() && !kind.takes_api(),
        }
    }

    fn by_api(self) -> bool {
        match self {
            Ways::Both => true,
            Ways::Of(kind) => kind.takes_api(),
        }
    }
}

impl Proposal {
    /// The alternative names as the value of their extension.
    pub(crate) fn names_der(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64);
        w.sequence(|w| self.names.iter().for_each(|name| w.raw(name)));
        w.into_vec()
    }

    /// The `CertificationRequestInfo` for a key.
    pub(crate) fn info(&self, spki: &[u8], ways: Ways) -> Vec<u8> {
        let extensions: &[GivenExtension] = if ways.by_csr() { &self.extensions } else { &[] };
        let extensions: Vec<&GivenExtension> = extensions.iter().chain(&self.csr_extension).collect();
        let mut w = Writer::with_capacity(512);
        w.sequence(|w| {
            w.primitive(tag::INTEGER, &[0]);
            w.raw(&self.subject);
            w.raw(spki);
            w.nested(tag::context_constructed(0), |w| {
                if self.names.is_empty() && extensions.is_empty() {
                    return;
                }
                w.sequence(|w| {
                    w.oid(&Oid::EXTENSION_REQUEST);
                    w.nested(tag::SET, |w| {
                        w.sequence(|w| {
                            if !self.names.is_empty() {
                                let names = self.names_der();
                                w.extension(Oid::SUBJECT_ALT_NAME.by_ref(), self.names_critical, |w| w.raw(&names));
                            }
                            for extension in extensions {
                                w.extension(extension.oid.by_ref(), extension.critical, |w| w.raw(&extension.value));
                            }
                        });
                    });
                });
            });
        });
        w.into_vec()
    }

    /// The request around a CSR.
    pub(crate) fn request(
        &self,
        authority: &CertificateAuthorityArn,
        template: impl Into<TemplateReference>,
        csr: &[u8],
        ways: Ways,
    ) -> Result<IssueCertificateRequest, RequestError> {
        let mut request = IssueCertificateRequest::builder()
            .certificate_authority_arn(authority.clone())
            .template(template)
            .csr(csr)
            .signing_algorithm(self.signing_algorithm)
            .validity(Validity::until(self.not_after))
            .validity_not_before(self.not_before.map(Validity::until));
        if let Some(common_name) = &self.api_common_name {
            request = request.subject(Subject::builder().common_name(common_name.as_str()));
        }
        if ways.by_api() {
            for GivenExtension { oid, critical, value } in &self.extensions {
                request = request.custom_extension(CustomExtension::new(*oid, value.as_slice(), *critical));
            }
        }
        request.build()
    }
}

/// A request in parts, for a key that its sender has.
///
/// The parts are those of the certificate that it would become. `Display` lists them.
/// [`analyse`](super::analyse::analyse) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    pub(crate) proposal: Proposal,
    pub(crate) authority: CertificateAuthorityArn,
    pub(crate) template: TemplateReference,
    pub(crate) ways: Ways,
}

/// Why a witness cannot become a request. [`analyse`](super::analyse::analyse) has an example.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The key is of another kind than the witness asks for.
    #[error("the request needs a key of the kind {0}")]
    Key(String),
    /// The signer did not sign the certification request.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The request breaks the API model.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl Witness {
    /// The kind of key that the request is for, as policies name it: `EC_prime256v1`, `RSA_3072`.
    pub fn key(&self) -> String {
        self.proposal.key.to_string()
    }

    /// The API's name of the kind of key, if it has one.
    pub fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        KeyAlgorithm::from_public_key_der(&self.proposal.key.spki())
    }

    /// The subject, a `Name` in DER.
    pub fn subject_der(&self) -> &[u8] {
        &self.proposal.subject
    }

    /// The alternative names as text, such as `DNS:www.example.com`.
    pub fn names(&self) -> Vec<String> {
        self.proposal.names.iter().map(|name| shown(name)).collect()
    }

    /// The beginning and the end of the validity; by default it begins an hour before issuance.
    pub fn validity(&self) -> (Option<Timestamp>, Timestamp) {
        (self.proposal.not_before, self.proposal.not_after)
    }

    /// The same request for another template.
    #[must_use]
    pub fn under(&self, template: impl Into<TemplateReference>) -> Witness {
        Witness { template: template.into(), ..self.clone() }
    }

    /// The `CertificationRequestInfo` for a key, to be signed by it.
    ///
    /// # Errors
    /// [`WitnessError::Key`] if the key is of another kind.
    pub fn certification_request_info(&self, public_key_der: &[u8]) -> Result<Vec<u8>, WitnessError> {
        let fits = match &self.proposal.key {
            Key::Own(spki) => spki == public_key_der,
            key => PublicKey::from_der(public_key_der)
                .is_ok_and(|public| key.pattern().is_some_and(|pattern| pattern.covers(&public))),
        };
        if fits { Ok(self.proposal.info(public_key_der, self.ways)) } else { Err(WitnessError::Key(self.key())) }
    }

    /// The request with a certification request, which is that of [`Witness::certification_request_info`] with its signature.
    ///
    /// # Errors
    /// [`WitnessError::Request`] for one that the API does not take.
    pub fn request(&self, csr: &[u8]) -> Result<IssueCertificateRequest, WitnessError> {
        Ok(self.proposal.request(&self.authority, self.template.clone(), csr, self.ways)?)
    }

    /// The request with a certification request by the key of a signer.
    ///
    /// # Errors
    /// [`WitnessError`], also for keys that no [`SigningAlgorithm`] is for.
    pub fn request_by(&self, signer: &dyn Signer) -> Result<IssueCertificateRequest, WitnessError> {
        let info = self.certification_request_info(signer.public_key_der())?;
        let algorithm = match PublicKey::from_der(signer.public_key_der()) {
            Ok(PublicKey::Ec(key) | PublicKey::MlDsa(key)) => key.default_signing_algorithm(),
            Ok(PublicKey::Rsa { .. }) => SigningAlgorithm::Sha256WithRsa,
            _ => return Err(WitnessError::Key(self.key())),
        };
        let signature = signer.sign(algorithm, &info)?;
        self.request(&signed(&info, algorithm.algorithm_identifier(), signature.as_bytes()))
    }
}

/// A general name as text.
pub(crate) fn shown(name: &[u8]) -> String {
    let decoded = Reader::new(name).any().and_then(|tlv| DecodedName::from_tlv(&tlv));
    decoded.map(|name| name.to_string()).unwrap_or_default()
}

/// The parts of a proposal, each with its text.
pub(crate) fn parts(proposal: &Proposal) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut part = |name: &str, text: String| parts.push((name.to_owned(), text));
    let subject = NameText(&proposal.subject).to_string();
    part("subject", if subject.is_empty() { "empty".to_owned() } else { subject });
    if !proposal.names.is_empty() {
        let names: Vec<String> = proposal.names.iter().map(|name| shown(name)).collect();
        let critical = if proposal.names_critical { " (critical)" } else { "" };
        part("subjectAltName", format!("{}{critical}", names.join(", ")));
    }
    if let Some(common_name) = &proposal.api_common_name {
        part("apiPassthrough.subject", format!("CN={common_name}"));
    }
    let text = |GivenExtension { oid, critical, value }: &GivenExtension| {
        let critical = if *critical { " (critical)" } else { "" };
        format!("{}{critical}", crate::x509::describe::describe_extension(oid, value))
    };
    for extension in &proposal.extensions {
        part(&label(&extension.oid), text(extension));
    }
    if let Some(extension) = &proposal.csr_extension {
        part("csr.extensionRequest", format!("{} {}", label(&extension.oid), text(extension)));
    }
    part("key", proposal.key.to_string());
    part("signingAlgorithm", proposal.signing_algorithm.to_string());
    if let Some(not_before) = proposal.not_before {
        part("notBefore", not_before.to_string());
    }
    part("notAfter", proposal.not_after.to_string());
    parts
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, text)) in parts(&self.proposal).into_iter().enumerate() {
            write!(f, "{}{name}: {text}", if position == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
