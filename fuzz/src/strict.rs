//! Names and the extensions that the rules know, read as strictly as their definitions ask (R-CSR-8), with nothing of the
//! library.

use crate::der::{Element, Fault, Walk, all_sound};
use crate::oids::{self, APPLICATION_POLICIES, AUTHORITY_INFO_ACCESS, NETSCAPE_TYPE, SUBJECT_INFO_ACCESS, TLS_FEATURE};

/// Checks the value of an extension; `None` for a type that the rules do not know. The one form of R-ENC-5 is a keyUsage if
/// `nine_bits` says so.
pub fn extension(oid: &[u32], value: &[u8], nine_bits: bool) -> Option<Result<(), Fault>> {
    let sequence = || Walk::single(value, 0x30);
    Some(match *oid {
        [85, 29, last] => match last {
            1 | 10 => sequence().and_then(|walk| all_sound(walk.rest())),
            2 => sequence().map(drop),
            4 => sequence().and_then(key_usage_restriction),
            7 | 17 | 18 => sequence().and_then(general_names),
            9 => sequence().and_then(directory_attributes),
            14 => Walk::single(value, 4).map(drop),
            15 if nine_bits && matches!(value, [3, 3, 7, 1..=0xff, 0]) => Ok(()),
            15 => one_content(value, 3).and_then(|bits| named_bits(bits, 9)),
            16 => sequence().and_then(private_key_usage_period),
            19 => sequence().and_then(basic_constraints),
            30 => sequence().and_then(name_constraints),
            31 | 46 => sequence().and_then(|walk| walk.each(distribution_point)),
            3 | 32 => sequence().and_then(policies),
            33 => sequence().and_then(|walk| walk.each(policy_mapping)),
            35 => sequence().and_then(authority_key_identifier),
            36 => sequence().and_then(policy_constraints),
            37 => sequence().and_then(|walk| walk.each(|purpose| oid_element(&purpose))),
            54 => one_content(value, 2).and_then(natural),
            _ => return None,
        },
        _ if oid == AUTHORITY_INFO_ACCESS || oid == SUBJECT_INFO_ACCESS => {
            sequence().and_then(|walk| walk.each(access_description))
        }
        _ if oid == TLS_FEATURE => sequence().and_then(|walk| walk.each(tls_feature)),
        _ if oid == APPLICATION_POLICIES => sequence().and_then(policies),
        _ if oid == NETSCAPE_TYPE => one_content(value, 3).and_then(|bits| named_bits(bits, 8)),
        _ => return None,
    })
}

/// The content of the one element with this tag.
fn one_content(value: &[u8], tag: u8) -> Result<&[u8], Fault> {
    let mut walk = Walk::new(value);
    let content = walk.read(tag)?;
    walk.end().map(|()| content)
}

fn require(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}

fn oid_element(element: &Element<'_>) -> Result<(), Fault> {
    require(element.tag == 6 && oids::arcs(element.content).is_some(), "not an object identifier")
}

fn oid<'a>(walk: &mut Walk<'a>) -> Result<&'a [u8], Fault> {
    let element = walk.any()?;
    oid_element(&element).map(|()| element.content)
}

/// The content of an INTEGER.
fn integer(content: &[u8]) -> Result<(), Fault> {
    let shortest = match *content {
        [] => false,
        [0, second, ..] => second >= 0x80,
        [0xff, second, ..] => second < 0x80,
        _ => true,
    };
    require(shortest, "an INTEGER that is not in its shortest form")
}

/// The content of an INTEGER (0..MAX).
fn natural(content: &[u8]) -> Result<(), Fault> {
    integer(content)?;
    require(content[0] < 0x80, "a negative number")
}

/// A BIT STRING of named bits has no zero after its last one (X.690 section 11.2.2), and the rules want one bit.
fn named_bits(content: &[u8], most: u32) -> Result<(), Fault> {
    let [unused @ 0..=7, bits @ ..] = content else { return Err("a BIT STRING without bits") };
    let last = *bits.last().ok_or("a BIT STRING without a bit")?;
    require(last != 0 && last.trailing_zeros() == u32::from(*unused), "trailing zero bits or junk among the unused")?;
    require(8 * bits.len() as u32 - u32::from(*unused) <= most, "more bits than the type has")
}

fn key_usage_restriction(mut walk: Walk<'_>) -> Result<(), Fault> {
    if let Some(sets) = walk.optional(0x30)? {
        Walk::new(sets).each(|set| Walk::single(set.whole, 0x30)?.each(|policy| oid_element(&policy)))?;
    }
    if let Some(bits) = walk.optional(3)? {
        named_bits(bits, 9)?;
    }
    walk.end()
}

fn directory_attributes(walk: Walk<'_>) -> Result<(), Fault> {
    walk.each(|attribute| {
        let mut walk = Walk::single(attribute.whole, 0x30)?;
        oid(&mut walk)?;
        let values = walk.read(0x31)?;
        walk.end()?;
        Walk::new(values).each(|value| all_sound(value.whole))
    })
}

fn private_key_usage_period(mut walk: Walk<'_>) -> Result<(), Fault> {
    require(!walk.is_empty(), "a period without a time")?;
    for tag in [0x80, 0x81] {
        let Some(time) = walk.optional(tag)? else { continue };
        let digits = |range: std::ops::Range<usize>| std::str::from_utf8(&time[range]).ok()?.parse::<u16>().ok();
        let is_time = time.len() == 15 && time[..14].iter().all(u8::is_ascii_digit) && time[14] == b'Z';
        require(is_time, "not YYYYMMDDHHMMSSZ")?;
        let (year, month, day) = (digits(0..4), digits(4..6), digits(6..8));
        let days = match (month, year) {
            (Some(2), Some(year)) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            (Some(2), _) => 28,
            (Some(4 | 6 | 9 | 11), _) => 30,
            (Some(1..=12), _) => 31,
            _ => 0,
        };
        let date = day.is_some_and(|day| (1..=days).contains(&day));
        let clock = digits(8..10) < Some(24) && digits(10..12) < Some(60) && digits(12..14) < Some(60);
        require(date && clock, "a date or time that there is not")?;
    }
    walk.end()
}

fn basic_constraints(mut walk: Walk<'_>) -> Result<(), Fault> {
    let ca = walk.optional(1)?;
    require(ca.is_none_or(|ca| ca == [0xff]), "cA that is not TRUE")?;
    if let Some(length) = walk.optional(2)? {
        require(ca.is_some(), "a path length without cA")?;
        natural(length)?;
    }
    walk.end()
}

fn name_constraints(mut walk: Walk<'_>) -> Result<(), Fault> {
    require(!walk.is_empty(), "no subtree")?;
    for tag in [0xa0, 0xa1] {
        let Some(subtrees) = walk.optional(tag)? else { continue };
        Walk::new(subtrees).each(|subtree| {
            // No minimum but the default, which DER leaves out, and no maximum (RFC 5280 section 4.2.1.10).
            let mut walk = Walk::single(subtree.whole, 0x30)?;
            let base = walk.any()?;
            walk.end()?;
            match base.tag {
                0x81 | 0x82 | 0x86 => require(base.content.is_ascii(), "a constraint beyond ASCII"),
                0x87 => require([8, 32].contains(&base.content.len()), "a range of neither 8 nor 32 octets"),
                0xa4 => directory_name(&base).map(drop),
                _ => general_name(&base),
            }
        })?;
    }
    walk.end()
}

fn policy_constraints(mut walk: Walk<'_>) -> Result<(), Fault> {
    require(!walk.is_empty(), "no constraint")?;
    for tag in [0x80, 0x81] {
        walk.optional(tag)?.map_or(Ok(()), natural)?;
    }
    walk.end()
}

fn policies(walk: Walk<'_>) -> Result<(), Fault> {
    let mut met = Vec::new();
    walk.each(|policy| {
        let mut walk = Walk::single(policy.whole, 0x30)?;
        let policy = oid(&mut walk)?;
        require(!met.contains(&policy), "a policy twice")?;
        met.push(policy);
        if let Some(qualifiers) = walk.optional(0x30)? {
            Walk::new(qualifiers).each(policy_qualifier)?;
        }
        walk.end()
    })
}

fn policy_qualifier(qualifier: Element<'_>) -> Result<(), Fault> {
    let mut walk = Walk::single(qualifier.whole, 0x30)?;
    let kind = oids::arcs(oid(&mut walk)?);
    let value = walk.any()?;
    walk.end()?;
    match kind.as_deref() {
        Some([43, 6, 1, 5, 5, 7, 2, 1]) => require(value.tag == 0x16 && value.content.is_ascii(), "not a CPS URI"),
        Some([43, 6, 1, 5, 5, 7, 2, 2]) => user_notice(Walk::single(value.whole, 0x30)?),
        _ => all_sound(value.whole),
    }
}

fn user_notice(mut walk: Walk<'_>) -> Result<(), Fault> {
    if let Some(reference) = walk.optional(0x30)? {
        let mut reference = Walk::new(reference);
        display_text(&reference.any()?)?;
        let mut numbers = Walk::new(reference.read(0x30)?);
        while !numbers.is_empty() {
            integer(numbers.read(2)?)?;
        }
        reference.end()?;
    }
    if !walk.is_empty() {
        display_text(&walk.any()?)?;
    }
    walk.end()
}

/// `DisplayText ::= CHOICE { ia5String, visibleString, bmpString, utf8String }`.
fn display_text(element: &Element<'_>) -> Result<(), Fault> {
    require(matches!(element.tag, 0x16 | 0x1a | 0x1e | 0x0c), "not a DisplayText")?;
    text(element).map(drop)
}

fn policy_mapping(mapping: Element<'_>) -> Result<(), Fault> {
    let mut walk = Walk::single(mapping.whole, 0x30)?;
    oid(&mut walk)?;
    oid(&mut walk)?;
    walk.end()
}

fn authority_key_identifier(mut walk: Walk<'_>) -> Result<(), Fault> {
    walk.optional(0x80)?;
    let issuer = walk.optional(0xa1)?;
    issuer.map_or(Ok(()), |names| general_names(Walk::new(names)))?;
    let serial = walk.optional(0x82)?;
    serial.map_or(Ok(()), integer)?;
    require(issuer.is_some() == serial.is_some(), "an issuer or a serial number without the other")?;
    walk.end()
}

fn distribution_point(point: Element<'_>) -> Result<(), Fault> {
    let mut walk = Walk::single(point.whole, 0x30)?;
    let location = walk.optional(0xa0)?;
    if let Some(location) = location {
        let mut walk = Walk::new(location);
        let name = walk.any()?;
        walk.end()?;
        match name.tag {
            0xa0 => general_names(Walk::new(name.content))?,
            0xa1 => rdn(name.content).map(drop)?,
            _ => return Err("neither a full nor a relative name"),
        }
    }
    if let Some(reasons) = walk.optional(0x81)? {
        named_bits(reasons, 9)?;
    }
    let issuer = walk.optional(0xa2)?;
    issuer.map_or(Ok(()), |names| general_names(Walk::new(names)))?;
    require(location.is_some() || issuer.is_some(), "neither a name nor an issuer")?;
    walk.end()
}

fn access_description(access: Element<'_>) -> Result<(), Fault> {
    let mut walk = Walk::single(access.whole, 0x30)?;
    oid(&mut walk)?;
    general_name(&walk.any()?)?;
    walk.end()
}

fn tls_feature(feature: Element<'_>) -> Result<(), Fault> {
    require(feature.tag == 2, "not an INTEGER")?;
    natural(feature.content)?;
    let number = feature.content.iter().fold(0u128, |number, digit| number << 8 | u128::from(*digit));
    require(feature.content.len() <= 3 && number <= 0xffff, "a feature over 65535")
}

fn general_names(walk: Walk<'_>) -> Result<(), Fault> {
    walk.each(|name| general_name(&name))
}

/// One name that says something, without control characters (R-CSR-8).
fn general_name(name: &Element<'_>) -> Result<(), Fault> {
    match name.tag {
        0xa0 => {
            let mut walk = Walk::new(name.content);
            oid(&mut walk)?;
            let value = explicit(walk.read(0xa0)?)?;
            walk.end()?;
            all_sound(value.whole)?;
            if is_string(value.tag) { spoken(&value) } else { Ok(()) }
        }
        0x81 | 0x82 | 0x86 => {
            require(name.content.iter().all(|octet| matches!(octet, b' '..=b'~')), "a character that no name has")?;
            require(name.content.iter().any(|octet| *octet != b' '), "an empty name")
        }
        0xa3 => require(!name.content.is_empty(), "an empty x400Address").and_then(|()| all_sound(name.content)),
        0xa4 => require(directory_name(name)?, "an empty directoryName"),
        0xa5 => {
            let mut walk = Walk::new(name.content);
            for (tag, required) in [(0xa0, false), (0xa1, true)] {
                match walk.optional(tag)? {
                    Some(part) => {
                        let part = explicit(part)?;
                        require(is_string(part.tag), "a party that is not a string")?;
                        spoken(&part)?;
                    }
                    None => require(!required, "no partyName")?,
                }
            }
            walk.end()
        }
        0x87 => require([4, 16].contains(&name.content.len()), "an address of neither 4 nor 16 octets"),
        0x88 => require(oids::arcs(name.content).is_some(), "not an object identifier"),
        _ => Err("none of the nine forms"),
    }
}

fn explicit(content: &[u8]) -> Result<Element<'_>, Fault> {
    let mut walk = Walk::new(content);
    let element = walk.any()?;
    walk.end().map(|()| element)
}

/// A string that says something.
fn spoken(element: &Element<'_>) -> Result<(), Fault> {
    let text = text(element)?;
    require(!text.chars().any(char::is_control), "a control character")?;
    require(!text.chars().all(char::is_whitespace), "an empty text")
}

fn is_string(tag: u8) -> bool {
    matches!(tag, 0x0c | 0x12 | 0x13 | 0x14 | 0x16 | 0x1a | 0x1c | 0x1e)
}

/// The text of a string, which must be one of its type.
pub fn text(element: &Element<'_>) -> Result<String, Fault> {
    let content = element.content;
    let text = match element.tag {
        0x0c => std::str::from_utf8(content).ok().map(str::to_owned),
        0x12 | 0x13 | 0x16 | 0x1a => {
            content.is_ascii().then(|| content.iter().map(|octet| char::from(*octet)).collect())
        }
        0x14 => Some(content.iter().map(|octet| char::from(*octet)).collect()),
        0x1e if content.len() % 2 == 0 => {
            let units: Vec<u16> = content.chunks(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
            String::from_utf16(&units).ok()
        }
        0x1c if content.len() % 4 == 0 => {
            let unit = |unit: &[u8]| char::from_u32(u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]));
            content.chunks(4).map(unit).collect()
        }
        _ => None,
    };
    text.ok_or("a string that is not one of its type")
}

/// A directoryName, and whether it says something.
fn directory_name(element: &Element<'_>) -> Result<bool, Fault> {
    name(explicit(element.content)?.whole)
}

/// Checks a Name, and says whether an attribute says something (R-CSR-9).
pub fn name(der: &[u8]) -> Result<bool, Fault> {
    let mut walk = Walk::single(der, 0x30)?;
    let mut says_something = false;
    while !walk.is_empty() {
        says_something |= rdn(walk.read(0x31)?)?;
    }
    Ok(says_something)
}

/// The same of the content of a relative distinguished name.
fn rdn(content: &[u8]) -> Result<bool, Fault> {
    let (mut previous, mut says_something): (&[u8], bool) = (&[], false);
    Walk::new(content).each(|attribute| {
        require(previous < attribute.whole, "attributes that repeat or are not in the order of DER")?;
        previous = attribute.whole;
        let (_, value) = self::attribute(&attribute)?;
        attribute_value(&value)?;
        says_something |= !is_string(value.tag) || !value.content.is_empty();
        Ok(())
    })?;
    Ok(says_something)
}

/// The values that verifiers are known to disagree on are refused; lone surrogates and numbers beyond Unicode are not among
/// them, as the service copies subjects (R-CSR-5).
fn attribute_value(value: &Element<'_>) -> Result<(), Fault> {
    let content = value.content;
    let width = match value.tag {
        0x1e => 2,
        0x1c => 4,
        _ => 1,
    };
    if is_string(value.tag) {
        require(content.len() % width == 0, "a string of half a character")?;
        require(content.chunks(width).all(|unit| unit.iter().any(|octet| *octet != 0)), "a NUL in a text")?;
    }
    match value.tag {
        0x0c => require(std::str::from_utf8(content).is_ok(), "not UTF-8"),
        0x13 | 0x16 => require(content.is_ascii(), "not ASCII"),
        // Constructed strings are not DER, and so is a primitive SEQUENCE.
        tag if tag & 0xc0 == 0 => require((tag & 0x20 != 0) == matches!(tag & 0x1f, 8 | 11 | 16 | 17 | 29), "not DER"),
        _ => Ok(()),
    }
}

/// The type and the value of an attribute.
pub fn attribute<'a>(attribute: &Element<'a>) -> Result<(&'a [u8], Element<'a>), Fault> {
    let mut walk = Walk::single(attribute.whole, 0x30)?;
    let kind = oid(&mut walk)?;
    let value = walk.any()?;
    walk.end().map(|()| (kind, value))
}

/// The attributes of a Name, in its order.
pub fn attributes(der: &[u8]) -> Vec<(&[u8], Element<'_>)> {
    let mut all = Vec::new();
    let Ok(rdns) = Walk::single(der, 0x30) else { return all };
    let _ = rdns.each(|rdn| Walk::new(rdn.content).each(|part| attribute(&part).map(|part| all.push(part))));
    all
}
