//! What every backend asks of an Ed25519 key (RFC 8032), whatever its library does.

/// Whether the y coordinate is below 2^255 - 19 (RFC 8032 section 5.1.3, step 1). The sign bit of a zero x is seen to by
/// the order: such points are weak.
pub(super) fn is_canonical(key: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = key;
    *lowest < 0xed || middle.iter().any(|octet| *octet != 0xff) || highest & 0x7f != 0x7f
}
