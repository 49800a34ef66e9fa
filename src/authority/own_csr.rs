//! The certification request of an authority for its own certificate.

use super::ca::CertificateAuthority;
use crate::crypto::signer::Signer;
use crate::error::{AlgorithmMismatch, Error};
use crate::request::encode;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::Oid;
use crate::x509::pem;
use crate::x509::signed::signed;

impl CertificateAuthority {
    /// The `CertificationRequestInfo` of the authority's own request: its subject and key, and critical basicConstraints with
    /// CA true, as the service asks for, then its [`CsrExtensions`](crate::authority::csr_extensions::CsrExtensions). For signers elsewhere; [`CertificateAuthority::assemble_request`] completes it.
    pub fn certification_request_info(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256 + self.public_key_der().len());
        w.sequence(|w| {
            w.primitive(tag::INTEGER, &[0]);
            w.raw(self.subject_der());
            w.raw(self.public_key_der());
            w.nested(tag::context_constructed(0), |w| {
                w.sequence(|w| {
                    w.oid(&Oid::EXTENSION_REQUEST);
                    w.nested(tag::SET, |w| {
                        w.sequence(|w| {
                            w.extension(Oid::BASIC_CONSTRAINTS.by_ref(), true, |w| {
                                encode::basic_constraints(w, true, None);
                            });
                            self.csr_extensions().write(w);
                        });
                    });
                });
            });
        });
        w.into_vec()
    }

    /// The request in PEM from its info and a signature over that.
    pub fn assemble_request(&self, info: &[u8], algorithm: SigningAlgorithm, signature: &[u8]) -> String {
        // A request has the outer form of a certificate: signed octets, algorithm, signature.
        pem::encode("CERTIFICATE REQUEST", &signed(info, algorithm.algorithm_identifier(), signature))
    }

    /// The authority's own certification request in PEM, signed by its key.
    ///
    /// # Errors
    /// When the algorithm does not fit the key, or the signer fails.
    pub fn certificate_signing_request(
        &self,
        signer: &dyn Signer,
        algorithm: SigningAlgorithm,
    ) -> Result<String, Error> {
        AlgorithmMismatch::check(self.key_algorithm(), algorithm)?;
        if signer.public_key_der() != self.public_key_der() {
            return Err(Error::SignerKey);
        }
        let info = self.certification_request_info();
        let signature = signer.sign(algorithm, &info)?;
        Ok(self.assemble_request(&info, algorithm, signature.as_bytes()))
    }
}
