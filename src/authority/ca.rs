//! Certificate authorities: key, state, certificate and chain, and what they put into every certificate.

use std::sync::{Arc, OnceLock};

use crate::authority::ca_certificate::CaCertificate;
use crate::authority::csr_extensions::CsrExtensions;
use crate::authority::error::AuthorityError;
use crate::authority::import_policy::ImportPolicy;
use crate::authority::revocation::RevocationConfiguration;
use crate::authority::revocation::partition::CrlPartition;
use crate::authority::revocation::partition::{DistributionPoints, default_partitions};
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, SerialFormat};
use crate::request::encode;
use crate::request::subject::Subject;
use crate::x509::algorithm::{KeyAlgorithm, api_enum};
use crate::x509::name::distinguished::DistinguishedName;
use crate::x509::name_constraints::NameConstraintViolation;
use crate::x509::name_constraints::{NameConstraints, pieces_of_names};
use crate::x509::public_key::key_identifier;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;
use crate::x509::{pem, public_key};

api_enum! {
    /// The kind of a certificate authority: `CertificateAuthorityType` of the API.
    ///
    /// ```
    /// use issuance::authority::CertificateAuthorityType;
    /// assert_eq!("ROOT".parse(), Ok(CertificateAuthorityType::Root));
    /// assert_eq!(CertificateAuthorityType::Subordinate.to_string(), "SUBORDINATE");
    /// ```
    #[non_exhaustive]
    pub enum CertificateAuthorityType {
        /// It signs its own certificate.
        Root = "ROOT",
        /// Another authority signs its certificate.
        Subordinate = "SUBORDINATE",
    }
}

api_enum! {
    /// The state of a certificate authority: `CertificateAuthorityStatus` of the API (R-CA-1). Only one that is ACTIVE issues.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
    /// use issuance::Clock;
    /// use issuance::authority::CertificateAuthorityStatus;
    /// use issuance::issue::SystemClock;
    /// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// # let name = Subject::builder().common_name("Example Root").build()?;
    /// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
    /// let disabled = root.with_status(CertificateAuthorityStatus::Disabled)?;
    /// assert_eq!(disabled.status(SystemClock.now()), CertificateAuthorityStatus::Disabled);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[non_exhaustive]
    pub enum CertificateAuthorityStatus {
        /// Its key is being made.
        Creating = "CREATING",
        /// It has a key and waits for its certificate.
        PendingCertificate = "PENDING_CERTIFICATE",
        /// It issues.
        Active = "ACTIVE",
        /// It is deleted and can be restored for a while.
        Deleted = "DELETED",
        /// Its owner has stopped it.
        Disabled = "DISABLED",
        /// Its certificate has expired.
        Expired = "EXPIRED",
        /// It could not be made.
        Failed = "FAILED",
    }
}

api_enum! {
    /// What a certificate authority is for: `CertificateAuthorityUsageMode` of the API.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
    /// use issuance::authority::CertificateAuthorityUsageMode;
    /// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// # let name = Subject::builder().common_name("Example Root").build()?;
    /// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
    /// let short_lived = root.with_usage_mode(CertificateAuthorityUsageMode::ShortLivedCertificate);
    /// assert_eq!(short_lived.usage_mode().as_str(), "SHORT_LIVED_CERTIFICATE");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[non_exhaustive]
    pub enum CertificateAuthorityUsageMode {
        /// Certificates of any validity.
        GeneralPurpose = "GENERAL_PURPOSE",
        /// Certificates of at most seven days, which need no revocation (R-VAL-5).
        ShortLivedCertificate = "SHORT_LIVED_CERTIFICATE",
    }
}

/// A certificate authority: everything about it but its private key, which stays with a [`Signer`](crate::crypto::signer::Signer).
///
/// [`CertificateAuthority::from_pem`] takes a CA that exists already, and [`CertificateAuthority::self_signed_root`] makes a new
/// root; both are active at once. A new authority below another is [built](CertificateAuthority::builder) with its key and waits
/// for its certificate: [`CertificateAuthority::certificate_signing_request`] makes the request for it,
/// [`CertificateAuthority::import_certificate`] takes it and makes the authority active.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let name = Subject::builder().common_name("Example Root").build()?;
/// let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// assert_eq!(root.path_length_left(), None);
///
/// let again = CertificateAuthority::from_pem(root.certificate_pem().unwrap_or_default())?;
/// assert_eq!(again.arn(), root.arn());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Budgets
/// What an imported certificate and its chain may hold is bounded, so that neither they nor what is issued below them cost more
/// than their size warrants (R-ERR-2; the bounds are our decision): [`CertificateAuthority::MAX_PATH_CERTIFICATES`]
/// certificates, [`CertificateAuthority::MAX_EXTENSIONS`] extensions in each, and
/// [`CertificateAuthority::MAX_NAME_COMPARISONS`] comparisons of names with name constraints.
#[derive(Debug, Clone)]
pub struct CertificateAuthority {
    pub(super) identity: Arc<Identity>,
    pub(super) status: CertificateAuthorityStatus,
    pub(super) revocation: RevocationConfiguration,
    pub(super) issuing: Option<Arc<Issuing>>,
    /// Extensions from the configuration, encoded once.
    pub(super) crl_distribution_points: Option<DistributionPoints>,
    pub(super) authority_info_access: Option<Vec<u8>>,
    pub(super) crl_partitions: Arc<[CrlPartition]>,
    /// The partitions were set by hand.
    pub(super) has_own_partitions: bool,
}

/// What signs and what it is called.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) arn: CertificateAuthorityArn,
    pub(super) authority_type: CertificateAuthorityType,
    pub(super) usage_mode: CertificateAuthorityUsageMode,
    /// The configured subject, a `Name` in DER.
    pub(super) subject: Vec<u8>,
    /// SubjectPublicKeyInfo in DER.
    pub(super) public_key: Vec<u8>,
    pub(super) key_algorithm: KeyAlgorithm,
    /// What its own certification request asks for.
    pub(super) csr_extensions: CsrExtensions,
    /// SHA-1 of the public key.
    pub(super) key_identifier: [u8; 20],
    /// For a root's own certificate, which has nothing above it.
    pub(super) issued_by_itself: Arc<IssuedBy>,
}

/// What an imported certificate brings.
#[derive(Debug)]
pub(super) struct Issuing {
    pub(super) certificate: CaCertificate,
    /// From the issuer of the certificate up to the root, as far as it was given.
    pub(super) chain: Vec<CaCertificate>,
    /// How many CA certificates may follow this one in a path; `None` for any number.
    pub(super) path_length_left: Option<u32>,
    pub(super) issued_by: Arc<IssuedBy>,
}

/// What the certificate authority contributes, encoded once per authority.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaContribution<'a> {
    /// The authority key identifier of what it issues.
    pub(crate) key_identifier: &'a [u8],
    /// The content of the CRL distribution points extension, where its configuration has one.
    pub(crate) crl_distribution_points: Option<&'a [u8]>,
    /// The content of the authority information access extension, where its configuration has one.
    pub(crate) authority_info_access: Option<&'a [u8]>,
}

/// What a certificate needs of the authority that issued it.
#[derive(Debug)]
pub(crate) struct IssuedBy {
    pub(crate) arn: CertificateAuthorityArn,
    pub(crate) public_key: Vec<u8>,
    /// In DER, from the certificate of the issuer up to the root; empty for a root's own.
    pub(crate) chain: Arc<[Vec<u8>]>,
    /// The digest of all this, once somebody has asked for it.
    pub(crate) sha256: OnceLock<[u8; 32]>,
}

impl IssuedBy {
    pub(crate) fn new(arn: CertificateAuthorityArn, public_key: Vec<u8>, chain: Arc<[Vec<u8>]>) -> IssuedBy {
        IssuedBy { arn, public_key, chain, sha256: OnceLock::new() }
    }
}

impl PartialEq for IssuedBy {
    fn eq(&self, other: &Self) -> bool {
        (&self.arn, &self.public_key, &self.chain) == (&other.arn, &other.public_key, &other.chain)
    }
}

impl Eq for IssuedBy {}

/// A serial number of 48 decimal digits; none has more.
const LONGEST_SERIAL: [u8; 20] = [0x7f; 20];

/// Builds a [`CertificateAuthority`].
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::{CertificateAuthority, CertificateAuthorityArn, KeyAlgorithm, RustCryptoSigner, Signer, Subject};
/// use issuance::authority::CertificateAuthorityType;
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcSecp384r1)?;
/// let name = Subject::builder().organization("Example Corp").common_name("Issuing CA").build()?;
/// let arn = CertificateAuthorityArn::of_key(key.public_key_der())?;
/// let waiting = CertificateAuthority::builder(arn, CertificateAuthorityType::Subordinate)
///     .build(&name, key.public_key_der())?;
/// // For the authority above it.
/// let csr = waiting.certificate_signing_request(&key, waiting.key_algorithm().default_signing_algorithm())?;
/// assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CertificateAuthorityBuilder {
    pub(super) arn: CertificateAuthorityArn,
    pub(super) authority_type: CertificateAuthorityType,
    pub(super) usage_mode: CertificateAuthorityUsageMode,
    pub(super) revocation: RevocationConfiguration,
    pub(super) csr_extensions: CsrExtensions,
    pub(super) import_policy: ImportPolicy,
}

impl CertificateAuthorityBuilder {
    /// Sets what the authority is for; `GENERAL_PURPOSE` by default.
    #[must_use]
    pub fn usage_mode(mut self, usage_mode: CertificateAuthorityUsageMode) -> Self {
        self.usage_mode = usage_mode;
        self
    }

    /// Sets where certificates say that revocation is published; nowhere by default.
    #[must_use]
    pub fn revocation_configuration(mut self, revocation: RevocationConfiguration) -> Self {
        self.revocation = revocation;
        self
    }

    /// Sets what the authority's own certification request asks for besides being a CA; nothing by default.
    #[must_use]
    pub fn csr_extensions(mut self, extensions: CsrExtensions) -> Self {
        self.csr_extensions = extensions;
        self
    }

    /// Sets how the authority's key is judged, and, if there is one, its certificate and chain; as the API does by default.
    #[must_use]
    pub fn import_policy(mut self, policy: ImportPolicy) -> Self {
        self.import_policy = policy;
        self
    }

    /// An authority with this subject and key (a SubjectPublicKeyInfo in DER), waiting for its certificate.
    ///
    /// # Errors
    /// When the key is none of the API's, the subject is empty, or the ARN names no UUID or leaves no room for the longest serial
    /// number in the ARNs of certificates, which have at most 200 characters.
    pub fn build(self, subject: &Subject, public_key_der: &[u8]) -> Result<CertificateAuthority, AuthorityError> {
        if subject.is_empty() {
            return Err(AuthorityError::EmptySubject);
        }
        self.build_with_name(encode::to_vec(|w| encode::name(w, subject)), public_key_der)
    }

    pub(super) fn build_with_name(
        self,
        subject: Vec<u8>,
        public_key_der: &[u8],
    ) -> Result<CertificateAuthority, AuthorityError> {
        check_arn(&self.arn)?;
        self.import_policy.of_key().check_key(public_key_der)?;
        let key_algorithm = KeyAlgorithm::from_public_key_der(public_key_der).ok_or(AuthorityError::KeyAlgorithm)?;
        let bits =
            public_key::subject_public_key(public_key_der).map_err(crate::x509::public_key::PublicKeyError::from)?;
        let issued_by_itself = IssuedBy::new(self.arn.clone(), public_key_der.to_vec(), Arc::default());
        let identity = Identity {
            issued_by_itself: Arc::new(issued_by_itself),
            arn: self.arn,
            authority_type: self.authority_type,
            usage_mode: self.usage_mode,
            subject,
            public_key: public_key_der.to_vec(),
            key_algorithm,
            csr_extensions: self.csr_extensions,
            key_identifier: key_identifier(bits),
        };
        let crl_partitions = default_partitions(&identity.arn).into();
        let mut authority = CertificateAuthority {
            identity: Arc::new(identity),
            status: CertificateAuthorityStatus::PendingCertificate,
            revocation: RevocationConfiguration::default(),
            issuing: None,
            crl_distribution_points: None,
            authority_info_access: None,
            crl_partitions,
            has_own_partitions: false,
        };
        authority.set_revocation_configuration(self.revocation);
        Ok(authority)
    }
}

pub(super) fn check_arn(arn: &CertificateAuthorityArn) -> Result<(), AuthorityError> {
    arn.check_uuid().map_err(AuthorityError::Arn)?;
    // Found now, and not by the first who asks for a certificate.
    if let Ok(longest) = SerialNumber::from_be_bytes(&LONGEST_SERIAL) {
        CertificateArn::new(arn, &longest, SerialFormat::Decimal).map_err(AuthorityError::Arn)?;
    }
    Ok(())
}

impl CertificateAuthority {
    /// The most certificates of a path: the authority's own and its chain. The service has hierarchies of at most five.
    pub const MAX_PATH_CERTIFICATES: usize = 16;
    /// The most extensions of a CA certificate.
    pub const MAX_EXTENSIONS: usize = 256;
    /// The most comparisons of a name with a subtree of name constraints: at import for the names of all certificates of the
    /// path, each under those above it, and at issuance for the names of the one certificate. A name and a subtree count once
    /// for each 64 octets of their DER, directory names for each 16 octets or each attribute, whichever is more. The names are
    /// the subject, the emailAddress attributes in it, and the subject alternative names; every subtree counts, whatever its
    /// form. Go and rustls-webpki have the same bound.
    pub const MAX_NAME_COMPARISONS: usize = 250_000;

    /// Starts building an authority.
    pub fn builder(
        arn: CertificateAuthorityArn,
        authority_type: CertificateAuthorityType,
    ) -> CertificateAuthorityBuilder {
        CertificateAuthorityBuilder {
            arn,
            authority_type,
            usage_mode: CertificateAuthorityUsageMode::GeneralPurpose,
            revocation: RevocationConfiguration::default(),
            csr_extensions: CsrExtensions::default(),
            import_policy: ImportPolicy::default(),
        }
    }

    /// The ARN.
    pub fn arn(&self) -> &CertificateAuthorityArn {
        &self.identity.arn
    }

    /// Root or subordinate.
    pub fn authority_type(&self) -> CertificateAuthorityType {
        self.identity.authority_type
    }

    /// What the authority is for.
    pub fn usage_mode(&self) -> CertificateAuthorityUsageMode {
        self.identity.usage_mode
    }

    /// The algorithm of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.identity.key_algorithm
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> &[u8] {
        &self.identity.public_key
    }

    /// The subject, a `Name` in DER: of the certificate where there is one, else as configured.
    pub fn subject_der(&self) -> &[u8] {
        self.issuing.as_ref().map_or(&self.identity.subject, |issuing| issuing.certificate.subject())
    }

    /// The subject as a typed view: `Display` writes `CN=Example Root`.
    pub fn subject(&self) -> DistinguishedName<'_> {
        DistinguishedName::of_checked(self.subject_der())
    }

    /// The key identifier, which certificates that the authority issues name as that of their issuer: that of the authority's
    /// certificate if it has one, else the SHA-1 of its key (R-MRG-2; RFC 5280 section 4.2.1.2 method 1).
    pub fn key_identifier(&self) -> &[u8] {
        let own = self.issuing.as_ref().and_then(|issuing| issuing.certificate.subject_key_identifier());
        own.unwrap_or(&self.identity.key_identifier)
    }

    /// What the authority's own certification request asks for besides being a CA.
    pub fn csr_extensions(&self) -> &CsrExtensions {
        &self.identity.csr_extensions
    }

    /// Where certificates say that revocation is published.
    pub fn revocation_configuration(&self) -> &RevocationConfiguration {
        &self.revocation
    }

    /// Replaces where certificates say that revocation is published, for those issued from now on.
    pub fn set_revocation_configuration(&mut self, revocation: RevocationConfiguration) {
        self.authority_info_access = revocation.authority_info_access(&self.identity.arn);
        self.revocation = revocation;
        self.crl_distribution_points = self.encode_distribution_points();
    }

    /// The state at a point in time: an active authority whose certificate has ended is expired (R-CA-1).
    pub fn status(&self, now: Timestamp) -> CertificateAuthorityStatus {
        match &self.issuing {
            Some(issuing)
                if self.status == CertificateAuthorityStatus::Active && now > issuing.certificate.not_after() =>
            {
                CertificateAuthorityStatus::Expired
            }
            _ => self.status,
        }
    }

    /// Sets the state. ACTIVE and DISABLED need a certificate, PENDING_CERTIFICATE must not have one; EXPIRED follows from the
    /// clock and cannot be set.
    ///
    /// # Errors
    /// [`AuthorityError::Transition`].
    pub fn set_status(&mut self, status: CertificateAuthorityStatus) -> Result<(), AuthorityError> {
        use CertificateAuthorityStatus as Status;
        let allowed = match status {
            Status::Active | Status::Disabled => self.issuing.is_some(),
            Status::PendingCertificate => self.issuing.is_none(),
            Status::Expired => false,
            Status::Creating | Status::Deleted | Status::Failed => true,
        };
        if !allowed {
            return Err(AuthorityError::Transition { from: self.status, to: status });
        }
        self.status = status;
        Ok(())
    }

    /// The certificate in DER, once there is one.
    pub fn certificate_der(&self) -> Option<&[u8]> {
        self.issuing.as_ref().map(|issuing| issuing.certificate.der())
    }

    /// The certificates above this authority's own, in DER, from its issuer up to the root as far as they are known.
    pub fn chain_der(&self) -> impl Iterator<Item = &[u8]> {
        self.issuing.iter().flat_map(|issuing| issuing.chain.iter().map(CaCertificate::der))
    }

    /// The certificate in PEM, once there is one.
    pub fn certificate_pem(&self) -> Option<String> {
        self.certificate_der().map(|der| pem::encode("CERTIFICATE", der))
    }

    /// The certificates of [`CertificateAuthority::chain_der`] in PEM; empty where there are none.
    pub fn chain_pem(&self) -> String {
        self.chain_der().map(|der| pem::encode("CERTIFICATE", der)).collect()
    }

    /// The serial number of the authority's certificate; `None` also where it is not one of RFC 5280.
    pub fn serial(&self) -> Option<SerialNumber> {
        self.issuing.as_ref().and_then(|issuing| issuing.certificate.serial())
    }

    /// The beginning of the authority's certificate.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.issuing.as_ref().map(|issuing| issuing.certificate.not_before())
    }

    /// The end of the authority's certificate: nothing that it issues may outlive it (R-VAL-4).
    pub fn not_after(&self) -> Option<Timestamp> {
        self.issuing.as_ref().map(|issuing| issuing.certificate.not_after())
    }

    /// How many CA certificates may follow the authority's own in a path, over the whole chain; `None` where nothing limits
    /// it (R-CA-3; RFC 5280 section 4.2.1.9).
    pub fn path_length_left(&self) -> Option<u32> {
        self.issuing.as_ref().and_then(|issuing| issuing.path_length_left)
    }

    /// The name constraints of its certificate and of those above.
    pub(crate) fn name_constraints(&self) -> impl Iterator<Item = &NameConstraints> {
        let path = self.issuing.iter().flat_map(|issuing| std::iter::once(&issuing.certificate).chain(&issuing.chain));
        path.filter_map(CaCertificate::name_constraints)
    }

    /// Whether its certificate or one above has name constraints.
    pub(crate) fn constrains_names(&self) -> bool {
        let issuing = self.issuing.as_ref();
        issuing.is_some_and(|issuing| {
            std::iter::once(&issuing.certificate).chain(&issuing.chain).any(|ca| ca.name_constraints().is_some())
        })
    }

    /// Checks names against the name constraints of the authority's certificate and of its chain (R-CA-5): `subject` is a
    /// `Name`, `alternative_names` are the contents of the extensions with alternative names, all in DER. These are subjectAltName
    /// and, since some verifiers read it, that of 1994 (2.5.29.7).
    ///
    /// # Errors
    /// The first name that a constraint forbids; more comparisons than [`CertificateAuthority::MAX_NAME_COMPARISONS`].
    pub fn check_names(&self, subject: &[u8], alternative_names: &[&[u8]]) -> Result<(), NameConstraintViolation> {
        let Some(issuing) = &self.issuing else { return Ok(()) };
        let path = std::iter::once(&issuing.certificate).chain(&issuing.chain);
        let mut constraints = path.filter_map(CaCertificate::name_constraints);
        let subtrees = constraints.clone().map(NameConstraints::pieces).sum();
        if subtrees > 0 {
            let names = pieces_of_names(subject, alternative_names);
            let max = CertificateAuthority::MAX_NAME_COMPARISONS;
            if names.saturating_mul(subtrees) > max {
                return Err(NameConstraintViolation::TooManyComparisons { names, subtrees, max });
            }
        }
        constraints.try_for_each(|constraints| constraints.check(subject, alternative_names))
    }

    /// What the authority contributes to the certificates that it issues: beside these CRL distribution points what is the same
    /// for all.
    pub(crate) fn contribution<'a>(&'a self, crl_distribution_points: Option<&'a [u8]>) -> CaContribution<'a> {
        CaContribution {
            key_identifier: self.key_identifier(),
            crl_distribution_points,
            authority_info_access: self.authority_info_access.as_deref(),
        }
    }

    /// What a certificate needs to know of the authority that issued it.
    pub(crate) fn issued_by(&self, self_signed: bool) -> Arc<IssuedBy> {
        match &self.issuing {
            Some(issuing) if !self_signed => Arc::clone(&issuing.issued_by),
            _ => Arc::clone(&self.identity.issued_by_itself),
        }
    }
}
