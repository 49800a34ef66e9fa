//! Object identifiers, kept as the content bytes of their DER encoding.

use std::fmt;
use std::str::FromStr;

/// An object identifier (X.660), held as DER content bytes.
///
/// Two identifiers are equal exactly when their encodings are, so an identifier with padded arcs can never pass for
/// the one it resembles: such encodings are refused on construction.
///
/// ```
/// use issuance::Oid;
/// let san: Oid = "2.5.29.17".parse()?;
/// assert_eq!(san, Oid::SUBJECT_ALT_NAME);
/// assert_eq!(san.as_der_content(), [0x55, 0x1d, 0x11]);
/// # Ok::<(), issuance::x509::OidError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    bytes: [u8; Oid::MAX_LEN],
    len: u8,
}

/// Why a text or an encoding is not an object identifier that this crate accepts. [`Oid`](crate::Oid) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidError {
    /// The text is not dotted decimal with a first arc of 0 to 2 and, under 0 and 1, a second arc of 0 to 39.
    #[error(
        "not a dotted decimal object identifier with a first arc of 0 to 2 and, under 0 and 1, a second arc of 0 to 39"
    )]
    Syntax,
    /// The encoding needs more than [`Oid::MAX_LEN`] bytes.
    #[error("the object identifier needs more than 63 bytes")]
    TooLong,
    /// The encoding is empty, ends inside an arc, or pads an arc with leading zeros.
    #[error("the object identifier is not DER (empty, truncated, or an arc with leading zeros)")]
    Encoding,
}

macro_rules! known {
    ($($(#[$doc:meta])* $const:ident = $bytes:expr, $name:literal;)*) => {
        impl Oid {
            $($(#[$doc])* pub const $const: Oid = Oid::from_static($bytes);)*

            /// The name that RFC 5280, PKCS#9 or X.520 gives this identifier, where the crate knows one.
            pub fn name(&self) -> Option<&'static str> {
                match *self {
                    $(Oid::$const => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

known! {
    /// subjectDirectoryAttributes, RFC 5280 section 4.2.1.8.
    SUBJECT_DIRECTORY_ATTRIBUTES = &[0x55, 0x1d, 0x09], "subjectDirectoryAttributes";
    /// subjectKeyIdentifier, RFC 5280 section 4.2.1.2.
    SUBJECT_KEY_IDENTIFIER = &[0x55, 0x1d, 0x0e], "subjectKeyIdentifier";
    /// authorityKeyIdentifier of 1994, obsolete.
    AUTHORITY_KEY_IDENTIFIER_1994 = &[0x55, 0x1d, 1], "authorityKeyIdentifier (1994)";
    /// keyAttributes of 1994, obsolete.
    KEY_ATTRIBUTES_1994 = &[0x55, 0x1d, 2], "keyAttributes (1994)";
    /// certificatePolicies of 1994, obsolete.
    CERTIFICATE_POLICIES_1994 = &[0x55, 0x1d, 3], "certificatePolicies (1994)";
    /// keyUsageRestriction of 1994, obsolete.
    KEY_USAGE_RESTRICTION_1994 = &[0x55, 0x1d, 4], "keyUsageRestriction (1994)";
    /// subjectAltName of 1994, obsolete.
    SUBJECT_ALT_NAME_1994 = &[0x55, 0x1d, 7], "subjectAltName (1994)";
    /// basicConstraints of 1994, obsolete.
    BASIC_CONSTRAINTS_1994 = &[0x55, 0x1d, 10], "basicConstraints (1994)";
    /// keyUsage, RFC 5280 section 4.2.1.3.
    KEY_USAGE = &[0x55, 0x1d, 0x0f], "keyUsage";
    /// privateKeyUsagePeriod, RFC 3280 section 4.2.1.4.
    PRIVATE_KEY_USAGE_PERIOD = &[0x55, 0x1d, 16], "privateKeyUsagePeriod";
    /// subjectAltName, RFC 5280 section 4.2.1.6.
    SUBJECT_ALT_NAME = &[0x55, 0x1d, 0x11], "subjectAltName";
    /// issuerAltName, RFC 5280 section 4.2.1.7.
    ISSUER_ALT_NAME = &[0x55, 0x1d, 0x12], "issuerAltName";
    /// basicConstraints, RFC 5280 section 4.2.1.9.
    BASIC_CONSTRAINTS = &[0x55, 0x1d, 0x13], "basicConstraints";
    /// nameConstraints, RFC 5280 section 4.2.1.10.
    NAME_CONSTRAINTS = &[0x55, 0x1d, 0x1e], "nameConstraints";
    /// cRLDistributionPoints, RFC 5280 section 4.2.1.13.
    CRL_DISTRIBUTION_POINTS = &[0x55, 0x1d, 0x1f], "cRLDistributionPoints";
    /// cRLNumber, RFC 5280 section 5.2.3.
    CRL_NUMBER = &[0x55, 0x1d, 0x14], "cRLNumber";
    /// reasonCode, RFC 5280 section 5.3.1.
    REASON_CODE = &[0x55, 0x1d, 0x15], "reasonCode";
    /// issuingDistributionPoint, RFC 5280 section 5.2.5.
    ISSUING_DISTRIBUTION_POINT = &[0x55, 0x1d, 0x1c], "issuingDistributionPoint";
    /// certificatePolicies, RFC 5280 section 4.2.1.4.
    CERTIFICATE_POLICIES = &[0x55, 0x1d, 0x20], "certificatePolicies";
    /// policyMappings, RFC 5280 section 4.2.1.5.
    POLICY_MAPPINGS = &[0x55, 0x1d, 0x21], "policyMappings";
    /// authorityKeyIdentifier, RFC 5280 section 4.2.1.1.
    AUTHORITY_KEY_IDENTIFIER = &[0x55, 0x1d, 0x23], "authorityKeyIdentifier";
    /// policyConstraints, RFC 5280 section 4.2.1.11.
    POLICY_CONSTRAINTS = &[0x55, 0x1d, 0x24], "policyConstraints";
    /// extKeyUsage, RFC 5280 section 4.2.1.12.
    EXTENDED_KEY_USAGE = &[0x55, 0x1d, 0x25], "extKeyUsage";
    /// freshestCRL, RFC 5280 section 4.2.1.15.
    FRESHEST_CRL = &[0x55, 0x1d, 0x2e], "freshestCRL";
    /// inhibitAnyPolicy, RFC 5280 section 4.2.1.14.
    INHIBIT_ANY_POLICY = &[0x55, 0x1d, 0x36], "inhibitAnyPolicy";
    /// authorityInfoAccess, RFC 5280 section 4.2.2.1.
    AUTHORITY_INFO_ACCESS = &[0x2b, 6, 1, 5, 5, 7, 1, 1], "authorityInfoAccess";
    /// id-ad-ocsp, RFC 5280 section 4.2.2.1.
    AD_OCSP = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1], "id-ad-ocsp";
    /// id-ad-caIssuers, RFC 5280 section 4.2.2.1.
    AD_CA_ISSUERS = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2], "id-ad-caIssuers";
    /// subjectInfoAccess, RFC 5280 section 4.2.2.2.
    SUBJECT_INFO_ACCESS = &[0x2b, 6, 1, 5, 5, 7, 1, 11], "subjectInfoAccess";
    /// id-ad-caRepository, RFC 5280 section 4.2.2.2.
    AD_CA_REPOSITORY = &[0x2b, 6, 1, 5, 5, 7, 0x30, 5], "id-ad-caRepository";
    /// id-ad-rpkiManifest, RFC 6487 section 4.8.8.1.
    AD_RPKI_MANIFEST = &[0x2b, 6, 1, 5, 5, 7, 0x30, 10], "id-ad-rpkiManifest";
    /// id-ad-rpkiNotify, RFC 8182 section 3.2.
    AD_RPKI_NOTIFY = &[0x2b, 6, 1, 5, 5, 7, 0x30, 13], "id-ad-rpkiNotify";
    /// TLS feature, RFC 7633 section 4.
    TLS_FEATURE = &[0x2b, 6, 1, 5, 5, 7, 1, 24], "tlsFeature";
    /// Netscape certificate type.
    NETSCAPE_CERTIFICATE_TYPE = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1], "netscapeCertType";
    /// Microsoft certificate template name (szOID_ENROLL_CERTTYPE_EXTENSION).
    MS_CERTIFICATE_TEMPLATE_NAME = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2], "msCertificateTemplateName";
    /// Microsoft certificate template information (szOID_CERTIFICATE_TEMPLATE).
    MS_CERTIFICATE_TEMPLATE = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 7], "msCertificateTemplate";
    /// Microsoft application policies (szOID_APPLICATION_CERT_POLICIES).
    MS_APPLICATION_POLICIES = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 10], "msApplicationPolicies";
    /// Microsoft account security identifier (szOID_NTDS_CA_SECURITY_EXT).
    MS_ACCOUNT_SID = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 25, 2], "msAccountSID";
    /// id-qt-cps, RFC 5280 section 4.2.1.4.
    QT_CPS = &[0x2b, 6, 1, 5, 5, 7, 2, 1], "id-qt-cps";
    /// id-qt-unotice, RFC 5280 section 4.2.1.4.
    QT_UNOTICE = &[0x2b, 6, 1, 5, 5, 7, 2, 2], "id-qt-unotice";
    /// id-kp-serverAuth, RFC 5280 section 4.2.1.12.
    SERVER_AUTH = &[0x2b, 6, 1, 5, 5, 7, 3, 1], "serverAuth";
    /// id-kp-clientAuth, RFC 5280 section 4.2.1.12.
    CLIENT_AUTH = &[0x2b, 6, 1, 5, 5, 7, 3, 2], "clientAuth";
    /// id-kp-codeSigning, RFC 5280 section 4.2.1.12.
    CODE_SIGNING = &[0x2b, 6, 1, 5, 5, 7, 3, 3], "codeSigning";
    /// id-kp-emailProtection, RFC 5280 section 4.2.1.12.
    EMAIL_PROTECTION = &[0x2b, 6, 1, 5, 5, 7, 3, 4], "emailProtection";
    /// id-kp-timeStamping, RFC 5280 section 4.2.1.12.
    TIME_STAMPING = &[0x2b, 6, 1, 5, 5, 7, 3, 8], "timeStamping";
    /// id-kp-OCSPSigning, RFC 5280 section 4.2.1.12.
    OCSP_SIGNING = &[0x2b, 6, 1, 5, 5, 7, 3, 9], "OCSPSigning";
    /// Microsoft smart card log-on.
    SMART_CARD_LOGIN = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 2], "smartCardLogon";
    /// Microsoft document signing.
    DOCUMENT_SIGNING = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 12], "documentSigning";
    /// Certificate transparency precertificate signing, RFC 6962 section 3.1.
    CERTIFICATE_TRANSPARENCY = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 4], "certificateTransparency";
    /// extensionRequest, RFC 2985 section 5.4.2.
    EXTENSION_REQUEST = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14], "extensionRequest";
    /// Microsoft's older certificate extensions attribute (szOID_CERT_EXTENSIONS).
    MS_CERT_EXTENSIONS = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14], "msCertExtensions";
    /// challengePassword, RFC 2985 section 5.4.1.
    CHALLENGE_PASSWORD = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7], "challengePassword";
    /// commonName, X.520.
    COMMON_NAME = &[0x55, 4, 3], "CN";
    /// surname, X.520.
    SURNAME = &[0x55, 4, 4], "SN";
    /// serialNumber, X.520.
    SERIAL_NUMBER = &[0x55, 4, 5], "serialNumber";
    /// countryName, X.520.
    COUNTRY = &[0x55, 4, 6], "C";
    /// localityName, X.520.
    LOCALITY = &[0x55, 4, 7], "L";
    /// stateOrProvinceName, X.520.
    STATE = &[0x55, 4, 8], "ST";
    /// organizationName, X.520.
    ORGANIZATION = &[0x55, 4, 10], "O";
    /// organizationalUnitName, X.520.
    ORGANIZATIONAL_UNIT = &[0x55, 4, 11], "OU";
    /// title, X.520.
    TITLE = &[0x55, 4, 12], "title";
    /// givenName, X.520.
    GIVEN_NAME = &[0x55, 4, 42], "GN";
    /// initials, X.520.
    INITIALS = &[0x55, 4, 43], "initials";
    /// generationQualifier, X.520.
    GENERATION_QUALIFIER = &[0x55, 4, 44], "generationQualifier";
    /// dnQualifier, X.520.
    DN_QUALIFIER = &[0x55, 4, 46], "dnQualifier";
    /// pseudonym, X.520.
    PSEUDONYM = &[0x55, 4, 65], "pseudonym";
    /// domainComponent, RFC 4519.
    DOMAIN_COMPONENT = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC";
    /// emailAddress, RFC 2985.
    EMAIL_ADDRESS = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress";
}

impl Oid {
    /// The longest accepted encoding, in content bytes. An identifier of 64 characters, the longest that the API
    /// model allows, fits.
    pub const MAX_LEN: usize = 63;

    const fn from_static(content: &[u8]) -> Oid {
        let mut bytes = [0; Oid::MAX_LEN];
        let mut i = 0;
        while i < content.len() {
            bytes[i] = content[i];
            i += 1;
        }
        Oid { bytes, len: content.len() as u8 }
    }

    /// Reads the content bytes of a DER OBJECT IDENTIFIER (without tag and length).
    ///
    /// # Errors
    /// [`OidError::Encoding`] for an empty or truncated encoding or a padded arc (X.690 section 8.19.2),
    /// [`OidError::TooLong`] above [`Oid::MAX_LEN`] bytes.
    pub fn from_der_content(content: &[u8]) -> Result<Oid, OidError> {
        OidRef::from_der_content(content).map(OidRef::to_oid)
    }

    /// The content bytes of the DER encoding.
    pub fn as_der_content(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn by_ref(&self) -> OidRef<'_> {
        OidRef(self.as_der_content())
    }

    /// Whether each arc fits 32 bits. Much software holds arcs in 32 bits and would read a wider one as another
    /// identifier.
    pub fn arcs_fit_32_bits(&self) -> bool {
        self.by_ref().arcs_fit_32_bits()
    }
}

/// An object identifier where it stands in some DER: what is only compared or passed on is not copied.
#[derive(Clone, Copy, Eq, Default)]
pub(crate) struct OidRef<'a>(&'a [u8]);

impl<'a> OidRef<'a> {
    /// As [`Oid::from_der_content`].
    #[inline]
    pub(crate) fn from_der_content(content: &'a [u8]) -> Result<OidRef<'a>, OidError> {
        if content.len() > Oid::MAX_LEN {
            return Err(OidError::TooLong);
        }
        // An arc starts behind a byte without the high bit; 0x80 there pads.
        let mut starts = !content.is_empty();
        for octet in content {
            if starts && *octet == 0x80 {
                return Err(OidError::Encoding);
            }
            starts = octet & 0x80 == 0;
        }
        if starts { Ok(OidRef(content)) } else { Err(OidError::Encoding) }
    }

    /// Content that was an identifier when it was last looked at.
    pub(crate) fn of_checked(content: &'a [u8]) -> OidRef<'a> {
        OidRef(content)
    }

    pub(crate) fn as_der_content(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn to_oid(self) -> Oid {
        let mut bytes = [0; Oid::MAX_LEN];
        bytes[..self.0.len()].copy_from_slice(self.0);
        Oid { bytes, len: self.0.len() as u8 }
    }

    /// A bit that depends on the last byte.
    pub(crate) fn last_bit(self) -> u64 {
        1 << (self.0.last().unwrap_or(&0) & 0x3f)
    }

    /// The last eight bytes as a number.
    fn end(self) -> u64 {
        match self.0.last_chunk() {
            Some(end) => u64::from_be_bytes(*end),
            None => self.0.iter().fold(0, |end, octet| end << 8 | u64::from(*octet)),
        }
    }

    /// As [`Oid::arcs_fit_32_bits`].
    pub(crate) fn arcs_fit_32_bits(self) -> bool {
        // An arc that is wider has at least five bytes, four of which have the high bit.
        if self.0.len() < 5 || self.0.iter().filter(|octet| **octet & 0x80 != 0).count() < 4 {
            return true;
        }
        // The last byte of an arc is the one without the high bit. Four bytes hold 28 bits, and the first of five no more
        // than four of the 32.
        let mut start = 0;
        self.0.iter().enumerate().all(|(i, octet)| {
            let fits = i - start < 4 || (i - start == 4 && self.0[start] <= 0x8f);
            start = if octet & 0x80 == 0 { i + 1 } else { start };
            fits
        })
    }
}

impl OidRef<'_> {
    /// What software reads that holds arcs in 32 bits; `None` if no arc is wider, so that all software reads the same.
    pub(crate) fn wrapped(self) -> Option<Oid> {
        if self.arcs_fit_32_bits() {
            return None;
        }
        let (mut bytes, mut len) = ([0; Oid::MAX_LEN], 0);
        for arc in self.0.split_inclusive(|octet| octet & 0x80 == 0) {
            let value = arc.iter().fold(0u32, |value, digit| value << 7 | u32::from(digit & 0x7f));
            // As many digits as the value needs, which are no more than the arc has.
            let digits = (32 - value.leading_zeros()).div_ceil(7).max(1);
            for place in (0..digits).rev() {
                bytes[len] = (value >> (7 * place)) as u8 & 0x7f | if place == 0 { 0 } else { 0x80 };
                len += 1;
            }
        }
        Some(Oid { bytes, len: len as u8 })
    }
}

/// Object identifiers that have been met, to tell which come again. As many as most lists have are cheapest compared with each
/// other; in long ones that would cost the square of the length.
#[derive(Debug, Default)]
pub(crate) struct OidSet<'a> {
    /// The bits of the last bytes that have been met: most identifiers of a list are told apart by them alone.
    last_bits: u64,
    few: [OidRef<'a>; 16],
    len: usize,
    /// All of them in order, once they are more than a few, each behind its last bytes: they tell most apart in one step.
    many: Vec<(u64, OidRef<'a>)>,
    /// How many are known to come.
    expected: usize,
}

impl<'a> OidSet<'a> {
    /// A set that does not grow in steps where this many come.
    pub(crate) fn expecting(number: usize) -> Self {
        OidSet { expected: number, ..OidSet::default() }
    }

    pub(crate) fn contains(&self, oid: OidRef<'_>) -> bool {
        self.last_bits & oid.last_bit() != 0
            && if self.many.is_empty() { self.few[..self.len].contains(&oid) } else { self.place(oid).is_ok() }
    }

    /// Where an identifier is among the many, or where it belongs.
    fn place(&self, oid: OidRef<'_>) -> Result<usize, usize> {
        let end = oid.end();
        self.many.binary_search_by(|met| met.0.cmp(&end).then_with(|| met.1.0.cmp(oid.0)))
    }

    /// Adds an identifier. Says whether it was not there yet.
    pub(crate) fn insert(&mut self, oid: OidRef<'a>) -> bool {
        if self.len < self.few.len() {
            if self.contains(oid) {
                return false;
            }
            self.last_bits |= oid.last_bit();
            self.few[self.len] = oid;
            self.len += 1;
            return true;
        }
        if self.many.is_empty() {
            self.many.reserve_exact(self.expected.max(2 * self.few.len()));
            self.many.extend(self.few.map(|oid| (oid.end(), oid)));
            self.many.sort_unstable_by_key(|met| (met.0, met.1.0));
        }
        // Many lists are in order.
        let key = (oid.end(), oid.0);
        let comes_last = self.many.last().is_some_and(|last| (last.0, last.1.0) < key);
        let place = if comes_last { Err(self.many.len()) } else { self.place(oid) };
        if let Err(place) = place {
            self.last_bits |= oid.last_bit();
            self.many.insert(place, (oid.end(), oid));
        }
        place.is_err()
    }
}

impl<'a> FromIterator<OidRef<'a>> for OidSet<'a> {
    fn from_iter<T: IntoIterator<Item = OidRef<'a>>>(oids: T) -> Self {
        let oids = oids.into_iter();
        let mut set = OidSet::expecting(oids.size_hint().0);
        for oid in oids {
            set.insert(oid);
        }
        set
    }
}

impl PartialEq for OidRef<'_> {
    fn eq(&self, other: &OidRef<'_>) -> bool {
        // Identifiers that stand in one place differ in their last arc.
        self.0.last() == other.0.last() && self.0 == other.0
    }
}

impl PartialEq<Oid> for OidRef<'_> {
    fn eq(&self, other: &Oid) -> bool {
        *self == other.by_ref()
    }
}

impl fmt::Debug for OidRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_oid().fmt(f)
    }
}

/// Appends `digits` (decimal, ASCII) plus `offset` as a base-128 arc; arcs may exceed any machine integer.
fn push_arc(out: &mut Vec<u8>, digits: &[u8], offset: u8) {
    let mut little_endian = vec![0u8];
    let mut multiply_add = |factor: u32, summand: u32| {
        let mut carry = summand;
        for limb in &mut little_endian {
            carry += u32::from(*limb) * factor;
            *limb = (carry & 0x7f) as u8;
            carry >>= 7;
        }
        if carry > 0 {
            little_endian.push(carry as u8);
        }
    };
    for digit in digits {
        multiply_add(10, u32::from(digit - b'0'));
    }
    multiply_add(1, u32::from(offset));
    out.extend(little_endian.iter().enumerate().rev().map(|(i, limb)| if i == 0 { *limb } else { limb | 0x80 }));
}

impl FromStr for Oid {
    type Err = OidError;

    /// Parses dotted decimal. The second arc is at most 39 under the roots 0 and 1 (X.660); all arcs are bounded by
    /// [`Oid::MAX_LEN`], and leading zeros do not count. Requests take fewer: by the API model's pattern the second arc is at
    /// most 39 under the root 2, too.
    fn from_str(text: &str) -> Result<Oid, OidError> {
        let (root, arcs) = text.split_once('.').ok_or(OidError::Syntax)?;
        let mut offset = match root {
            "0" => 0,
            "1" => 40,
            "2" => 80,
            _ => return Err(OidError::Syntax),
        };
        let mut content = Vec::new();
        for (position, digits) in arcs.split('.').enumerate() {
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(OidError::Syntax);
            }
            if position == 0 && root != "2" && !digits.parse().is_ok_and(|second: u8| second < 40) {
                return Err(OidError::Syntax);
            }
            if digits.len() > 4 * Oid::MAX_LEN || content.len() > Oid::MAX_LEN {
                return Err(OidError::TooLong);
            }
            push_arc(&mut content, digits.as_bytes(), std::mem::take(&mut offset));
        }
        Oid::from_der_content(&content)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, arc) in self.as_der_content().split_inclusive(|octet| octet & 0x80 == 0).enumerate() {
            // Nine bytes have 63 bits.
            if arc.len() <= 9 {
                let number = arc.iter().fold(0u64, |number, octet| number << 7 | u64::from(octet & 0x7f));
                let root = (number / 40).min(2);
                match position {
                    0 => write!(f, "{root}.{}", number - 40 * root)?,
                    _ => write!(f, ".{number}")?,
                }
                continue;
            }
            // Base 10^9 limbs, least significant first: an arc may exceed any machine integer.
            let mut limbs = vec![0u64];
            for octet in arc {
                let mut carry = u64::from(octet & 0x7f);
                for limb in &mut limbs {
                    carry += *limb << 7;
                    *limb = carry % 1_000_000_000;
                    carry /= 1_000_000_000;
                }
                if carry > 0 {
                    limbs.push(carry);
                }
            }
            if position == 0 {
                let root = if limbs.len() > 1 { 2 } else { (limbs[0] / 40).min(2) };
                write!(f, "{root}")?;
                // Only the top arc of a long number may borrow; 80 is below every limb's base.
                let mut borrow = root * 40;
                for limb in &mut limbs {
                    if *limb >= borrow {
                        *limb -= borrow;
                        borrow = 0;
                    } else {
                        *limb = *limb + 1_000_000_000 - borrow;
                        borrow = 1;
                    }
                }
                while limbs.len() > 1 && limbs.last() == Some(&0) {
                    limbs.pop();
                }
            }
            f.write_str(".")?;
            let mut high_to_low = limbs.iter().rev();
            if let Some(high) = high_to_low.next() {
                write!(f, "{high}")?;
            }
            for limb in high_to_low {
                write!(f, "{limb:09}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_encoding_agree() {
        for (text, content) in [
            ("1.2.840.113549.1.9.14", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14][..]),
            ("2.5.29.17", &[0x55, 0x1d, 0x11]),
            ("0.9.2342.19200300.100.1.25", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]),
            ("1.2", &[0x2a]),
            ("2.39", &[119]),
            ("0.39", &[39]),
            ("2.0", &[80]),
            ("2.40", &[120]),
            ("2.47.0", &[127, 0]),
            ("2.48.1", &[0x81, 0, 1]),
            ("2.999", &[0x88, 0x37]),
        ] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.as_der_content(), content, "{text}");
            assert_eq!(oid.to_string(), text);
        }
    }

    #[test]
    fn arcs_wider_than_machine_integers_survive() {
        // 2.25 with a UUID as the arc (X.667).
        for text in ["2.25.329800735698586629295641978511506172918", "2.25.4294967295", "2.25.4294967296"] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.to_string(), text);
            assert_eq!(oid.arcs_fit_32_bits(), text == "2.25.4294967295", "{text}");
        }
        let longest = format!("1.2.{}", "9".repeat(60));
        assert_eq!(longest.parse::<Oid>().unwrap().to_string(), longest);
    }

    #[test]
    fn second_arc_above_39_prints_under_root_2() {
        assert_eq!(Oid::from_der_content(&[0x88, 0x37]).unwrap().to_string(), "2.999");
        let wide = Oid::from_der_content(&[0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).unwrap();
        assert_eq!(wide.to_string(), format!("2.{}", (1u64 << 53) - 1 - 80));
        assert_eq!(wide.to_string().parse(), Ok(wide));
    }

    #[test]
    fn sets_of_every_size_tell_what_comes_again() {
        let oids: Vec<Oid> = (0..40).map(|last: u32| format!("1.2.{}", last * 7 % 40).parse().unwrap()).collect();
        let mut set = OidSet::default();
        for (number, oid) in oids.iter().enumerate() {
            assert!(!set.contains(oid.by_ref()));
            assert!(set.insert(oid.by_ref()));
            assert!(oids[..=number].iter().all(|met| set.contains(met.by_ref()) && !set.insert(met.by_ref())));
        }
    }

    #[test]
    fn wrong_texts_and_encodings_are_refused() {
        for text in [
            "", "1", "1.", "3.1", "1.40", "0.296", "1.2.", "1..2", "1.2.x", "1.2.-3", " 1.2", "1.2.3 ", "01.2", "2.",
            "2.x",
        ] {
            assert!(text.parse::<Oid>().is_err(), "{text:?}");
        }
        for content in [&[][..], &[0x2a, 0x80, 0x01], &[0x2a, 0x86], &[0x80, 0x01], &[0x2a; 64]] {
            assert!(Oid::from_der_content(content).is_err(), "{content:02x?}");
        }
    }
}
