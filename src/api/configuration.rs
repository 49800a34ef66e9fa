//! The wire form of what authorities are made of.

use crate::authority::csr_extensions::{AccessDescription, AccessMethod, CsrExtensions};
use crate::authority::revocation::{
    CrlConfiguration, CrlConfigurationBuilder, CrlDistributionPointExtensionConfiguration, OcspConfiguration,
};
use crate::request::draft::{Draft, Findings, LowerCamel};
use crate::wire::document::Document;
use crate::wire::from_member::{Read, one_of, structure};
use crate::wire::reading::Reading;
use crate::wire::structures;
use crate::wire::to_member::{Member, Write};

structures! {
    CrlConfiguration by CrlConfigurationBuilder {
        enabled = "Enabled",
        expiration_in_days = "ExpirationInDays",
        custom_cname = "CustomCname",
        s3_bucket_name = "S3BucketName",
        s3_object_acl = "S3ObjectAcl",
        extension = "CrlDistributionPointExtensionConfiguration",
        crl_type = "CrlType",
        custom_path = "CustomPath",
    }
    OcspConfiguration by assemble { enabled = "Enabled", ocsp_custom_cname = "OcspCustomCname" }
}

impl Read for CrlDistributionPointExtensionConfiguration {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self> {
        structure(document, reading, &["OmitExtension"], |members| {
            let mut findings = Findings::default();
            let omit_extension = findings.required("OmitExtension", members.take("OmitExtension"));
            findings.finish(|| Some(CrlDistributionPointExtensionConfiguration { omit_extension: omit_extension? }))
        })
    }
}

impl Write for CrlDistributionPointExtensionConfiguration {
    fn write(&self) -> Document<'_> {
        Document::structure([("OmitExtension", self.omit_extension.member())])
    }
}

impl Read for CsrExtensions {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self> {
        structure(document, reading, &["KeyUsage", "SubjectInformationAccess"], |members| {
            let mut findings = Findings::default();
            let key_usage = findings.optional("KeyUsage", members.take("KeyUsage"));
            let name = "SubjectInformationAccess";
            let subject_information_access = findings.list(name, 0..=usize::MAX, members.take(name));
            findings.finish(|| Some(CsrExtensions { key_usage, subject_information_access }))
        })
    }
}

impl Write for CsrExtensions {
    fn write(&self) -> Document<'_> {
        Document::structure([
            ("KeyUsage", self.key_usage.member()),
            ("SubjectInformationAccess", self.subject_information_access.member()),
        ])
    }
}

impl Read for AccessDescription {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self> {
        structure(document, reading, &["AccessMethod", "AccessLocation"], |members| {
            let mut findings = Findings::default();
            let access_method = findings.required("AccessMethod", members.take("AccessMethod"));
            let access_location = findings.required("AccessLocation", members.take("AccessLocation"));
            findings
                .finish(|| Some(AccessDescription { access_method: access_method?, access_location: access_location? }))
        })
    }
}

impl Write for AccessDescription {
    fn write(&self) -> Document<'_> {
        Document::structure([
            ("AccessMethod", self.access_method.member()),
            ("AccessLocation", self.access_location.member()),
        ])
    }
}

const ACCESS_METHODS: [&str; 2] = ["CustomObjectIdentifier", "AccessMethodType"];

impl Read for AccessMethod {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self> {
        structure(document, reading, &ACCESS_METHODS, |members| {
            let [oid, purpose] = ACCESS_METHODS;
            let options = [
                members.option(oid, |given: Draft<_>| {
                    given.under(LowerCamel(oid)).and_then(|given| Draft::right(AccessMethod::Oid(given)))
                }),
                members.option(purpose, |given: Draft<_>| {
                    given.under(LowerCamel(purpose)).and_then(|given| Draft::right(AccessMethod::Type(given)))
                }),
            ];
            one_of(&ACCESS_METHODS, options)
        })
    }
}

impl Write for AccessMethod {
    fn write(&self) -> Document<'_> {
        let [oid, purpose] = ACCESS_METHODS;
        Document::structure([match self {
            AccessMethod::Oid(given) => (oid, given.member()),
            AccessMethod::Type(given) => (purpose, given.member()),
        }])
    }
}
