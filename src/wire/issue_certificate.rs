//! The wire form of requests for certificates.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::request::arn::{CertificateArn, CertificateAuthorityArn, TemplateArn};
use crate::request::certificate_policy::{PolicyInformation, PolicyInformationBuilder, PolicyQualifierInfo, Qualifier};
use crate::request::draft::{Draft, Findings};
use crate::request::extended_key_usage::ExtendedKeyUsage;
use crate::request::extensions::{CustomExtension, Extensions, ExtensionsBuilder};
use crate::request::general_name::{EdiPartyName, GeneralName, OtherName};
use crate::request::issue_certificate::{
    IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse,
};
use crate::request::key_usage::{BITS, KeyUsage, NAMES};
use crate::request::passthrough::{ApiPassthrough, ApiPassthroughBuilder};
use crate::request::subject::{CustomAttribute, Subject, SubjectBuilder};
use crate::request::validity::Validity;
use crate::request::violation::{Constraint, RequestError, Violation};
use crate::wire::document::{Document, DocumentSeed, Nodes};
use crate::wire::from_member::{FromMember, Read, one_of, structure};
use crate::wire::reading::Reading;
use crate::wire::to_member::{Member, Write};
use crate::wire::{MAX_MESSAGE_LEN, json, structures};

structures! {
    IssueCertificateRequest by IssueCertificateRequestBuilder {
        api_passthrough = "ApiPassthrough",
        certificate_authority_arn = "CertificateAuthorityArn",
        csr = "Csr",
        signing_algorithm = "SigningAlgorithm",
        template_arn = "TemplateArn",
        validity = "Validity",
        validity_not_before = "ValidityNotBefore",
        idempotency_token = "IdempotencyToken",
    }
    IssueCertificateResponse by assemble { certificate_arn = "CertificateArn" }
    ApiPassthrough by ApiPassthroughBuilder { extensions = "Extensions", subject = "Subject" }
    Extensions by ExtensionsBuilder {
        certificate_policies = "CertificatePolicies",
        extended_key_usage = "ExtendedKeyUsage",
        key_usage = "KeyUsage",
        subject_alternative_names = "SubjectAlternativeNames",
        custom_extensions = "CustomExtensions",
    }
    PolicyInformation by PolicyInformationBuilder {
        cert_policy_id = "CertPolicyId",
        policy_qualifiers = "PolicyQualifiers",
    }
    PolicyQualifierInfo by assemble {
        policy_qualifier_id = "PolicyQualifierId",
        qualifier = "Qualifier",
    }
    Qualifier by assemble { cps_uri = "CpsUri" }
    OtherName by assemble { type_id = "TypeId", value = "Value" }
    EdiPartyName by assemble { party_name = "PartyName", name_assigner = "NameAssigner" }
    CustomExtension by assemble {
        object_identifier = "ObjectIdentifier",
        value = "Value",
        critical = "Critical",
    }
    Subject by SubjectBuilder {
        country = "Country",
        organization = "Organization",
        organizational_unit = "OrganizationalUnit",
        distinguished_name_qualifier = "DistinguishedNameQualifier",
        state = "State",
        common_name = "CommonName",
        serial_number = "SerialNumber",
        locality = "Locality",
        title = "Title",
        surname = "Surname",
        given_name = "GivenName",
        initials = "Initials",
        pseudonym = "Pseudonym",
        generation_qualifier = "GenerationQualifier",
        custom_attributes = "CustomAttributes",
    }
    CustomAttribute by assemble { object_identifier = "ObjectIdentifier", value = "Value" }
    Validity by assemble { value = "Value", r#type = "Type" }
}

impl Read for KeyUsage {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<KeyUsage> {
        structure(document, reading, &NAMES, |members| {
            let mut findings = Findings::default();
            let mut bits = 0;
            let mut no_usage = true;
            for (wire, _, bit) in BITS {
                let member: Option<Draft<bool>> = members.take(wire);
                let absent = member.is_none();
                match findings.optional(wire, member) {
                    Some(true) => bits |= bit.bits(),
                    value => no_usage &= absent || value == Some(false),
                }
            }
            let usage = KeyUsage::from_bits(bits);
            // A member of the wrong type may have been meant as true.
            if usage.is_none() && no_usage {
                findings.add(Violation::new("no key usage", Constraint::SomeKeyUsage));
            }
            findings.finish(|| usage)
        })
    }
}

impl Read for ExtendedKeyUsage {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<ExtendedKeyUsage> {
        structure(document, reading, &ExtendedKeyUsage::OPTIONS, |members| {
            let [purpose, oid] = ExtendedKeyUsage::OPTIONS;
            let options = [
                members.option(purpose, ExtendedKeyUsage::purpose),
                members.option(oid, ExtendedKeyUsage::object_identifier),
            ];
            one_of(&ExtendedKeyUsage::OPTIONS, options)
        })
    }
}

impl Read for GeneralName {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<GeneralName> {
        structure(document, reading, &GeneralName::OPTIONS, |members| {
            let [other, rfc822, dns, directory, edi, uri, ip, registered] = GeneralName::OPTIONS;
            let options = [
                members.option(other, GeneralName::other_name),
                members.option(rfc822, GeneralName::rfc822_name),
                members.option(dns, GeneralName::dns_name),
                members.option(directory, GeneralName::directory_name),
                members.option(edi, GeneralName::edi_party_name),
                members.option(uri, GeneralName::uniform_resource_identifier),
                members.option(ip, GeneralName::ip_address),
                members.option(registered, GeneralName::registered_id),
            ];
            one_of(&GeneralName::OPTIONS, options)
        })
    }
}

impl FromMember for Option<Box<ApiPassthroughBuilder>> {
    fn from_member(value: Option<Document<'_>>, reading: &mut Reading) -> Self {
        Option::<Draft<_>>::from_member(value, reading).map(|draft| Box::new(draft.into()))
    }
}

impl Member for Option<Box<ApiPassthrough>> {
    fn member(&self) -> Option<Document<'_>> {
        self.as_deref().map(ApiPassthrough::write)
    }
}

impl FromMember for Option<ExtensionsBuilder> {
    fn from_member(value: Option<Document<'_>>, reading: &mut Reading) -> Self {
        Option::<Draft<_>>::from_member(value, reading).map(Into::into)
    }
}

impl Write for KeyUsage {
    fn write(&self) -> Document<'_> {
        Document::structure(BITS.map(|(wire, _, bit)| (wire, Some(Document::Bool(self.contains(bit))))))
    }
}

impl Write for ExtendedKeyUsage {
    fn write(&self) -> Document<'_> {
        let [purpose, oid] = ExtendedKeyUsage::OPTIONS;
        Document::structure([match self {
            ExtendedKeyUsage::Purpose(given) => (purpose, given.member()),
            ExtendedKeyUsage::Oid(given) => (oid, given.member()),
        }])
    }
}

impl Write for GeneralName {
    fn write(&self) -> Document<'_> {
        let [other, rfc822, dns, directory, edi, uri, ip, registered] = GeneralName::OPTIONS;
        Document::structure([match self {
            GeneralName::OtherName(name) => (other, name.member()),
            GeneralName::Rfc822Name(address) => (rfc822, address.member()),
            GeneralName::DnsName(name) => (dns, name.member()),
            GeneralName::DirectoryName(name) => (directory, (**name).member()),
            GeneralName::EdiPartyName(name) => (edi, name.member()),
            GeneralName::UniformResourceIdentifier(name) => (uri, name.member()),
            GeneralName::IpAddress(address) => (ip, address.member()),
            GeneralName::RegisteredId(oid) => (registered, oid.member()),
        }])
    }
}

/// Serde's traits by way of a [`Document`].
macro_rules! wire_form {
    ($($type:ty)+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.write().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            /// Needs a self-describing format, such as JSON or CBOR. The error's text has all violations; members that are
            /// not known are among them, since a part of a request does not list what it does not use.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let document = DocumentSeed::new(&Nodes::default()).deserialize(deserializer)?;
                <$type>::read(document, &mut Reading::part()).build().map_err(D::Error::custom)
            }
        }
    )+}
}

impl Serialize for IssueCertificateRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IssueCertificateRequest {
    /// As [`IssueCertificateRequest::from_json`], from any self-describing format, such as JSON or CBOR. The error's text has
    /// all violations.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = DocumentSeed::new(&Nodes::default()).deserialize(deserializer)?;
        IssueCertificateRequest::from_document(document).map_err(D::Error::custom)
    }
}

wire_form! {
    IssueCertificateResponse ApiPassthrough Extensions PolicyInformation PolicyQualifierInfo
    Qualifier ExtendedKeyUsage KeyUsage GeneralName OtherName EdiPartyName CustomExtension Subject CustomAttribute
    Validity CertificateAuthorityArn CertificateArn TemplateArn
}

impl IssueCertificateRequest {
    /// The longest JSON document that is read, in bytes.
    pub const MAX_JSON_LEN: usize = MAX_MESSAGE_LEN;

    /// Reads the wire form: one JSON object with the names of the API, `Csr` as the base64 of the PEM or DER. A member
    /// that is null is taken as absent, one that the API does not have is ignored and listed by
    /// [`IssueCertificateRequest::unused_members`] (R-REQ-10). Inside `ApiPassthrough`, a name that differs from one that the
    /// structure has by case or by at most two letters (put in, left out, replaced or swapped) is refused, with that name.
    ///
    /// # Errors
    /// Everything that is wrong with the request (R-REQ-2). When `json` is longer than
    /// [`IssueCertificateRequest::MAX_JSON_LEN`], is not JSON, nests deeper than 32 levels, has more than 262144 values or
    /// gives a name twice, that alone.
    pub fn from_json(json: &[u8]) -> Result<IssueCertificateRequest, RequestError> {
        IssueCertificateRequest::from_document(json::decode(json)?)
    }

    /// The request that a message says, with what of it is not used.
    pub(crate) fn from_document(document: Document<'_>) -> Result<IssueCertificateRequest, RequestError> {
        let mut reading = Reading::request();
        let mut request = IssueCertificateRequest::read(document, &mut reading).build()?;
        request.unused.append(reading.into_unused());
        Ok(request)
    }

    /// The wire form. Members that are absent are left out.
    pub fn to_json(&self) -> String {
        self.write().to_json()
    }
}
