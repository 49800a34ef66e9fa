//! Operations on certificates and certification requests.

use super::message::{operations, readable, responses, writable};
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::request::bounded::{Blob, String128, enum_shapes};
use crate::x509::revocation_reason::RevocationReason;

enum_shapes!(RevocationReason);

readable! {
    /// `GetCertificateAuthorityCsrRequest` of the API. [`Request`](crate::api::Request) has an example.
    GetCertificateAuthorityCsrRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }

    /// `ImportCertificateAuthorityCertificateRequest` of the API. [`Request`](crate::api::Request) has an example.
    ImportCertificateAuthorityCertificateRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Its certificate: 1 to 32768 bytes.
        certificate: required Blob<1, 32768> = "Certificate",
        /// The certificates above it, from its issuer up to the root: up to 2097152 bytes.
        certificate_chain: optional Blob<0, 2097152> = "CertificateChain",
    }

    /// `GetCertificateAuthorityCertificateRequest` of the API. [`Request`](crate::api::Request) has an example.
    GetCertificateAuthorityCertificateRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }

    /// `GetCertificateRequest` of the API. [`Request`](crate::api::Request) has an example.
    GetCertificateRequest {
        /// The authority that issued it.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// The certificate.
        certificate_arn: required CertificateArn = "CertificateArn",
    }

    /// `RevokeCertificateRequest` of the API. [`Request`](crate::api::Request) has an example.
    RevokeCertificateRequest {
        /// The authority that issued it.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Its serial number, hexadecimal; see [`SerialNumber::from_hex`](crate::x509::serial::SerialNumber::from_hex).
        certificate_serial: required String128 = "CertificateSerial",
        /// Why.
        revocation_reason: required RevocationReason = "RevocationReason",
    }
}

writable! {
    /// `GetCertificateAuthorityCsrResponse` of the API. [`Request`](crate::api::Request) has an example.
    GetCertificateAuthorityCsrResponse {
        /// The certification request in PEM.
        csr: Option<String> = "Csr",
    }

    /// `GetCertificateResponse` and `GetCertificateAuthorityCertificateResponse` of the API, which are alike.
    /// [`Request`](crate::api::Request) has an example.
    GetCertificateResponse {
        /// The certificate in PEM.
        certificate: Option<String> = "Certificate",
        /// The certificates above it in PEM, from its issuer up to the root; absent for a root's own.
        certificate_chain: Option<String> = "CertificateChain",
    }
}

operations! {
    GetCertificateAuthorityCsrRequest(certificate_authority_arn): GetCertificateAuthorityCsr => GetCertificateAuthorityCsrResponse;
    ImportCertificateAuthorityCertificateRequest(certificate_authority_arn): ImportCertificateAuthorityCertificate => ();
    GetCertificateAuthorityCertificateRequest(certificate_authority_arn): GetCertificateAuthorityCertificate => GetCertificateResponse;
    GetCertificateRequest(certificate_authority_arn): GetCertificate => GetCertificateResponse;
    RevokeCertificateRequest(certificate_authority_arn): RevokeCertificate => ();
}
responses! { GetCertificateAuthorityCsrResponse GetCertificateResponse }
