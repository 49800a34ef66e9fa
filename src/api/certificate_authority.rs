//! Operations on authorities.

use super::message::{operations, readable, responses, writable};
use super::tag::Tag;
use super::text::NextToken;
use crate::authority::ca::{CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode};
use crate::authority::csr_extensions::CsrExtensions;
use crate::authority::revocation::{CrlConfiguration, OcspConfiguration, RevocationConfiguration, S3ObjectAcl};
use crate::request::arn::CertificateAuthorityArn;
use crate::request::bounded::{IdempotencyToken, Integer, enum_shapes};
use crate::request::subject::Subject;
use crate::wire::document::Document;
use crate::wire::to_member::{Member, Write};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm, api_enum};
use crate::x509::timestamp::Timestamp;

api_enum! {
    /// `KeyStorageSecurityStandard` of the API. [`Request`](crate::api::Request) has an example.
    #[non_exhaustive]
    pub enum KeyStorageSecurityStandard {
        /// FIPS 140-2 level 2 or higher.
        Fips140Level2OrHigher = "FIPS_140_2_LEVEL_2_OR_HIGHER",
        /// FIPS 140-2 level 3 or higher.
        Fips140Level3OrHigher = "FIPS_140_2_LEVEL_3_OR_HIGHER",
        /// CCPC level 1 or higher.
        CcpcLevel1OrHigher = "CCPC_LEVEL_1_OR_HIGHER",
    }
}

api_enum! {
    /// Why an authority could not be made: `FailureReason` of the API. [`Request`](crate::api::Request) has an example.
    #[non_exhaustive]
    pub enum FailureReason {
        /// It took too long.
        RequestTimedOut = "REQUEST_TIMED_OUT",
        /// There is no such key.
        UnsupportedAlgorithm = "UNSUPPORTED_ALGORITHM",
        /// Anything else.
        Other = "OTHER",
    }
}

api_enum! {
    /// Whose authorities are meant: `ResourceOwner` of the API. [`Request`](crate::api::Request) has an example.
    #[non_exhaustive]
    pub enum ResourceOwner {
        /// The caller's own.
        SelfOwned = "SELF",
        /// Those that others share with the caller.
        OtherAccounts = "OTHER_ACCOUNTS",
    }
}

enum_shapes!(
    KeyStorageSecurityStandard FailureReason ResourceOwner CertificateAuthorityType CertificateAuthorityStatus
    CertificateAuthorityUsageMode KeyAlgorithm
);

readable! {
    /// `CertificateAuthorityConfiguration` of the API. [`Request`](crate::api::Request) has an example.
    CertificateAuthorityConfiguration {
        /// The key that is to be made.
        key_algorithm: required KeyAlgorithm = "KeyAlgorithm",
        /// What the authority signs its own certification request with.
        signing_algorithm: required SigningAlgorithm = "SigningAlgorithm",
        /// The authority's name.
        subject: required Subject = "Subject",
        /// What its certification request asks for.
        csr_extensions: optional CsrExtensions = "CsrExtensions",
    }

    /// `RevocationConfiguration` of the API as it stands in a request: an update leaves what is absent as it is.
    /// [`Request`](crate::api::Request) has an example.
    RevocationConfigurationMembers {
        /// Certificate revocation lists.
        crl_configuration: optional CrlConfiguration = "CrlConfiguration",
        /// OCSP.
        ocsp_configuration: optional OcspConfiguration = "OcspConfiguration",
    }

    /// `CreateCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    CreateCertificateAuthorityRequest {
        /// Key and name.
        certificate_authority_configuration: required CertificateAuthorityConfiguration
            = "CertificateAuthorityConfiguration",
        /// Where revocation is published; nowhere if absent.
        revocation_configuration: optional RevocationConfigurationMembers = "RevocationConfiguration",
        /// Root or subordinate.
        certificate_authority_type: required CertificateAuthorityType = "CertificateAuthorityType",
        /// What tells calls for one authority from calls for several.
        idempotency_token: optional IdempotencyToken = "IdempotencyToken",
        /// What the key's store is to fulfil.
        key_storage_security_standard: optional KeyStorageSecurityStandard = "KeyStorageSecurityStandard",
        /// 1 to 50 tags; none if absent.
        tags: list 1 to 50 Tag = "Tags",
        /// `GENERAL_PURPOSE` if absent.
        usage_mode: optional CertificateAuthorityUsageMode = "UsageMode",
    }

    /// `DescribeCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    DescribeCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }

    /// `ListCertificateAuthoritiesRequest` of the API. [`Request`](crate::api::Request) has an example.
    ListCertificateAuthoritiesRequest {
        /// The most authorities of one page.
        max_results: optional Integer<1, 1000> = "MaxResults",
        /// Where the page begins.
        next_token: optional NextToken = "NextToken",
        /// `SELF` if absent.
        resource_owner: optional ResourceOwner = "ResourceOwner",
    }

    /// `UpdateCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    UpdateCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Where revocation is published from now on.
        revocation_configuration: optional RevocationConfigurationMembers = "RevocationConfiguration",
        /// The new state.
        status: optional CertificateAuthorityStatus = "Status",
    }

    /// `DeleteCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    DeleteCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// How long it can be restored, in days; 30 if absent.
        permanent_deletion_time_in_days: optional Integer<7, 30> = "PermanentDeletionTimeInDays",
    }

    /// `RestoreCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    RestoreCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }
}

impl Write for CertificateAuthorityConfiguration {
    fn write(&self) -> Document<'_> {
        Document::structure([
            ("KeyAlgorithm", self.key_algorithm.member()),
            ("SigningAlgorithm", self.signing_algorithm.member()),
            ("Subject", self.subject.member()),
            ("CsrExtensions", self.csr_extensions.member()),
        ])
    }
}

/// As the service describes it: what is not configured is there as disabled, and lists may be read by everybody unless another
/// ACL is given (API reference).
impl Write for RevocationConfiguration {
    fn write(&self) -> Document<'_> {
        let disabled = || Document::structure([("Enabled", false.member())]);
        let crl = self.crl.as_ref().map_or_else(disabled, |crl| {
            let s3_object_acl = crl.s3_object_acl.or(crl.enabled.then_some(S3ObjectAcl::PublicRead));
            CrlConfiguration { s3_object_acl, ..crl.clone() }.write().into_owned()
        });
        let ocsp = self.ocsp.as_ref().map_or_else(disabled, OcspConfiguration::write);
        Document::structure([("CrlConfiguration", Some(crl)), ("OcspConfiguration", Some(ocsp))])
    }
}

impl RevocationConfigurationMembers {
    /// The configuration that `present` becomes by these members.
    pub fn apply(self, mut present: RevocationConfiguration) -> RevocationConfiguration {
        if let Some(crl) = self.crl_configuration {
            present = present.with_crl(crl);
        }
        if let Some(ocsp) = self.ocsp_configuration {
            present = present.with_ocsp(ocsp);
        }
        present
    }
}

writable! {
    /// `CreateCertificateAuthorityResponse` of the API. [`Request`](crate::api::Request) has an example.
    CreateCertificateAuthorityResponse {
        /// The new authority.
        certificate_authority_arn: Option<CertificateAuthorityArn> = "CertificateAuthorityArn",
    }

    /// `CertificateAuthority` of the API, which describes an authority. [`Request`](crate::api::Request) has an example.
    CertificateAuthorityDescription {
        /// The ARN.
        arn: Option<CertificateAuthorityArn> = "Arn",
        /// The account that owns it: 12 digits.
        owner_account: Option<String> = "OwnerAccount",
        /// When it was made.
        created_at: Option<Timestamp> = "CreatedAt",
        /// When it came into its state.
        last_state_change_at: Option<Timestamp> = "LastStateChangeAt",
        /// Root or subordinate.
        r#type: Option<CertificateAuthorityType> = "Type",
        /// The serial number of its certificate: hexadecimal, bytes separated by colons.
        serial: Option<String> = "Serial",
        /// The state.
        status: Option<CertificateAuthorityStatus> = "Status",
        /// The beginning of its certificate.
        not_before: Option<Timestamp> = "NotBefore",
        /// The end of its certificate.
        not_after: Option<Timestamp> = "NotAfter",
        /// Why it could not be made.
        failure_reason: Option<FailureReason> = "FailureReason",
        /// Key and name.
        certificate_authority_configuration: Option<CertificateAuthorityConfiguration>
            = "CertificateAuthorityConfiguration",
        /// Where revocation is published.
        revocation_configuration: Option<RevocationConfiguration> = "RevocationConfiguration",
        /// Until when a deleted authority can be restored.
        restorable_until: Option<Timestamp> = "RestorableUntil",
        /// What the key's store fulfils.
        key_storage_security_standard: Option<KeyStorageSecurityStandard> = "KeyStorageSecurityStandard",
        /// What it is for.
        usage_mode: Option<CertificateAuthorityUsageMode> = "UsageMode",
    }

    /// `DescribeCertificateAuthorityResponse` of the API. [`Request`](crate::api::Request) has an example.
    DescribeCertificateAuthorityResponse {
        /// The description.
        certificate_authority: Option<CertificateAuthorityDescription> = "CertificateAuthority",
    }

    /// `ListCertificateAuthoritiesResponse` of the API. [`Request`](crate::api::Request) has an example.
    ListCertificateAuthoritiesResponse {
        /// Where the next page begins; absent on the last.
        next_token: Option<NextToken> = "NextToken",
        /// This page.
        certificate_authorities: Vec<CertificateAuthorityDescription> = "CertificateAuthorities",
    }
}

operations! {
    CreateCertificateAuthorityRequest(): CreateCertificateAuthority => CreateCertificateAuthorityResponse;
    DescribeCertificateAuthorityRequest(certificate_authority_arn): DescribeCertificateAuthority => DescribeCertificateAuthorityResponse;
    ListCertificateAuthoritiesRequest(): ListCertificateAuthorities => ListCertificateAuthoritiesResponse;
    UpdateCertificateAuthorityRequest(certificate_authority_arn): UpdateCertificateAuthority => ();
    DeleteCertificateAuthorityRequest(certificate_authority_arn): DeleteCertificateAuthority => ();
    RestoreCertificateAuthorityRequest(certificate_authority_arn): RestoreCertificateAuthority => ();
}
responses! {
    CreateCertificateAuthorityResponse DescribeCertificateAuthorityResponse ListCertificateAuthoritiesResponse
}
