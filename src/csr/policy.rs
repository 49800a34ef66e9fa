//! What is judged when a certification request is decoded.

/// How much of a certification request is judged before anything is known of the certificate (R-CSR-2, our decision).
///
/// The frame is strict DER in either case: CertificationRequest, its version, the subject as one SEQUENCE,
/// SubjectPublicKeyInfo, signature algorithm and value. Limits hold in either case, too.
/// [`Csr::decode_with`](crate::csr::certification_request::Csr::decode_with) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CsrPolicy {
    /// What stands inside the subject, the attributes and the extensions is judged if it would reach the certificate, and listed
    /// as not used otherwise. Much software writes requests with faults in parts that a template replaces or ignores.
    #[default]
    Lenient,
    /// Everything is judged at once, needed or not: names, attributes, extensions and subjectAltName must be strict DER, with
    /// arcs of at most 32 bits in their identifiers.
    Strict,
}
