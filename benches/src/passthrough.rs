//! An `ApiPassthrough` with everything in it.

use issuance::request::{CustomExtension, ExtendedKeyUsageType, Extensions, PolicyInformation};
use issuance::{ApiPassthrough, ExtendedKeyUsage, GeneralName, KeyUsage, Subject};

/// A subject and each kind of extension.
pub fn full_passthrough() -> ApiPassthrough {
    let subject = Subject::builder()
        .country("US")
        .state("Washington")
        .organization("Example Company")
        .organizational_unit("Devices")
        .common_name("device-17.example.com");
    let extensions = Extensions::builder()
        .key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT)
        .extended_key_usage(ExtendedKeyUsage::purpose(ExtendedKeyUsageType::ServerAuth))
        .extended_key_usage(ExtendedKeyUsage::purpose(ExtendedKeyUsageType::ClientAuth))
        .subject_alternative_name(GeneralName::dns_name("device-17.example.com"))
        .subject_alternative_name(GeneralName::ip_address("192.0.2.17"))
        .subject_alternative_name(GeneralName::uniform_resource_identifier("urn:device:17"))
        .certificate_policy(PolicyInformation::builder("1.3.6.1.4.1.32473.1").cps_uri("https://example.com/cps"))
        .custom_extension(CustomExtension::new("1.3.6.1.4.1.32473.2", &[0x04, 3, 1, 2, 3], false));
    ApiPassthrough::builder().subject(subject.build().unwrap()).extensions(extensions.build().unwrap()).build().unwrap()
}
