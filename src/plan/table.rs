//! The plan as a table that a person can read.

use std::fmt;

use super::certificate_plan::{CertificatePlan, OidName};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::describe::describe_value;
use crate::x509::name::NameText;
use crate::x509::oid::Oid;
use crate::x509::public_key::PublicKey;
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::Field;

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
            let name = extension_name(&extension.oid(), extension.critical);
            rows.push([name, extension.source.to_string(), extension.value_text()]);
        }
        writeln!(f)?;
        write_table(f, &rows)?;
        if !self.warnings.is_empty() {
            rows.clear();
            rows.push(["warning".to_owned(), "citation".to_owned(), "text".to_owned()]);
            for warning in &self.warnings {
                rows.push([warning.name().to_owned(), warning.citation().to_owned(), warning.sentence()]);
            }
            writeln!(f)?;
            write_table(f, &rows)?;
        }
        if self.suppressed.is_empty() {
            return writeln!(f, "\nEvery input reached the certificate.");
        }
        rows.clear();
        rows.push(["not used".to_owned(), "because".to_owned(), "value".to_owned()]);
        for suppressed in &self.suppressed {
            rows.push([suppressed.input.to_string(), suppressed.explanation(), suppressed.value_text()]);
        }
        writeln!(f)?;
        write_table(f, &rows)
    }
}

pub(super) fn extension_name(oid: &Oid, critical: bool) -> String {
    format!("{}{}", OidName(oid), if critical { " critical" } else { "" })
}

/// Columns as wide as their widest cell; the last one ragged.
pub(super) fn write_table<const N: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; N]]) -> fmt::Result {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    // What the last column is underlined with.
    widths[N - 1] = 5;
    for (i, row) in rows.iter().enumerate() {
        let Some((last, others)) = row.split_last() else { continue };
        for (cell, width) in others.iter().zip(widths) {
            f.write_str("  ")?;
            f.write_str(cell)?;
            fill(f, SPACES, width - columns(cell))?;
        }
        f.write_str("  ")?;
        f.write_str(last)?;
        f.write_str("\n")?;
        if i == 0 {
            for width in widths {
                f.write_str("  ")?;
                fill(f, DASHES, width)?;
            }
            f.write_str("\n")?;
        }
    }
    Ok(())
}

fn columns(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

const SPACES: &str = "                                ";
const DASHES: &str = "--------------------------------";

fn fill(f: &mut fmt::Formatter<'_>, with: &str, mut columns: usize) -> fmt::Result {
    while columns > 0 {
        let part = columns.min(with.len());
        f.write_str(&with[..part])?;
        columns -= part;
    }
    Ok(())
}
