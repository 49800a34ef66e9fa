//! A reader and a writer of DER that share nothing with the library's.

/// One element: its tag, all of it, and its content.
pub struct Element<'a> {
    /// The tag octet.
    pub tag: u8,
    /// Header and content.
    pub whole: &'a [u8],
    /// The content alone.
    pub content: &'a [u8],
}

/// The element with this tag and content.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        length @ ..=0x7f => out.push(length as u8),
        length @ ..=0xff => out.extend([0x81, length as u8]),
        length @ ..=0xffff => out.extend([0x82, (length >> 8) as u8, length as u8]),
        length => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

/// The elements that stand one after the other; `None` where something else does.
pub fn elements(mut rest: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut all = Vec::new();
    while let [tag, first, ..] = *rest {
        let digits = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let length = match digits {
            0 => usize::from(first),
            1..=4 => rest.get(2..2 + digits)?.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)),
            _ => return None,
        };
        let (whole, after) = rest.split_at_checked(2 + digits + length)?;
        all.push(Element { tag, whole, content: &whole[2 + digits..] });
        rest = after;
    }
    rest.is_empty().then_some(all)
}

/// The content of the one element in `der`.
pub fn content(der: &[u8]) -> &[u8] {
    match elements(der).as_deref() {
        Some([one]) => one.content,
        _ => panic!("not one element: {der:02x?}"),
    }
}
