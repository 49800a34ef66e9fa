//! What the rules (R-MRG, R-CSR-7) say about a case, written plainly and without the engine.

use crate::common::asn1::{SEQUENCE, content, sequence, tlv};
use crate::common::facts::Row;
use crate::common::golden::inputs::{
    Asked, CERTIFICATE_POLICIES, EXTENDED_KEY_USAGE, KEY_USAGE, Passthrough, Request, SUBJECT_ALT_NAME,
};

const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// What the authority contributes.
pub struct Contribution {
    /// Its subject, a `Name`.
    pub subject: Vec<u8>,
    /// The octets of its subject key identifier.
    pub key_identifier: Vec<u8>,
    /// The URL of its CRL, if it is configured to tell.
    pub crl: Option<String>,
    /// The URL of its OCSP responder, if it is configured to tell.
    pub ocsp: Option<String>,
}

/// Who gives a field or an extension, in the words of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Template,
    CaCertificate,
    Derived,
    Configuration,
    Api,
    Csr,
}

impl Origin {
    pub fn text(self) -> &'static str {
        match self {
            Origin::Template => "template",
            Origin::CaCertificate => "CA certificate",
            Origin::Derived => "derived",
            Origin::Configuration => "CA configuration",
            Origin::Api => "API",
            Origin::Csr => "CSR",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Extension {
    pub oid: String,
    pub critical: bool,
    pub value: Vec<u8>,
    pub from: &'static str,
}

/// What a certificate must say.
#[derive(Debug)]
pub struct Certificate {
    pub issuer: Vec<u8>,
    pub subject: Vec<u8>,
    pub subject_from: &'static str,
    pub extensions: Vec<Extension>,
    /// Input and reason, sorted.
    pub suppressed: Vec<(String, String)>,
}

/// The exception, where there must not be a certificate.
pub type Outcome = Result<Certificate, &'static str>;

/// The rules over one case.
pub struct Rules<'a> {
    pub row: &'a Row,
    pub passthrough: &'a Passthrough,
    pub request: &'a Request,
    pub authority: &'a Contribution,
    /// SHA-1 of the bits of the request's key.
    pub key_identifier: &'a [u8],
}

impl Rules<'_> {
    pub fn outcome(&self) -> Outcome {
        let (subject, subject_from) = self.subject();
        let mut extensions = self.extensions();
        // R-CSR-7, and RFC 5280 section 4.1.2.6 for CAs.
        if content(&subject).is_empty() {
            if self.row.basic_constraints.ca {
                return Err("MalformedCSRException");
            }
            match extensions.iter_mut().find(|extension| extension.oid == SUBJECT_ALT_NAME) {
                None => return Err("MalformedCSRException"),
                Some(san) if san.from == Origin::Csr.text() && !san.critical => return Err("MalformedCSRException"),
                Some(san) => san.critical = true,
            }
        }
        // RFC 5280 section 4.2.1.9: keyCertSign, bit 5, is for CAs; whoever asked for it is to blame.
        let usage = extensions.iter().find(|extension| extension.oid == KEY_USAGE);
        if let Some(usage) = usage.filter(|usage| !self.row.basic_constraints.ca && usage.value[3] & 0x04 != 0) {
            return Err(if usage.from == Origin::Api.text() {
                "InvalidArgsException"
            } else {
                "MalformedCSRException"
            });
        }
        let issuer = if self.row.is_root() { subject.clone() } else { self.authority.subject.clone() };
        Ok(Certificate { issuer, subject, subject_from, extensions, suppressed: self.suppressed() })
    }

    /// R-MRG-1.
    fn subject(&self) -> (Vec<u8>, &'static str) {
        match &self.passthrough.subject {
            Some(subject) if self.row.takes_api() => (subject.clone(), Origin::Api.text()),
            _ => (self.request.subject.clone(), Origin::Csr.text()),
        }
    }

    fn asked_by_api(&self, oid: &str) -> Option<&Asked> {
        self.passthrough.extensions.iter().find(|asked| asked.oid == oid)
    }

    fn asked_by_csr(&self, oid: &str) -> Option<&Asked> {
        self.request.extensions.iter().find(|asked| asked.oid == oid)
    }

    /// R-MRG-1: the API before the CSR, each only where the kind takes it; the SAN of the CSR is always taken.
    fn outside_giver(&self, oid: &str) -> Option<Origin> {
        if self.row.takes_api() && self.asked_by_api(oid).is_some() {
            return Some(Origin::Api);
        }
        let taken = self.row.takes_csr() || oid == SUBJECT_ALT_NAME;
        (taken && self.asked_by_csr(oid).is_some()).then_some(Origin::Csr)
    }

    /// Who gives an extension. `Err` where nobody may.
    fn giver(&self, oid: &str) -> Result<Option<Origin>, ()> {
        let (row, root) = (self.row, self.row.is_root());
        Ok(match oid {
            // R-MRG-2, R-MRG-3.
            BASIC_CONSTRAINTS => Some(Origin::Template),
            SUBJECT_KEY_IDENTIFIER => Some(Origin::Derived),
            AUTHORITY_KEY_IDENTIFIER if !root => Some(Origin::CaCertificate),
            AUTHORITY_KEY_IDENTIFIER if !row.takes_api() => return Err(()),
            KEY_USAGE if row.key_usage.is_some() => Some(Origin::Template),
            EXTENDED_KEY_USAGE if row.eku.is_some() => Some(Origin::Template),
            // R-MRG-4.
            CRL_DISTRIBUTION_POINTS if row.name.starts_with("RootCACertificate") => return Err(()),
            CRL_DISTRIBUTION_POINTS if !root && self.authority.crl.is_some() => Some(Origin::Configuration),
            // R-MRG-5.
            AUTHORITY_INFO_ACCESS if !root && self.authority.ocsp.is_some() => Some(Origin::Configuration),
            _ => self.outside_giver(oid),
        })
    }

    fn is_given_by(&self, oid: &str, from: Origin) -> bool {
        self.giver(oid) == Ok(Some(from))
    }

    /// R-MRG-8, slot by slot.
    fn extensions(&self) -> Vec<Extension> {
        let mut out = Vec::new();
        let mut put = |oid: &str, critical: bool, value: Vec<u8>, from: Origin| {
            out.push(Extension { oid: oid.to_owned(), critical, value, from: from.text() });
        };
        let standard = |oid: &str| {
            let asked = self.asked_by_api(oid).filter(|asked| asked.standard);
            asked.filter(|_| self.is_given_by(oid, Origin::Api))
        };
        let root = self.row.is_root();

        // CSR SAN.
        if let Some(san) = self.asked_by_csr(SUBJECT_ALT_NAME).filter(|san| self.is_given_by(&san.oid, Origin::Csr)) {
            put(SUBJECT_ALT_NAME, san.critical, san.value.clone(), Origin::Csr);
        }
        // basicConstraints, AKI, SKI.
        let constraints = &self.row.basic_constraints;
        put(BASIC_CONSTRAINTS, constraints.critical, constraints.der(), Origin::Template);
        if self.is_given_by(AUTHORITY_KEY_IDENTIFIER, Origin::CaCertificate) {
            let value = sequence(&[tlv(0x80, &[&self.authority.key_identifier])]);
            put(AUTHORITY_KEY_IDENTIFIER, false, value, Origin::CaCertificate);
        }
        put(SUBJECT_KEY_IDENTIFIER, false, tlv(0x04, &[self.key_identifier]), Origin::Derived);
        // keyUsage; a custom AKI after it on root templates; extendedKeyUsage.
        match (&self.row.key_usage, standard(KEY_USAGE)) {
            (Some(usage), _) => put(KEY_USAGE, usage.critical, usage.der(), Origin::Template),
            (None, Some(usage)) => put(KEY_USAGE, usage.critical, usage.value.clone(), Origin::Api),
            (None, None) => {}
        }
        if let Some(aki) =
            self.asked_by_api(AUTHORITY_KEY_IDENTIFIER).filter(|aki| self.is_given_by(&aki.oid, Origin::Api))
        {
            put(AUTHORITY_KEY_IDENTIFIER, aki.critical, aki.value.clone(), Origin::Api);
        }
        match (&self.row.eku, standard(EXTENDED_KEY_USAGE)) {
            (Some(eku), _) => put(EXTENDED_KEY_USAGE, eku.critical, eku.der(), Origin::Template),
            (None, Some(eku)) => put(EXTENDED_KEY_USAGE, eku.critical, eku.value.clone(), Origin::Api),
            (None, None) => {}
        }
        // API SAN.
        if let Some(san) = standard(SUBJECT_ALT_NAME) {
            put(SUBJECT_ALT_NAME, san.critical, san.value.clone(), Origin::Api);
        }
        // CRL distribution points and AIA of the configuration.
        if let Some(url) = self.authority.crl.as_ref().filter(|_| !root) {
            let point = tlv(0xa0, &[tlv(0xa0, &[tlv(0x86, &[url])])]);
            let value = sequence(&[tlv(SEQUENCE, &[point])]);
            put(CRL_DISTRIBUTION_POINTS, false, value, Origin::Configuration);
        }
        if let Some(url) = self.authority.ocsp.as_ref().filter(|_| !root) {
            let ocsp = crate::common::asn1::oid("1.3.6.1.5.5.7.48.1");
            let value = sequence(&[sequence(&[ocsp, tlv(0x86, &[url])])]);
            put(AUTHORITY_INFO_ACCESS, false, value, Origin::Configuration);
        }
        // certificatePolicies.
        if let Some(policies) = standard(CERTIFICATE_POLICIES) {
            put(CERTIFICATE_POLICIES, policies.critical, policies.value.clone(), Origin::Api);
        }
        // Custom extensions, then those of the CSR, each in the order given.
        for custom in self.passthrough.extensions.iter().filter(|asked| !asked.standard) {
            if custom.oid != AUTHORITY_KEY_IDENTIFIER && self.is_given_by(&custom.oid, Origin::Api) {
                put(&custom.oid, custom.critical, custom.value.clone(), Origin::Api);
            }
        }
        for asked in self.request.extensions.iter().filter(|asked| asked.oid != SUBJECT_ALT_NAME) {
            if self.is_given_by(&asked.oid, Origin::Csr) {
                put(&asked.oid, asked.critical, asked.value.clone(), Origin::Csr);
            }
        }
        out
    }

    /// R-MRG-7: every input that is not in the certificate, with the reason.
    fn suppressed(&self) -> Vec<(String, String)> {
        let row = self.row;
        let kind = match row.kind.as_str() {
            "base" => "base",
            "csr" => "CSRPassthrough",
            "api" => "APIPassthrough",
            _ => "APICSRPassthrough",
        };
        let not_taken = format!("{kind} templates do not take this source");
        let reason = |asked: &Asked, source: Origin, taken: bool| match self.giver(&asked.oid) {
            _ if !taken => Some(not_taken.clone()),
            Ok(Some(giver)) if giver == source => None,
            Ok(Some(giver @ (Origin::Configuration | Origin::Api))) => {
                Some(format!("a higher source gave it: {}", giver.text()))
            }
            Ok(Some(_)) | Err(()) => Some("the template defines it".to_owned()),
            Ok(None) => panic!("{} is asked for and taken, but nobody gives it", asked.oid),
        };
        let mut out = Vec::new();
        if self.passthrough.subject.is_some() && !row.takes_api() {
            out.push(("apiPassthrough.subject".to_owned(), not_taken.clone()));
        }
        let subject_is_replaced = self.passthrough.subject.is_some() && row.takes_api();
        if subject_is_replaced && !content(&self.request.subject).is_empty() {
            out.push(("csr.subject".to_owned(), "a higher source gave it: API".to_owned()));
        }
        for asked in &self.passthrough.extensions {
            let reason = reason(asked, Origin::Api, row.takes_api());
            out.extend(reason.map(|reason| (asked.input.clone(), reason)));
        }
        for asked in &self.request.extensions {
            let taken = row.takes_csr() || asked.oid == SUBJECT_ALT_NAME;
            let reason = reason(asked, Origin::Csr, taken);
            out.extend(reason.map(|reason| (asked.input.clone(), reason)));
        }
        for attribute in &self.request.other_attributes {
            out.push((format!("csr.attributes {attribute}"), "the attribute is not supported".to_owned()));
        }
        out.sort();
        out
    }
}
