//! The plan as a table that a person can read.

use std::fmt;

use super::{CertificatePlan, Field, OidName};
use crate::asn1::Reader;
use crate::describe::describe_value;
use crate::name::NameText;
use crate::public_key::PublicKey;
use crate::{SerialNumber, SignatureAlgorithm};

/// The value of a field of TBSCertificate, for people to read.
pub(super) fn field_text(field: Field, der: &[u8]) -> String {
    let text = match field {
        Field::Issuer | Field::Subject => Some(NameText(der).to_string()),
        Field::SerialNumber => Reader::new(der)
            .any()
            .ok()
            .and_then(|tlv| SerialNumber::from_be_bytes(tlv.content).ok().map(|serial| serial.to_string())),
        Field::NotBefore | Field::NotAfter => {
            Reader::new(der).any().ok().and_then(|tlv| tlv.timestamp()).map(|time| time.to_string())
        }
        Field::Signature => SignatureAlgorithm::from_der(der).map(|algorithm| algorithm.to_string()),
        Field::SubjectPublicKeyInfo => PublicKey::from_der(der).ok().map(|key| key.to_string()),
    };
    text.unwrap_or_else(|| describe_value(der))
}

impl fmt::Display for CertificatePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Template {}/V1 ({})", self.template, self.kind)?;
        let mut rows = vec![["field".to_owned(), "from".to_owned(), "value".to_owned()]];
        for planned in &self.fields {
            let name = planned.field.as_str().to_owned();
            rows.push([name, planned.source.to_string(), self.field_text(planned.field)]);
        }
        write_table(f, &rows)?;
        rows.truncate(1);
        rows[0][0] = "extension".to_owned();
        for extension in self.extensions() {
            let critical = if extension.critical { " critical" } else { "" };
            let name = format!("{}{critical}", OidName(&extension.oid()));
            rows.push([name, extension.source.to_string(), extension.value_text()]);
        }
        writeln!(f)?;
        write_table(f, &rows)?;
        if self.suppressed.is_empty() {
            return writeln!(f, "\nEvery input reached the certificate.");
        }
        rows.clear();
        rows.push(["not used".to_owned(), "because".to_owned(), "value".to_owned()]);
        for suppressed in &self.suppressed {
            rows.push([suppressed.input.to_string(), suppressed.reason.to_string(), suppressed.value_text()]);
        }
        writeln!(f)?;
        write_table(f, &rows)
    }
}

/// Columns as wide as their widest cell; the last one ragged.
fn write_table(f: &mut fmt::Formatter<'_>, rows: &[[String; 3]]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    for (i, [a, b, c]) in rows.iter().enumerate() {
        writeln!(f, "  {a:first$}  {b:second$}  {c}")?;
        if i == 0 {
            writeln!(f, "  {:-<first$}  {:-<second$}  {:-<5}", "", "", "")?;
        }
    }
    Ok(())
}
