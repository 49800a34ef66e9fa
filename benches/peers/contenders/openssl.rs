//! The openssl crate over the system's libcrypto.

use std::sync::LazyLock;

use ::openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use ::openssl::bn::{BigNum, BigNumContext};
use ::openssl::ec::{EcGroup, EcKey, EcPoint};
use ::openssl::ecdsa::EcdsaSig;
use ::openssl::error::ErrorStack;
use ::openssl::hash::MessageDigest;
use ::openssl::nid::Nid;
use ::openssl::pkey::{PKey, Private};
use ::openssl::rsa::Rsa;
use ::openssl::sha::sha256;
use ::openssl::sign::{Signer, Verifier};
use ::openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use ::openssl::x509::{X509, X509Extension, X509Req};
use der::Encode;
use issuance::SigningAlgorithm;
use issuance_benches::bare::Bare;
use issuance_benches::work::{Contender, Work};

use super::{crl_distribution_points, serial};

const BACKEND: &str = "OpenSSL";

/// The fastest ways that the crate has: for ECDSA around OpenSSL's providers.
pub fn bare(work: &Work) -> Bare {
    static GROUP: LazyLock<EcGroup> = LazyLock::new(|| EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap());
    let key = private_key(work);
    match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => {
            let key = key.ec_key().unwrap();
            Bare {
                backend: BACKEND,
                verify: |key, message, signature| {
                    let point = EcPoint::from_bytes(&GROUP, key, &mut BigNumContext::new().unwrap()).unwrap();
                    let key = EcKey::from_public_key(&GROUP, &point).unwrap();
                    let signature = EcdsaSig::from_der(signature).unwrap();
                    signature.verify(&sha256(message), &key).unwrap_or(false)
                },
                sign: Box::new(move |message| EcdsaSig::sign(&sha256(message), &key).unwrap().to_der().unwrap()),
            }
        }
        _ => Bare {
            backend: BACKEND,
            verify: |key, message, signature| {
                let key = PKey::from_rsa(Rsa::public_key_from_der_pkcs1(key).unwrap()).unwrap();
                let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
                verifier.verify_oneshot(signature, message).unwrap_or(false)
            },
            sign: Box::new(move |message| {
                let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
                signer.sign_oneshot_to_vec(message).unwrap()
            }),
        },
    }
}

fn private_key(work: &Work) -> PKey<Private> {
    PKey::private_key_from_pem(work.key.as_bytes()).unwrap()
}

pub fn contender(work: &Work) -> Contender {
    let ca = X509::from_der(&work.ca_der).unwrap();
    let key = private_key(work);
    let not_before = Asn1Time::from_unix(work.not_before).unwrap();
    let not_after = Asn1Time::from_unix(work.not_after).unwrap();
    // The crate has no builder for this extension, so it is ready.
    let crl_oid = Asn1Object::from_str("2.5.29.31").unwrap();
    let crl = Asn1OctetString::new_from_bytes(&crl_distribution_points().to_der().unwrap()).unwrap();
    let issue = move |csr: &[u8]| -> Result<Option<Vec<u8>>, ErrorStack> {
        let csr = X509Req::from_der(csr)?;
        let public_key = csr.public_key()?;
        if !csr.verify(&public_key)? {
            return Ok(None);
        }
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        builder.set_serial_number(&*Asn1Integer::from_bn(&*BigNum::from_slice(&serial())?)?)?;
        builder.set_not_before(&not_before)?;
        builder.set_not_after(&not_after)?;
        builder.set_subject_name(csr.subject_name())?;
        builder.set_issuer_name(ca.subject_name())?;
        builder.set_pubkey(&public_key)?;
        builder.append_extension(BasicConstraints::new().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().key_encipherment().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().client_auth().build()?)?;
        let context = builder.x509v3_context(Some(&ca), None);
        let key_identifier = SubjectKeyIdentifier::new().build(&context)?;
        let authority_key_identifier = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        builder.append_extension(key_identifier)?;
        builder.append_extension(authority_key_identifier)?;
        builder.append_extension(X509Extension::new_from_der(&crl_oid, false, &crl)?)?;
        // The subject alternative names: the only extension that the CSR asks for.
        for extension in csr.extensions()? {
            builder.append_extension(extension)?;
        }
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Some(builder.build().to_der()?))
    };
    Contender {
        library: "openssl",
        backend: BACKEND,
        issue: Box::new(move |input, take| {
            let certificate = issue(&input.csr).map_err(|error| error.to_string())?;
            take(&certificate.ok_or("the CSR's signature is not its key's")?);
            Ok(())
        }),
    }
}
