//! The documented templates: a table and nothing else.

use std::borrow::Cow;

use super::{BasicConstraints, CrlDistributionPoints, Fixed, Template, TemplateKind};
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
    }
}

use TemplateKind::{ApiCsrPassthrough, ApiPassthrough, Base, CsrPassthrough};

/// The position of `EndEntityCertificate`.
pub(super) const DEFAULT: usize = 27;

#[rustfmt::skip]
pub(super) static TEMPLATES: [Template; 61] = [
    row("BlankEndEntityCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), None, None),
    row("BlankEndEntityCertificate_APIPassthrough", ApiPassthrough, end_entity(false), None, None),
    row("BlankEndEntityCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), None, None),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_APICSRPassthrough", ApiCsrPassthrough, end_entity(true), None, None),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough", ApiPassthrough, end_entity(true), None, None),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough", CsrPassthrough, end_entity(true), None, None),
    root("BlankRootCACertificate_APIPassthrough", ApiPassthrough, None, None, CrlDistributionPoints::Passthrough),
    root("BlankRootCACertificate_PathLen0_APIPassthrough", ApiPassthrough, Some(0), None, CrlDistributionPoints::Passthrough),
    root("BlankRootCACertificate_PathLen1_APIPassthrough", ApiPassthrough, Some(1), None, CrlDistributionPoints::Passthrough),
    root("BlankRootCACertificate_PathLen2_APIPassthrough", ApiPassthrough, Some(2), None, CrlDistributionPoints::Passthrough),
    root("BlankRootCACertificate_PathLen3_APIPassthrough", ApiPassthrough, Some(3), None, CrlDistributionPoints::Passthrough),
    row("BlankSubordinateCACertificate_PathLen0_APICSRPassthrough", ApiCsrPassthrough, ca(Some(0)), None, None),
    row("BlankSubordinateCACertificate_PathLen0_APIPassthrough", ApiPassthrough, ca(Some(0)), None, None),
    row("BlankSubordinateCACertificate_PathLen0_CSRPassthrough", CsrPassthrough, ca(Some(0)), None, None),
    row("BlankSubordinateCACertificate_PathLen1_APICSRPassthrough", ApiCsrPassthrough, ca(Some(1)), None, None),
    row("BlankSubordinateCACertificate_PathLen1_APIPassthrough", ApiPassthrough, ca(Some(1)), None, None),
    row("BlankSubordinateCACertificate_PathLen1_CSRPassthrough", CsrPassthrough, ca(Some(1)), None, None),
    row("BlankSubordinateCACertificate_PathLen2_APICSRPassthrough", ApiCsrPassthrough, ca(Some(2)), None, None),
    row("BlankSubordinateCACertificate_PathLen2_APIPassthrough", ApiPassthrough, ca(Some(2)), None, None),
    row("BlankSubordinateCACertificate_PathLen2_CSRPassthrough", CsrPassthrough, ca(Some(2)), None, None),
    row("BlankSubordinateCACertificate_PathLen3_APICSRPassthrough", ApiCsrPassthrough, ca(Some(3)), None, None),
    row("BlankSubordinateCACertificate_PathLen3_APIPassthrough", ApiPassthrough, ca(Some(3)), None, None),
    row("BlankSubordinateCACertificate_PathLen3_CSRPassthrough", CsrPassthrough, ca(Some(3)), None, None),
    row("CodeSigningCertificate", Base, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING])),
    row("CodeSigningCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING])),
    row("CodeSigningCertificate_APIPassthrough", ApiPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING])),
    row("CodeSigningCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::CODE_SIGNING])),
    row("EndEntityCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH])),
    row("EndEntityCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH])),
    row("EndEntityCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH])),
    row("EndEntityCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH, Oid::CLIENT_AUTH])),
    row("EndEntityClientAuthCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH])),
    row("EndEntityClientAuthCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH])),
    row("EndEntityClientAuthCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH])),
    row("EndEntityClientAuthCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::CLIENT_AUTH])),
    row("EndEntityServerAuthCertificate", Base, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH])),
    row("EndEntityServerAuthCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH])),
    row("EndEntityServerAuthCertificate_APIPassthrough", ApiPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH])),
    row("EndEntityServerAuthCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), END_ENTITY, purposes(false, &[Oid::SERVER_AUTH])),
    row("OCSPSigningCertificate", Base, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING])),
    row("OCSPSigningCertificate_APICSRPassthrough", ApiCsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING])),
    row("OCSPSigningCertificate_APIPassthrough", ApiPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING])),
    row("OCSPSigningCertificate_CSRPassthrough", CsrPassthrough, end_entity(false), DIGITAL_SIGNATURE, purposes(true, &[Oid::OCSP_SIGNING])),
    root("RootCACertificate", Base, None, CA, CrlDistributionPoints::Never),
    root("RootCACertificate_APIPassthrough", ApiPassthrough, None, CA, CrlDistributionPoints::Never),
    row("SubordinateCACertificate_PathLen0", Base, ca(Some(0)), CA, None),
    row("SubordinateCACertificate_PathLen0_APICSRPassthrough", ApiCsrPassthrough, ca(Some(0)), CA, None),
    row("SubordinateCACertificate_PathLen0_APIPassthrough", ApiPassthrough, ca(Some(0)), CA, None),
    row("SubordinateCACertificate_PathLen0_CSRPassthrough", CsrPassthrough, ca(Some(0)), CA, None),
    row("SubordinateCACertificate_PathLen1", Base, ca(Some(1)), CA, None),
    row("SubordinateCACertificate_PathLen1_APICSRPassthrough", ApiCsrPassthrough, ca(Some(1)), CA, None),
    row("SubordinateCACertificate_PathLen1_APIPassthrough", ApiPassthrough, ca(Some(1)), CA, None),
    row("SubordinateCACertificate_PathLen1_CSRPassthrough", CsrPassthrough, ca(Some(1)), CA, None),
    row("SubordinateCACertificate_PathLen2", Base, ca(Some(2)), CA, None),
    row("SubordinateCACertificate_PathLen2_APICSRPassthrough", ApiCsrPassthrough, ca(Some(2)), CA, None),
    row("SubordinateCACertificate_PathLen2_APIPassthrough", ApiPassthrough, ca(Some(2)), CA, None),
    row("SubordinateCACertificate_PathLen2_CSRPassthrough", CsrPassthrough, ca(Some(2)), CA, None),
    row("SubordinateCACertificate_PathLen3", Base, ca(Some(3)), CA, None),
    row("SubordinateCACertificate_PathLen3_APICSRPassthrough", ApiCsrPassthrough, ca(Some(3)), CA, None),
    row("SubordinateCACertificate_PathLen3_APIPassthrough", ApiPassthrough, ca(Some(3)), CA, None),
    row("SubordinateCACertificate_PathLen3_CSRPassthrough", CsrPassthrough, ca(Some(3)), CA, None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_position() {
        assert_eq!(TEMPLATES[DEFAULT].name(), "EndEntityCertificate");
    }
}
