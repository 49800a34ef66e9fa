//! The documented templates: a table and nothing else.

use std::borrow::Cow;

use super::definition::{BasicConstraints, CrlDistributionPoints, Fixed, Template, TemplateKind};
use crate::policy::rules::Policy;
use crate::request::key_usage::KeyUsage;
use crate::x509::oid::Oid;

const DIGITAL_SIGNATURE: Usage = usage(KeyUsage::DIGITAL_SIGNATURE);
const END_ENTITY: Usage = usage(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::KEY_ENCIPHERMENT));
const CA: Usage = usage(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::KEY_CERT_SIGN).with(KeyUsage::CRL_SIGN));

type Usage = Option<Fixed<KeyUsage>>;
type Purposes = Option<Fixed<Cow<'static, [Oid]>>>;

/// Every fixed keyUsage is critical.
const fn usage(value: KeyUsage) -> Usage {
    Some(Fixed { critical: true, value })
}

const fn purposes(critical: bool, value: &'static [Oid]) -> Purposes {
    Some(Fixed { critical, value: Cow::Borrowed(value) })
}

const fn end_entity(critical: bool) -> BasicConstraints {
    BasicConstraints { critical, ca: false, path_len: None }
}

const fn ca(path_len: Option<u8>) -> BasicConstraints {
    BasicConstraints { critical: true, ca: true, path_len }
}

const fn row(
    name: &'static str,
    kind: TemplateKind,
    basic_constraints: BasicConstraints,
    key_usage: Usage,
    extended_key_usage: Purposes,
) -> Template {
    Template {
        name: Cow::Borrowed(name),
        kind,
        self_signed: false,
        basic_constraints,
        key_usage,
        extended_key_usage,
        crl_distribution_points: CrlDistributionPoints::ConfigurationThenPassthrough,
        certificate_policies: None,
        extensions: Vec::new(),
        default_validity: None,
        policy: Policy::NONE,
    }
}

/// A root template: the CA's configuration has no say in the CA's own certificate.
const fn root(
    name: &'static str,
    kind: TemplateKind,
    path_len: Option<u8>,
    key_usage: Usage,
    crl_distribution_points: CrlDistributionPoints,
) -> Template {
    Template {
        name: Cow::Borrowed(name),
        kind,
        self_signed: true,
        basic_constraints: ca(path_len),
        key_usage,
        extended_key_usage: None,
        crl_distribution_points,
        certificate_policies: None,
        extensions: Vec::new(),
        default_validity: None,
        policy: Policy::NONE,
    }
}

use TemplateKind::{ApiCsrPassthrough, ApiPassthrough, Base, CsrPassthrough};

/// The table, and a constant of [`Template`] for each row.
macro_rules! documented {
    ($($constant:ident = $row:ident($name:literal, $($part:expr),+);)+) => {
        pub(super) static TEMPLATES: [Template; Position::ALL.len()] = [$($row($name, $($part),+)),+];

        /// The places of the rows.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        enum Position {
            $($constant,)+
        }

        impl Position {
            const ALL: &[Position] = &[$(Position::$constant),+];
        }

        /// The documented templates, by name.
        impl Template {
            $(
                #[doc = concat!("The documented template `", $name, "/V1`.")]
                pub const $constant: &'static Template = &TEMPLATES[Position::$constant as usize];
            )+
        }

        #[cfg(test)]
        const CONSTANTS: &[(&Template, &str)] = &[$((Template::$constant, $name)),+];
    };
}

documented! {
    BLANK_END_ENTITY_CERTIFICATE_API_CSR_PASSTHROUGH = row("BlankEndEntityCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), None, None);
    BLANK_END_ENTITY_CERTIFICATE_API_PASSTHROUGH = row("BlankEndEntityCertificate_APIPassthrough", ApiPassthrough, end_entity(false), None, None);
    BLANK_END_ENTITY_CERTIFICATE_CSR_PASSTHROUGH = row("BlankEndEntityCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), None, None);
    BLANK_END_ENTITY_CERTIFICATE_CRITICAL_BASIC_CONSTRAINTS_API_CSR_PASSTHROUGH = row("BlankEndEntityCertificate_CriticalBasicConstraints_APICSRPassthrough", ApiCsrPassthrough, end_entity(true), None, None);
    BLANK_END_ENTITY_CERTIFICATE_CRITICAL_BASIC_CONSTRAINTS_API_PASSTHROUGH = row("BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough", ApiPassthrough, end_entity(true), None, None);
    BLANK_END_ENTITY_CERTIFICATE_CRITICAL_BASIC_CONSTRAINTS_CSR_PASSTHROUGH = row("BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough", CsrPassthrough, end_entity(true), None, None);
    BLANK_ROOT_CA_CERTIFICATE_API_PASSTHROUGH = root("BlankRootCACertificate_APIPassthrough", ApiPassthrough, None, None, CrlDistributionPoints::Passthrough);
    BLANK_ROOT_CA_CERTIFICATE_PATH_LEN_0_API_PASSTHROUGH = root("BlankRootCACertificate_PathLen0_APIPassthrough", ApiPassthrough, Some(0), None, CrlDistributionPoints::Passthrough);
    BLANK_ROOT_CA_CERTIFICATE_PATH_LEN_1_API_PASSTHROUGH = root("BlankRootCACertificate_PathLen1_APIPassthrough", ApiPassthrough, Some(1), None, CrlDistributionPoints::Passthrough);
    BLANK_ROOT_CA_CERTIFICATE_PATH_LEN_2_API_PASSTHROUGH = root("BlankRootCACertificate_PathLen2_APIPassthrough", ApiPassthrough, Some(2), None, CrlDistributionPoints::Passthrough);
    BLANK_ROOT_CA_CERTIFICATE_PATH_LEN_3_API_PASSTHROUGH = root("BlankRootCACertificate_PathLen3_APIPassthrough", ApiPassthrough, Some(3), None, CrlDistributionPoints::Passthrough);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_API_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen0_APICSRPassthrough", ApiCsrPassthrough, ca(Some(0)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_API_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen0_APIPassthrough", ApiPassthrough, ca(Some(0)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen0_CSRPassthrough", CsrPassthrough, ca(Some(0)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_API_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen1_APICSRPassthrough", ApiCsrPassthrough, ca(Some(1)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_API_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen1_APIPassthrough", ApiPassthrough, ca(Some(1)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen1_CSRPassthrough", CsrPassthrough, ca(Some(1)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_API_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen2_APICSRPassthrough", ApiCsrPassthrough, ca(Some(2)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_API_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen2_APIPassthrough", ApiPassthrough, ca(Some(2)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen2_CSRPassthrough", CsrPassthrough, ca(Some(2)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_API_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen3_APICSRPassthrough", ApiCsrPassthrough, ca(Some(3)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_API_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen3_APIPassthrough", ApiPassthrough, ca(Some(3)), None, None);
    BLANK_SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_CSR_PASSTHROUGH = row("BlankSubordinateCACertificate_PathLen3_CSRPassthrough", CsrPassthrough, ca(Some(3)), None, None);
    CODE_SIGNING_CERTIFICATE = row("CodeSigningCertificate", Base, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING]));
    CODE_SIGNING_CERTIFICATE_API_CSR_PASSTHROUGH = row("CodeSigningCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING]));
    CODE_SIGNING_CERTIFICATE_API_PASSTHROUGH = row("CodeSigningCertificate_APIPassthrough", ApiPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING]));
    CODE_SIGNING_CERTIFICATE_CSR_PASSTHROUGH = row("CodeSigningCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING]));
    END_ENTITY_CERTIFICATE = row("EndEntityCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH]));
    END_ENTITY_CERTIFICATE_API_CSR_PASSTHROUGH = row("EndEntityCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH]));
    END_ENTITY_CERTIFICATE_API_PASSTHROUGH = row("EndEntityCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH]));
    END_ENTITY_CERTIFICATE_CSR_PASSTHROUGH = row("EndEntityCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH]));
    END_ENTITY_CLIENT_AUTH_CERTIFICATE = row("EndEntityClientAuthCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH]));
    END_ENTITY_CLIENT_AUTH_CERTIFICATE_API_CSR_PASSTHROUGH = row("EndEntityClientAuthCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH]));
    END_ENTITY_CLIENT_AUTH_CERTIFICATE_API_PASSTHROUGH = row("EndEntityClientAuthCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH]));
    END_ENTITY_CLIENT_AUTH_CERTIFICATE_CSR_PASSTHROUGH = row("EndEntityClientAuthCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH]));
    END_ENTITY_SERVER_AUTH_CERTIFICATE = row("EndEntityServerAuthCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH]));
    END_ENTITY_SERVER_AUTH_CERTIFICATE_API_CSR_PASSTHROUGH = row("EndEntityServerAuthCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH]));
    END_ENTITY_SERVER_AUTH_CERTIFICATE_API_PASSTHROUGH = row("EndEntityServerAuthCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH]));
    END_ENTITY_SERVER_AUTH_CERTIFICATE_CSR_PASSTHROUGH = row("EndEntityServerAuthCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH]));
    OCSP_SIGNING_CERTIFICATE = row("OCSPSigningCertificate", Base, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING]));
    OCSP_SIGNING_CERTIFICATE_API_CSR_PASSTHROUGH = row("OCSPSigningCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING]));
    OCSP_SIGNING_CERTIFICATE_API_PASSTHROUGH = row("OCSPSigningCertificate_APIPassthrough", ApiPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING]));
    OCSP_SIGNING_CERTIFICATE_CSR_PASSTHROUGH = row("OCSPSigningCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING]));
    ROOT_CA_CERTIFICATE = root("RootCACertificate", Base, None, CA, CrlDistributionPoints::Never);
    ROOT_CA_CERTIFICATE_API_PASSTHROUGH = root("RootCACertificate_APIPassthrough", ApiPassthrough, None, CA, CrlDistributionPoints::Never);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0 = row("SubordinateCACertificate_PathLen0", Base, ca(Some(0)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_API_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen0_APICSRPassthrough", ApiCsrPassthrough, ca(Some(0)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_API_PASSTHROUGH = row("SubordinateCACertificate_PathLen0_APIPassthrough", ApiPassthrough, ca(Some(0)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen0_CSRPassthrough", CsrPassthrough, ca(Some(0)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1 = row("SubordinateCACertificate_PathLen1", Base, ca(Some(1)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_API_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen1_APICSRPassthrough", ApiCsrPassthrough, ca(Some(1)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_API_PASSTHROUGH = row("SubordinateCACertificate_PathLen1_APIPassthrough", ApiPassthrough, ca(Some(1)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen1_CSRPassthrough", CsrPassthrough, ca(Some(1)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2 = row("SubordinateCACertificate_PathLen2", Base, ca(Some(2)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_API_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen2_APICSRPassthrough", ApiCsrPassthrough, ca(Some(2)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_API_PASSTHROUGH = row("SubordinateCACertificate_PathLen2_APIPassthrough", ApiPassthrough, ca(Some(2)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_2_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen2_CSRPassthrough", CsrPassthrough, ca(Some(2)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3 = row("SubordinateCACertificate_PathLen3", Base, ca(Some(3)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_API_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen3_APICSRPassthrough", ApiCsrPassthrough, ca(Some(3)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_API_PASSTHROUGH = row("SubordinateCACertificate_PathLen3_APIPassthrough", ApiPassthrough, ca(Some(3)), CA, None);
    SUBORDINATE_CA_CERTIFICATE_PATH_LEN_3_CSR_PASSTHROUGH = row("SubordinateCACertificate_PathLen3_CSRPassthrough", CsrPassthrough, ca(Some(3)), CA, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_rows_of_their_names() {
        assert_eq!(CONSTANTS.len(), TEMPLATES.len());
        for ((constant, name), row) in CONSTANTS.iter().zip(&TEMPLATES) {
            assert!(std::ptr::eq(*constant, row));
            assert_eq!(constant.name(), *name);
        }
        assert_eq!(Template::END_ENTITY_CERTIFICATE.name(), "EndEntityCertificate");
    }
}
