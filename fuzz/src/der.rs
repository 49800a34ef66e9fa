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

/// Why octets are not what they should be.
pub type Fault = &'static str;

/// Takes one element after the other, each in the definite form of the fewest octets, as DER has it.
pub struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    /// Over elements that stand one after the other.
    pub fn new(octets: &'a [u8]) -> Self {
        Walk(octets)
    }

    /// Over the content of the one element, which has this tag.
    pub fn single(octets: &'a [u8], tag: u8) -> Result<Self, Fault> {
        let mut walk = Walk(octets);
        let content = walk.read(tag)?;
        walk.end()?;
        Ok(Walk(content))
    }

    /// What has not been taken.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element.
    pub fn any(&mut self) -> Result<Element<'a>, Fault> {
        let octets = self.0;
        let [tag, first, ..] = *octets else { return Err("an element that is cut off") };
        // Nothing in a certificate has a tag number over 30.
        if tag & 0x1f == 0x1f || tag == 0 {
            return Err("a tag that no element has");
        }
        let digits = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        if first == 0x80 || digits > 4 {
            return Err("a length that is indefinite or too long");
        }
        let coded = octets.get(2..2 + digits).ok_or("a length that is cut off")?;
        let length = coded.iter().fold(usize::from(first), |length, digit| length << 8 | usize::from(*digit));
        // The first octet says only how many there are.
        let length = if digits == 0 { length } else { length - (usize::from(first) << (8 * digits)) };
        if digits > 0 && (coded[0] == 0 || length < 0x80) {
            return Err("a length of more octets than needed");
        }
        let (whole, rest) = octets.split_at_checked(2 + digits + length).ok_or("an element that is cut off")?;
        self.0 = rest;
        Ok(Element { tag, whole, content: &whole[2 + digits..] })
    }

    /// The content of the next element, which has this tag.
    pub fn read(&mut self, tag: u8) -> Result<&'a [u8], Fault> {
        let element = self.any()?;
        if element.tag == tag { Ok(element.content) } else { Err("an element of another type") }
    }

    /// The content of the next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Fault> {
        if self.tag() == Some(tag) { self.read(tag).map(Some) } else { Ok(None) }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err("octets after the last element") }
    }

    /// Takes each element that is left, of which there must be one.
    pub fn each(mut self, mut take: impl FnMut(Element<'a>) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.is_empty() {
            return Err("a list without a member");
        }
        while !self.is_empty() {
            take(self.any()?)?;
        }
        Ok(())
    }
}

/// Whether these octets are elements in DER, and the contents of constructed ones in turn.
pub fn all_sound(octets: &[u8]) -> Result<(), Fault> {
    let mut open = vec![octets];
    while let Some(content) = open.pop() {
        let mut walk = Walk(content);
        while !walk.is_empty() {
            let element = walk.any()?;
            if element.tag & 0x20 != 0 {
                open.push(element.content);
            }
        }
    }
    Ok(())
}
