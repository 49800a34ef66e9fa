//! An import has one outcome, whatever backend verifies (R-CA-6).

use issuance::authority::CertificateAuthorityType;
use issuance::{CertificateAuthority, Error};
use issuance_test_support::imports;

use crate::backends;

#[test]
fn foreign_parents_have_one_answer_from_every_backend() {
    const ARN: &str =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
    for case in imports::imports() {
        for backend in backends() {
            let authority_type = CertificateAuthorityType::of_certificate(&case.certificate);
            let authority_type = authority_type.unwrap_or(CertificateAuthorityType::Subordinate);
            let outcome = CertificateAuthority::builder(ARN.parse().unwrap(), authority_type).build_from_certificate(
                &case.certificate,
                &case.chain,
                backend.verifier,
            );
            let refusal = outcome.err().map(|error| match error {
                Error::Import(error) => (error.to_string(), error.input()),
                other => panic!("{}: {other}", case.about),
            });
            let expected = case.refusal.map(|(text, input)| (text.to_owned(), Some(input)));
            assert_eq!(refusal, expected, "{} by {}", case.about, backend.name);
        }
    }
}
