//! What the condition keys say of a certificate (R-POL-7).

use crate::policy::judge::purposes;
use crate::request::extended_key_usage::ExtendedKeyUsageType;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::public_key::{PublicKey, modulus_bits};
use crate::x509::tbs_view::TbsView;

/// What type the values of a condition key have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    Text,
    Arn,
    Number,
    /// Several texts.
    Texts,
}

type ValuesOf = fn(&Facts) -> Values<'_>;

/// The condition keys that are known: name, type, and where the value comes from.
pub(super) const KEYS: &[(&str, KeyType, ValuesOf)] = &[
    ("acm-pca:TemplateArn", KeyType::Arn, |facts| facts.template_arn.as_ref().map(std::slice::from_ref).into()),
    ("acm-pca:x509Key/algorithm", KeyType::Text, |facts| facts.algorithm.as_ref().map(std::slice::from_ref).into()),
    ("acm-pca:x509Key/size", KeyType::Number, |facts| facts.size.as_ref().map(std::slice::from_ref).into()),
    ("acm-pca:x509Key/curve", KeyType::Text, |facts| facts.curve.as_ref().map(std::slice::from_ref).into()),
    ("acm-pca:x509Ext/ExtendedKeyUsage", KeyType::Texts, |facts| facts.purposes.as_deref().into()),
];

/// A value in each of its spellings, any of which a document may use.
pub(super) type Value = Vec<String>;

/// The values of a key, if it is there.
pub(super) struct Values<'f>(pub(super) Option<&'f [Value]>);

impl<'f> From<Option<&'f [Value]>> for Values<'f> {
    fn from(values: Option<&'f [Value]>) -> Self {
        Values(values)
    }
}

/// The values of the keys for one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What the request is for: the ARN of the authority.
    pub(super) resource: String,
    template_arn: Option<Value>,
    algorithm: Option<Value>,
    size: Option<Value>,
    curve: Option<Value>,
    purposes: Option<Vec<Value>>,
}

impl Facts {
    /// Of a request that no certificate comes of: every key is absent.
    pub(super) fn absent() -> Facts {
        let resource = String::new();
        Facts { resource, template_arn: None, algorithm: None, size: None, curve: None, purposes: None }
    }

    /// The template is that of the request, absent if the request names none.
    pub(crate) fn of(tbs: &TbsView<'_>, resource: &str, template_arn: Option<&str>) -> Facts {
        let one = |text: &str| Some(vec![text.to_owned()]);
        let (algorithm, size, curve) = match PublicKey::from_der(tbs.public_key.full) {
            Ok(PublicKey::Rsa { modulus, .. }) => (one("RSA"), one(&modulus_bits(modulus).to_string()), None),
            Ok(PublicKey::Ec(named)) => {
                let is_sm2 = named.as_str() == "SM2";
                let bits = match named.coordinate_bytes() {
                    // The order of P-521 is not a whole number of bytes.
                    Some(66) => Some(521),
                    bytes => bytes.map(|bytes| 8 * bytes),
                };
                let identifier = curve_identifier(tbs.public_key.full);
                let spellings = std::iter::once(named.as_str().to_owned()).chain(identifier.map(|oid| oid.to_string()));
                (
                    one(if is_sm2 { "SM2" } else { "EC" }),
                    bits.and_then(|bits| one(&bits.to_string())),
                    Some(spellings.collect()),
                )
            }
            Ok(PublicKey::MlDsa(_)) => (one("ML-DSA"), None, None),
            Ok(PublicKey::Ed25519) => (one("Ed25519"), one("256"), None),
            Err(_) => (None, None, None),
        };
        let spelled = |oid: Oid| {
            let named = ExtendedKeyUsageType::ALL.iter().find(|purpose| purpose.oid() == oid);
            named.map(|purpose| purpose.as_str().to_owned()).into_iter().chain([oid.to_string()]).collect()
        };
        let extension = tbs.extension(&Oid::EXTENDED_KEY_USAGE);
        let purposes = extension.and_then(|extension| {
            let purposes = purposes(extension.value)?;
            Some(purposes.into_iter().map(|purpose| spelled(purpose.to_oid())).collect())
        });
        let template_arn = template_arn.and_then(one);
        Facts { resource: resource.to_owned(), template_arn, algorithm, size, curve, purposes }
    }
}

/// The curve of a key, as its SubjectPublicKeyInfo names it.
fn curve_identifier(spki: &[u8]) -> Option<Oid> {
    let mut info = Reader::single(spki, tag::SEQUENCE).ok()?.reader();
    let mut algorithm = info.read(tag::SEQUENCE).ok()?.reader();
    algorithm.any().ok()?;
    algorithm.read(tag::OID).ok()?.oid().ok()
}
