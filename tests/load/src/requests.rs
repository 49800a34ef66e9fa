//! The requests that are sent.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

pub(crate) const CSR: &[u8] = include_bytes!("../../../examples/data/www.example.com.csr");

/// An authority of the library's, for what is measured without the service.
pub(crate) const ARN: &str =
    "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

/// What signs: the algorithm of an authority's key, and of its signatures.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) key: &'static str,
    pub(crate) signing: &'static str,
}

pub(crate) const P256: Kind = Kind { key: "EC_prime256v1", signing: "SHA256WITHECDSA" };
pub(crate) const RSA_4096: Kind = Kind { key: "RSA_4096", signing: "SHA256WITHRSA" };

pub(crate) fn creation(kind: Kind, token: &str) -> Value {
    json!({
        "CertificateAuthorityType": "ROOT",
        "IdempotencyToken": token,
        "RevocationConfiguration": {
            "CrlConfiguration": { "Enabled": true, "ExpirationInDays": 7, "S3BucketName": "bucket" },
        },
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": kind.key, "SigningAlgorithm": kind.signing, "Subject": { "CommonName": token },
        },
    })
}

pub(crate) fn issuance(authority: &str, csr: &[u8], kind: Kind, template: &str, years: i64) -> Value {
    json!({
        "CertificateAuthorityArn": authority,
        "Csr": BASE64_STANDARD.encode(csr),
        "SigningAlgorithm": kind.signing,
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": { "Value": years, "Type": "YEARS" },
    })
}

/// An end entity's certificate for a year.
pub(crate) fn leaf(authority: &str, kind: Kind) -> Value {
    issuance(authority, CSR, kind, "EndEntityCertificate", 1)
}

pub(crate) fn base64(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}
