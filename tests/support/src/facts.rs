//! The rows of `tests/data/templates.json`.

use serde_json::Value;

use crate::asn1::{BIT_STRING, BOOLEAN, INTEGER, oid, sequence, tlv};
use crate::files;

/// A template, as documented.
pub struct Row {
    pub name: String,
    pub kind: String,
    pub subject_source: Vec<String>,
    pub san_source: Vec<String>,
    pub basic_constraints: BasicConstraints,
    pub aki: Option<String>,
    pub ski: String,
    pub key_usage: Option<KeyUsage>,
    pub eku: Option<ExtendedKeyUsage>,
    pub cdp_sources: Vec<String>,
}

pub struct BasicConstraints {
    pub critical: bool,
    pub ca: bool,
    pub path_len: Option<u8>,
}

pub struct KeyUsage {
    pub critical: bool,
    /// As RFC 5280 counts them.
    pub bits: Vec<usize>,
}

pub struct ExtendedKeyUsage {
    pub critical: bool,
    pub names: Vec<String>,
    pub oids: Vec<String>,
}

impl Row {
    /// Whether the template makes the certificate of a root.
    pub fn is_root(&self) -> bool {
        self.name.contains("RootCACertificate")
    }

    pub fn takes_api(&self) -> bool {
        self.kind.starts_with("api")
    }

    pub fn takes_csr(&self) -> bool {
        self.kind.ends_with("csr")
    }
}

impl BasicConstraints {
    pub fn der(&self) -> Vec<u8> {
        let ca = if self.ca { tlv(BOOLEAN, &[[0xff]]) } else { Vec::new() };
        let path_len = self.path_len.map(|number| tlv(INTEGER, &[[number]])).unwrap_or_default();
        sequence(&[ca, path_len])
    }
}

impl KeyUsage {
    pub fn der(&self) -> Vec<u8> {
        key_usage(&self.bits)
    }
}

impl ExtendedKeyUsage {
    pub fn der(&self) -> Vec<u8> {
        let oids: Vec<Vec<u8>> = self.oids.iter().map(|text| oid(text)).collect();
        sequence(&oids)
    }
}

/// The names of RFC 5280, in the order of the bits.
pub const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// A BIT STRING with these bits, without trailing zeros (R-ENC-5).
pub fn key_usage(bits: &[usize]) -> Vec<u8> {
    let last = *bits.iter().max().unwrap();
    let mut octets = vec![0u8; last / 8 + 1];
    for bit in bits {
        octets[bit / 8] |= 0x80 >> (bit % 8);
    }
    tlv(BIT_STRING, &[&[7 - (last % 8) as u8][..], &octets])
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// All 61, in the order of the file.
pub fn rows() -> Vec<Row> {
    let document: Value = serde_json::from_str(&files::text("templates.json")).unwrap();
    document["templates"].as_array().unwrap().iter().map(row).collect()
}

fn row(row: &Value) -> Row {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    // Every column of the file is read.
    assert_eq!(row.as_object().unwrap().len(), 10, "{row}");
    let bc = &row["basic_constraints"];
    let bit = |name: &String| USAGES.iter().position(|usage| usage == name).unwrap();
    let critical = |value: &Value| value["critical"].as_bool().unwrap();
    Row {
        name: text(&row["name"]).unwrap(),
        kind: text(&row["kind"]).unwrap(),
        subject_source: list(&row["subject_source"]),
        san_source: list(&row["san_source"]),
        basic_constraints: BasicConstraints {
            critical: critical(bc),
            ca: bc["ca"].as_bool().unwrap(),
            path_len: bc["path_len"].as_u64().map(|number| number as u8),
        },
        aki: text(&row["aki"]),
        ski: text(&row["ski"]).unwrap(),
        key_usage: row["key_usage"].is_object().then(|| KeyUsage {
            critical: critical(&row["key_usage"]),
            bits: list(&row["key_usage"]["bits"]).iter().map(bit).collect(),
        }),
        eku: row["eku"].is_object().then(|| ExtendedKeyUsage {
            critical: critical(&row["eku"]),
            names: list(&row["eku"]["names"]),
            oids: list(&row["eku"]["oids"]),
        }),
        cdp_sources: list(&row["cdp_sources"]),
    }
}
