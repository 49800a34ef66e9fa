//! A TBSCertificate as a table, if there is no plan to trust: whoever signs it sees a difference wherever a byte differs.

use std::fmt;

use sha2::{Digest, Sha256};

use super::certificate_plan::OidName;
use super::table::{extension_name, field_text, write_table};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::describe::describe_extension;
use crate::x509::extension::Known;
use crate::x509::hex;
use crate::x509::name::TypedNameText;
use crate::x509::oid::Oid;
use crate::x509::public_key::{key_identifier, subject_public_key};
use crate::x509::tbs_view::{Field, TbsView, ViewedExtension};

/// What a TBSCertificate says, as a table: no more than stands in the bytes, and nothing of them left out.
///
/// A text says all of its bytes, or a digest of them stands beside it.
pub(crate) struct TbsText<'t> {
    pub(crate) tbs: &'t TbsView<'t>,
    pub(crate) algorithm: SigningAlgorithm,
}

impl fmt::Display for TbsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["field".to_owned(), "value".to_owned()]];
        for (field, tlv) in self.tbs.fields() {
            rows.push([field.as_str().to_owned(), self.field(field, tlv.full)]);
        }
        rows.push(["key identifier".to_owned(), self.key_identifier().map_or_else(String::new, |id| colons(&id))]);
        write_table(f, &rows)?;
        rows.truncate(1);
        rows[0][0] = "extension".to_owned();
        for extension in self.tbs.extensions() {
            let oid = extension.oid.to_oid();
            rows.push([extension_name(&oid, extension.critical), self.extension(&extension, &oid)]);
        }
        writeln!(f)?;
        write_table(f, &rows)
    }
}

impl TbsText<'_> {
    fn field(&self, field: Field, der: &[u8]) -> String {
        match field {
            // Two names of one text may differ in the types of their strings.
            Field::Issuer | Field::Subject => TypedNameText(der).to_string(),
            Field::SubjectPublicKeyInfo => format!("{}, SHA-256 {}", field_text(field, der), sha256(der)),
            Field::Signature if Some(der) == self.algorithm.algorithm_identifier_without_null() => {
                format!("{} without parameters", field_text(field, der))
            }
            _ => field_text(field, der),
        }
    }

    /// The identifier of the key that would be certified, computed from it (RFC 5280 section 4.2.1.2 method 1).
    fn key_identifier(&self) -> Option<[u8; 20]> {
        subject_public_key(self.tbs.public_key.full).ok().map(key_identifier)
    }

    fn extension(&self, extension: &ViewedExtension<'_>, oid: &Oid) -> String {
        let text = describe_extension(oid, extension.value);
        match Known::of(extension.oid) {
            Some(Known::SubjectKeyIdentifier) => match self.names_key(extension.value) {
                true => format!("{text} (the key identifier above)"),
                false => format!("{text} WARNING: this is not the key identifier above"),
            },
            Some(Known::KeyUsage) if matches!(extension.value, [tag::BIT_STRING, 3, 7, _, 0]) => {
                format!("{text} (nine bits)")
            }
            Some(Known::KeyUsage | Known::BasicConstraints) => text,
            Some(Known::ExtendedKeyUsage) => exact_purposes(extension.value).unwrap_or(text),
            _ => format!("{text}, SHA-256 {}", sha256(extension.value)),
        }
    }

    fn names_key(&self, value: &[u8]) -> bool {
        let named = Reader::single(value, tag::OCTET_STRING).ok();
        named.zip(self.key_identifier()).is_some_and(|(named, identifier)| named.content == identifier)
    }
}

/// Purposes by their names and their digits: a name alone could be that of another identifier.
fn exact_purposes(value: &[u8]) -> Option<String> {
    let mut reader = Reader::single(value, tag::SEQUENCE).ok()?.reader();
    let mut shown = Vec::new();
    while !reader.is_empty() {
        let oid = reader.any().ok()?.oid().ok()?;
        shown.push(OidName(&oid).to_string());
    }
    Some(shown.join(", "))
}

fn colons(octets: &[u8]) -> String {
    hex::upper(octets).colons().to_string()
}

fn sha256(octets: &[u8]) -> String {
    hex::lower(&Sha256::digest(octets)).to_string()
}
