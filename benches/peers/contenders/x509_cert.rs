//! x509-cert's builder. It does not verify CSRs: the backend does, over the encoded CertificationRequestInfo.

use std::time::Duration;

use ::x509_cert::builder::profile::BuilderProfile;
use ::x509_cert::builder::{self, Builder, CertificateBuilder};
use ::x509_cert::certificate::{Certificate, TbsCertificate};
use ::x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use ::x509_cert::ext::{Extension, ToExtension};
use ::x509_cert::name::Name;
use ::x509_cert::request::{CertReq, ExtensionReq};
use ::x509_cert::serial_number::SerialNumber;
use ::x509_cert::spki::{
    self, AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SignatureBitStringEncoding, SubjectPublicKeyInfoRef,
};
use ::x509_cert::time::{Time, Validity};
use der::asn1::{BitString, OctetString, UtcTime};
use der::oid::AssociatedOid;
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::{Decode, Encode};
use issuance::SigningAlgorithm;
use issuance_benches::bare::{self, Bare};
use issuance_benches::work::{AWS_LC, Contender, RUST_CRYPTO, Work};
use p256::pkcs8::DecodePrivateKey;
use sha1::{Digest, Sha1};
use signature::{Keypair, Signer};

use super::{crl_distribution_points, serial};

pub fn contenders(work: &Work) -> [Contender; 2] {
    let rust_crypto = match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => {
            let key = p256::ecdsa::SigningKey::from_pkcs8_pem(work.key).unwrap();
            contender::<_, p256::ecdsa::DerSignature>(work, RUST_CRYPTO, bare::rust_crypto(work), key)
        }
        _ => {
            let key = rsa::PrivateKey::from_pkcs8_pem(work.key).unwrap();
            let key = rsa::pkcs1v15::SigningKey::<sha2::Sha256>::new(key);
            contender::<_, rsa::pkcs1v15::Signature>(work, RUST_CRYPTO, bare::rust_crypto(work), key)
        }
    };
    [contender::<_, Octets>(work, AWS_LC, bare::aws_lc(work), AwsLc::new(work)), rust_crypto]
}

fn contender<S, Signature>(work: &Work, backend: &'static str, bare: Bare, signer: S) -> Contender
where
    S: Signer<Signature> + Keypair<VerifyingKey: EncodePublicKey> + DynSignatureAlgorithmIdentifier + 'static,
    Signature: SignatureBitStringEncoding,
{
    let verify = bare.verify;
    let ca = Certificate::from_der(&work.ca_der).unwrap();
    let (_, ca_key_identifier) = ca.tbs_certificate().get_extension::<SubjectKeyIdentifier>().unwrap().unwrap();
    let issuer = ca.tbs_certificate().subject().clone();
    let time = |unix: i64| Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(unix as u64)).unwrap());
    let validity = Validity::new(time(work.not_before), time(work.not_after));
    let authority_key_identifier =
        AuthorityKeyIdentifier { key_identifier: Some(ca_key_identifier.0), ..AuthorityKeyIdentifier::default() };
    let crl_distribution_points = crl_distribution_points();
    let issue = move |csr: &[u8]| -> builder::Result<Vec<u8>> {
        let csr = CertReq::from_der(csr)?;
        let key = csr.info.public_key.subject_public_key.raw_bytes();
        if !verify(key, &csr.info.to_der()?, csr.signature.raw_bytes()) {
            return Err(signature::Error::new().into());
        }
        let profile = Leaf {
            issuer: &issuer,
            subject: csr.info.subject.clone(),
            names: names(&csr)?,
            authority_key_identifier: &authority_key_identifier,
            crl_distribution_points: &crl_distribution_points,
        };
        let serial = SerialNumber::new(&serial())?;
        let builder = CertificateBuilder::new(profile, serial, validity, csr.info.public_key)?;
        Ok(builder.build::<S, Signature>(&signer)?.to_der()?)
    };
    Contender {
        library: "x509-cert",
        backend,
        issue: Box::new(move |input, take| {
            take(&issue(&input.csr).map_err(|error| error.to_string())?);
            Ok(())
        }),
    }
}

/// The subject alternative names that the CSR asks for.
fn names(csr: &CertReq) -> builder::Result<SubjectAltName> {
    for attribute in csr.info.attributes.iter().filter(|attribute| attribute.oid == ExtensionReq::OID) {
        for value in attribute.values.iter() {
            let extensions: ExtensionReq = value.decode_as()?;
            if let Some(extension) = extensions.0.iter().find(|extension| extension.extn_id == SubjectAltName::OID) {
                return Ok(SubjectAltName::from_der(extension.extn_value.as_bytes())?);
            }
        }
    }
    Err(builder::Error::MissingAttributes)
}

struct Leaf<'a> {
    issuer: &'a Name,
    subject: Name,
    names: SubjectAltName,
    authority_key_identifier: &'a AuthorityKeyIdentifier,
    crl_distribution_points: &'a CrlDistributionPoints,
}

impl BuilderProfile for Leaf<'_> {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let subject = tbs.subject();
        let key_identifier = OctetString::new(Sha1::digest(key.subject_public_key.raw_bytes()).as_slice())?;
        let key_usage = KeyUsage(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment);
        let purposes = ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]);
        Ok(vec![
            (false, &BasicConstraints { ca: false, path_len_constraint: None }).to_extension(subject, &[])?,
            (false, self.authority_key_identifier).to_extension(subject, &[])?,
            (false, &SubjectKeyIdentifier(key_identifier)).to_extension(subject, &[])?,
            (true, &key_usage).to_extension(subject, &[])?,
            (false, &purposes).to_extension(subject, &[])?,
            (false, self.crl_distribution_points).to_extension(subject, &[])?,
            (false, &self.names).to_extension(subject, &[])?,
        ])
    }
}

/// A key of AWS-LC as the builder wants its signers.
struct AwsLc {
    key: Bare,
    public_key: PublicKey,
    algorithm: AlgorithmIdentifierOwned,
}

#[derive(Clone)]
struct PublicKey(Document);

/// A signature as it stands in the certificate.
struct Octets(Vec<u8>);

impl AwsLc {
    fn new(work: &Work) -> AwsLc {
        let ca = Certificate::from_der(&work.ca_der).unwrap();
        let public_key = work.authority.public_key_der();
        AwsLc {
            key: bare::aws_lc(work),
            public_key: PublicKey(Document::try_from(public_key).unwrap()),
            // It has signed itself.
            algorithm: ca.signature_algorithm().clone(),
        }
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(self.0.clone())
    }
}

impl Keypair for AwsLc {
    type VerifyingKey = PublicKey;

    fn verifying_key(&self) -> PublicKey {
        self.public_key.clone()
    }
}

impl DynSignatureAlgorithmIdentifier for AwsLc {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.algorithm.clone())
    }
}

impl Signer<Octets> for AwsLc {
    fn try_sign(&self, message: &[u8]) -> signature::Result<Octets> {
        Ok(Octets((self.key.sign)(message)))
    }
}

impl SignatureBitStringEncoding for Octets {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}
