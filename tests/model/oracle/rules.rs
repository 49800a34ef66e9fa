//! What the rules of the merge (R-MRG, R-CSR-7) say about a request, written plainly and without the engine.

use issuance_test_support::asn1::{BIT_STRING, SEQUENCE, sequence, tlv};
use issuance_test_support::facts::Row;
use issuance_test_support::inputs::{Asked, Passthrough};

use crate::oracle::aliases::judged_as;
use crate::oracle::csr::{MS_CERT_EXTENSIONS, Request};
use crate::oracle::names;
use crate::oracle::types::{
    AUTHORITY_INFO_ACCESS, AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, CRL_DISTRIBUTION_POINTS,
    EXTENDED_KEY_USAGE, KEY_USAGE, SUBJECT_ALT_NAME, SUBJECT_KEY_IDENTIFIER, reads,
};
use crate::oracle::warnings::Warning;

/// What the authority contributes.
pub(crate) struct Contribution {
    /// Its subject, a `Name`.
    pub(crate) subject: Vec<u8>,
    /// The octets of its subject key identifier.
    pub(crate) key_identifier: Vec<u8>,
    /// The URL of its CRL, if it is configured to tell.
    pub(crate) crl: Option<String>,
    /// The URL of its OCSP responder, if it is configured to tell.
    pub(crate) ocsp: Option<String>,
    /// The URL of its certificate, if it is configured to tell.
    pub(crate) ca_issuers: Option<String>,
}

impl Contribution {
    fn has_info_access(&self) -> bool {
        self.ocsp.is_some() || self.ca_issuers.is_some()
    }
}

/// Who gives a field or an extension, in the words of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Template,
    CaCertificate,
    Derived,
    Configuration,
    Api,
    Csr,
}

impl Origin {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Origin::Template => "template",
            Origin::CaCertificate => "CA certificate",
            Origin::Derived => "derived",
            Origin::Configuration => "CA configuration",
            Origin::Api => "API",
            Origin::Csr => "CSR",
        }
    }

    /// The same word of the plan, where it is a source of extensions.
    pub(crate) fn read(text: &str) -> &'static str {
        let all =
            [Origin::Template, Origin::CaCertificate, Origin::Derived, Origin::Configuration, Origin::Api, Origin::Csr];
        all.map(Origin::text).into_iter().find(|word| *word == text).expect("a source of extensions")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) oid: String,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
    pub(crate) from: &'static str,
}

/// What a certificate must say.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) issuer: Vec<u8>,
    pub(crate) issuer_from: &'static str,
    pub(crate) subject: Vec<u8>,
    pub(crate) subject_from: &'static str,
    pub(crate) extensions: Vec<Extension>,
    /// Sorted.
    pub(crate) suppressed: Vec<Suppressed>,
    /// Sorted.
    pub(crate) warnings: Vec<Warning>,
}

/// An input that is not in the certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Suppressed {
    pub(crate) input: String,
    pub(crate) reason: String,
    pub(crate) value: Vec<u8>,
}

impl Suppressed {
    /// What the plan says; its name of the extension is for readers and left out.
    pub(crate) fn read(suppressed: &issuance::plan::SuppressedInput) -> Suppressed {
        let input = suppressed.input().to_string();
        let input = match input.split_once(" (") {
            Some((head, _)) => format!("{head} {}", suppressed.input().oid().unwrap()),
            None => input,
        };
        Suppressed { input, reason: suppressed.reason().to_string(), value: suppressed.value_der().to_vec() }
    }
}

/// Why there must not be a certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refusal {
    /// The rule, and after a blank what of it.
    pub(crate) rule: String,
    pub(crate) exception: &'static str,
}

pub(crate) const INVALID_ARGS: &str = "InvalidArgsException";
pub(crate) const MALFORMED_CSR: &str = "MalformedCSRException";
pub(crate) const VALIDATION: &str = "ValidationException";

/// The certificate, or everything that speaks against it: no rule says which of several reasons comes first.
pub(crate) type Outcome = Result<Certificate, Vec<Refusal>>;

/// The rules over one case.
pub(crate) struct Rules<'a> {
    pub(crate) row: &'a Row,
    pub(crate) passthrough: &'a Passthrough,
    pub(crate) request: &'a Request,
    pub(crate) authority: &'a Contribution,
    /// SHA-1 of the bits of the request's key.
    pub(crate) key_identifier: &'a [u8],
    /// The option of R-ENC-5.
    pub(crate) nine_bits: bool,
}

impl Rules<'_> {
    pub(crate) fn outcome(&self) -> Outcome {
        let (subject, subject_from) = self.subject();
        let mut extensions = self.extensions();
        let mut refusals = Vec::new();
        let mut refuse = |rule: &str, exception| refusals.push(Refusal { rule: rule.to_owned(), exception });
        let ca = self.row.basic_constraints.ca;
        // R-CSR-2: a subject that reaches the certificate.
        if names::attributes(&subject).is_none() {
            refuse("R-CSR-2 subject", MALFORMED_CSR);
        }
        // R-CSR-7, R-CSR-9, and RFC 5280 section 4.1.2.6 for CAs.
        if names::is_empty(&subject) {
            match extensions.iter_mut().find(|extension| extension.oid == SUBJECT_ALT_NAME) {
                _ if ca => refuse("R-CSR-7", MALFORMED_CSR),
                None => refuse("R-CSR-7", MALFORMED_CSR),
                Some(san) if san.from == Origin::Csr.text() && !san.critical => refuse("R-CSR-7", MALFORMED_CSR),
                Some(san) => san.critical = true,
            }
        }
        if self.request.asks_twice {
            refuse("R-CSR-6", MALFORMED_CSR);
        }
        if self.request.unreadable.is_some() && self.row.takes_csr() {
            refuse("R-CSR-2 extension request", MALFORMED_CSR);
        }
        let from_csr: Vec<&Asked> = self.request.extensions.iter().filter(|asked| self.reaches(asked)).collect();
        for (at, asked) in from_csr.iter().enumerate() {
            if from_csr[..at].iter().any(|earlier| earlier.oid == asked.oid) {
                refuse("R-CSR-6 extension", MALFORMED_CSR);
            }
            if asked.malformed {
                refuse("R-CSR-2 extension", MALFORMED_CSR);
            }
        }
        for extension in &extensions {
            let known = judged_as(&extension.oid);
            if reads(&known, &extension.value) != Some(false) {
                continue;
            }
            let rule = format!("R-CSR-8 {known}");
            if extension.from == Origin::Csr.text() {
                refuse(&rule, MALFORMED_CSR);
            }
            // Other exceptions may stand for it where the API gave the value. Its own member may have nine bits.
            let of_member =
                extension.oid == KEY_USAGE && self.asked_by_api(KEY_USAGE).is_some_and(|usage| usage.standard);
            if extension.from == Origin::Api.text() && !of_member {
                [MALFORMED_CSR, INVALID_ARGS, VALIDATION].into_iter().for_each(|exception| refuse(&rule, exception));
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let (issuer, issuer_from) = match self.row.is_root() {
            true => (subject.clone(), subject_from),
            false => (self.authority.subject.clone(), Origin::CaCertificate.text()),
        };
        let (suppressed, warnings) = (self.suppressed(), self.warnings(&subject, subject_from, &extensions));
        Ok(Certificate { issuer, issuer_from, subject, subject_from, extensions, suppressed, warnings })
    }

    /// What there is to warn of, whether or not there is to be a certificate.
    pub(crate) fn all_warnings(&self) -> Vec<Warning> {
        let (subject, from) = self.subject();
        self.warnings(&subject, from, &self.extensions())
    }

    /// Whether what the CSR asks for is in the certificate.
    fn reaches(&self, asked: &Asked) -> bool {
        self.is_given_by(&asked.oid, Origin::Csr) && !self.is_alias(asked)
    }

    /// R-MRG-1.
    pub(crate) fn subject(&self) -> (Vec<u8>, &'static str) {
        match &self.passthrough.subject {
            Some(subject) if self.row.takes_api() => (subject.clone(), Origin::Api.text()),
            _ => (self.request.subject.clone(), Origin::Csr.text()),
        }
    }

    fn asked_by_api(&self, oid: &str) -> Option<&Asked> {
        self.passthrough.extensions.iter().find(|asked| asked.oid == oid && !self.is_alias(asked))
    }

    fn asked_by_csr(&self, oid: &str) -> Option<&Asked> {
        self.request.extensions.iter().find(|asked| asked.oid == oid && !self.is_alias(asked))
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
    pub(crate) fn giver(&self, oid: &str) -> Result<Option<Origin>, ()> {
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
            AUTHORITY_INFO_ACCESS if !root && self.authority.has_info_access() => Some(Origin::Configuration),
            _ => self.outside_giver(oid),
        })
    }

    fn is_given_by(&self, oid: &str, from: Origin) -> bool {
        self.giver(oid) == Ok(Some(from))
    }

    /// R-MRG-8, slot by slot.
    pub(crate) fn extensions(&self) -> Vec<Extension> {
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
        // keyUsage, extendedKeyUsage.
        match (&self.row.key_usage, standard(KEY_USAGE)) {
            (Some(usage), _) => put(KEY_USAGE, usage.critical, usage.der(), Origin::Template),
            (None, Some(usage)) => put(KEY_USAGE, usage.critical, self.usage(&usage.value), Origin::Api),
            (None, None) => {}
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
        if self.authority.has_info_access() && !root {
            let access = |method: &str, url: &Option<String>| {
                let url = url.as_ref()?;
                Some(sequence(&[issuance_test_support::asn1::oid(method), tlv(0x86, &[url])]))
            };
            let ocsp = access("1.3.6.1.5.5.7.48.1", &self.authority.ocsp);
            let ca_issuers = access("1.3.6.1.5.5.7.48.2", &self.authority.ca_issuers);
            let value = sequence(&ocsp.into_iter().chain(ca_issuers).collect::<Vec<_>>());
            put(AUTHORITY_INFO_ACCESS, false, value, Origin::Configuration);
        }
        // certificatePolicies.
        if let Some(policies) = standard(CERTIFICATE_POLICIES) {
            put(CERTIFICATE_POLICIES, policies.critical, policies.value.clone(), Origin::Api);
        }
        // Custom extensions, a root's AKI among them, then those of the CSR, each in the order given.
        for custom in self.passthrough.extensions.iter().filter(|asked| !asked.standard) {
            if self.is_given_by(&custom.oid, Origin::Api) && !self.is_alias(custom) {
                put(&custom.oid, custom.critical, custom.value.clone(), Origin::Api);
            }
        }
        for asked in self.request.extensions.iter().filter(|asked| asked.oid != SUBJECT_ALT_NAME) {
            if self.reaches(asked) {
                put(&asked.oid, asked.critical, asked.value.clone(), Origin::Csr);
            }
        }
        out
    }

    /// R-ENC-5: the API's member, in nine bits if so.
    fn usage(&self, value: &[u8]) -> Vec<u8> {
        match *value {
            [BIT_STRING, 2, _, octet] if self.nine_bits => vec![BIT_STRING, 3, 7, octet, 0],
            _ => value.to_vec(),
        }
    }

    /// R-MRG-7: every input that is not in the certificate, with the reason.
    pub(crate) fn suppressed(&self) -> Vec<Suppressed> {
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
            _ if self.is_alias(asked) => Some("the template defines it".to_owned()),
            Ok(Some(giver)) if giver == source => None,
            Ok(Some(giver @ (Origin::Configuration | Origin::Api))) => {
                Some(format!("a higher source gave it: {}", giver.text()))
            }
            Ok(Some(_)) | Err(()) => Some("the template defines it".to_owned()),
            Ok(None) => panic!("{} is asked for and taken, but nobody gives it", asked.oid),
        };
        let mut out = Vec::new();
        let mut suppress = |input: &str, reason: String, value: &[u8]| {
            out.push(Suppressed { input: input.to_owned(), reason, value: value.to_vec() })
        };
        match &self.passthrough.subject {
            Some(subject) if !row.takes_api() => suppress("apiPassthrough.subject", not_taken.clone(), subject),
            Some(_) if self.request.subject != [SEQUENCE, 0] => {
                suppress("csr.subject", "a higher source gave it: API".to_owned(), &self.request.subject);
            }
            _ => {}
        }
        for asked in &self.passthrough.extensions {
            if let Some(reason) = reason(asked, Origin::Api, row.takes_api()) {
                let value = if asked.standard { self.usage(&asked.value) } else { asked.value.clone() };
                suppress(&asked.input, reason, &value);
            }
        }
        for asked in &self.request.extensions {
            let taken = row.takes_csr() || asked.oid == SUBJECT_ALT_NAME;
            if let Some(reason) = reason(asked, Origin::Csr, taken) {
                suppress(&asked.input, reason, &asked.value);
            }
        }
        for (id, values) in &self.request.other_attributes {
            let reason = match id.as_str() {
                // R-CSR-6.
                MS_CERT_EXTENSIONS => "a higher source gave it: CSR",
                _ => "the attribute is not supported",
            };
            suppress(&format!("csr.attributes {id}"), reason.to_owned(), values);
        }
        if let Some((id, values)) = &self.request.unreadable {
            suppress(&format!("csr.attributes {id}"), not_taken.clone(), values);
        }
        out.sort();
        out
    }
}
