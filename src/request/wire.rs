//! The wire form of requests: the names of the API model, blobs in base64 where the format is text.
//!
//! Reading makes a [`Document`] first, which bounds depth and refuses a name given twice, and then feeds the builders
//! from it, so that wrong types and unknown members are reported along with everything else.

mod document;
mod read;
mod write;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use self::document::{Document, DocumentSeed};
use self::read::{Read, structure};
use self::write::{Member, Write};
use super::draft::Draft;
use super::extended_key_usage::ExtendedKeyUsage;
use super::extension::{CustomExtension, Extensions, ExtensionsBuilder};
use super::general_name::{EdiPartyName, GeneralName, OtherName};
use super::issue::{IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse};
use super::key_usage::KeyUsage;
use super::passthrough::{ApiPassthrough, ApiPassthroughBuilder};
use super::policy::{PolicyInformation, PolicyInformationBuilder, PolicyQualifierInfo, Qualifier};
use super::subject::{CustomAttribute, Subject, SubjectBuilder};
use super::validity::Validity;
use super::violation::{Constraint, RequestError, Violation};
use crate::{CertificateArn, CertificateAuthorityArn, TemplateArn};

/// Declares the members of a structure with their wire names, and how its draft is made from them: by a builder, or by
/// `assemble`, which takes the members in this order.
macro_rules! structures {
    ($($type:ident by $maker:ident $members:tt)+) => {$(
        structures!(read $type by $maker $members);
        structures!(write $type $members);
    )+};
    (read $type:ident by assemble { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl Read for $type {
            fn read(document: Document) -> Draft<Self> {
                structure(document, &[$($wire),+], |members| $type::assemble($(members.take($wire)),+))
            }
        }
    };
    (read $type:ident by $builder:ident { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl Read for $type {
            fn read(document: Document) -> Draft<Self> {
                structure(document, &[$($wire),+], |members| {
                    let mut builder = $builder::default();
                    $(builder.$field = members.take($wire);)+
                    builder.into()
                })
            }
        }
    };
    (write $type:ident { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl Write for $type {
            fn write(&self) -> Document {
                Document::structure([$(($wire, self.$field.member())),+])
            }
        }
    };
}

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

/// Serde's traits by way of a [`Document`].
macro_rules! wire_form {
    ($($type:ty)+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.write().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            /// Needs a self-describing format, such as JSON or CBOR. The error's text has all violations.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let document = DocumentSeed::default().deserialize(deserializer)?;
                <$type>::read(document).build().map_err(D::Error::custom)
            }
        }
    )+}
}

wire_form! {
    IssueCertificateRequest IssueCertificateResponse ApiPassthrough Extensions PolicyInformation PolicyQualifierInfo
    Qualifier ExtendedKeyUsage KeyUsage GeneralName OtherName EdiPartyName CustomExtension Subject CustomAttribute
    Validity CertificateAuthorityArn CertificateArn TemplateArn
}

impl IssueCertificateRequest {
    /// The longest JSON document that is read, in octets.
    pub const MAX_JSON_LEN: usize = 1 << 20;

    /// Reads the wire form: one JSON object with the names of the API, `Csr` as the base64 of the PEM or DER. A member
    /// that is null is taken as absent.
    ///
    /// # Errors
    /// Everything that is wrong with the request (R-REQ-2). When `json` is longer than
    /// [`IssueCertificateRequest::MAX_JSON_LEN`], is not JSON, nests deeper than 32 levels or gives a name twice, that
    /// alone.
    pub fn from_json(json: &[u8]) -> Result<IssueCertificateRequest, RequestError> {
        let refuse = |constraint| {
            let violation = Violation::new(format!("<{} bytes>", json.len()), constraint);
            Err(RequestError::new(vec![violation]))
        };
        if json.len() > IssueCertificateRequest::MAX_JSON_LEN {
            return refuse(Constraint::MaxLength(IssueCertificateRequest::MAX_JSON_LEN));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let document = DocumentSeed::default().deserialize(&mut deserializer);
        match document.and_then(|document| deserializer.end().map(|()| document)) {
            Ok(document) => IssueCertificateRequest::read(document).build(),
            Err(error) => refuse(Constraint::Syntax(error.to_string())),
        }
    }

    /// The wire form. Members that are absent are left out.
    pub fn to_json(&self) -> String {
        self.write().to_json()
    }
}
