//! Policies that tests and benches share.

use std::time::Duration;

use issuance::KeyUsage;
use issuance::policy::{CommonNameRule, Policy};

/// Ten parts, which a usual certificate for `www.example.com` satisfies (R-POL-9).
pub fn ten_parts() -> Policy {
    Policy::builder()
        .permitted_name("DNS:example.com")
        .excluded_name("DNS:admin.example.com")
        .wildcards(false)
        .most_names(10)
        .common_name(CommonNameRule::AmongNames)
        .key("EC_prime256v1")
        .longest_validity(Duration::from_secs(4000 * 86_400))
        .required_key_usage(KeyUsage::DIGITAL_SIGNATURE)
        .allowed_purpose("serverAuth")
        .allowed_purpose("clientAuth")
        .ca(false)
        .build()
        .unwrap()
}
