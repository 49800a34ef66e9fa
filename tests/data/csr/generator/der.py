"""DER by hand: whatever octets a case asks for, right or wrong."""


def length(octets):
    if octets < 0x80:
        return bytes([octets])
    digits = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def relength(element, header):
    """The element with other octets in the place of its length."""
    octets = 1 if element[1] < 0x80 else 1 + (element[1] & 0x7F)
    return element[:1] + header + element[1 + octets :]


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*elements):
    """In DER order; the header carries the length, so no element is the start of another."""
    return tlv(0x31, *sorted(elements))


def arc(number):
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))


def oid_content(text):
    first, second, *rest = (int(number) for number in text.split("."))
    return b"".join(arc(number) for number in [40 * first + second, *rest])


def oid(text):
    return tlv(0x06, oid_content(text))


def integer(number):
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
    return tlv(0x02, octets)


def bits(octets, unused=0):
    return tlv(0x03, bytes([unused]), octets)


def octets(content):
    return tlv(0x04, content)


NULL = tlv(0x05)
TRUE = tlv(0x01, b"\xff")


def utf8(text):
    return tlv(0x0C, text.encode())


def printable(text):
    return tlv(0x13, text.encode())


def ia5(text):
    return tlv(0x16, text.encode())


def bmp(text):
    return tlv(0x1E, text.encode("utf-16-be"))


# --- names and extensions

CN, COUNTRY, O, OU = "2.5.4.3", "2.5.4.6", "2.5.4.10", "2.5.4.11"
EMAIL = "1.2.840.113549.1.9.1"
SAN, KEY_USAGE = "2.5.29.17", "2.5.29.15"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
MS_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14"
CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"


def name_attribute(kind, value):
    return seq(oid(kind), value)


def name(*attributes):
    """One attribute to an RDN; each a pair of type and value."""
    return seq(*(set_of(name_attribute(*attribute)) for attribute in attributes))


def common_name(value):
    return name((CN, utf8(value) if isinstance(value, str) else value))


def extension(kind, value, critical=b""):
    return seq(oid(kind), critical, octets(value))


def attribute(kind, *values):
    return seq(oid(kind), set_of(*values))


def extension_request(*extensions, kind=EXTENSION_REQUEST):
    return attribute(kind, seq(*extensions))


def attributes(*elements):
    return tlv(0xA0, *sorted(elements))


# --- alternative names


def dns(text):
    return tlv(0x82, text if isinstance(text, bytes) else text.encode())


def san(*names, critical=b""):
    return extension(SAN, seq(*names), critical)
