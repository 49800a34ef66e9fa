"""Bodies that nobody should send. Each gets a clean answer, and the server lives on."""

import cbor2
import pytest

from pca import NOBODY
from raw import LIMIT, call, check_refusal, send

BAD = ("ValidationException", "SerializationException")
CBOR = "smithy-rpc-v2-cbor"


@pytest.fixture(autouse=True)
def lives_on(protocol):
    yield
    assert call(protocol, "ListCertificateAuthorities", {"MaxResults": 1}).status == 200


@pytest.mark.parametrize("value", [1, None, "text", [], {"x": [1, None]}], ids=str)
def test_unknown_members(protocol, value):
    """Clients of next year send members of next year."""
    assert call(protocol, "ListCertificateAuthorities", {"NoSuchMember": value}).status == 200
    request = {"CertificateAuthorityArn": NOBODY, "Tags": [{"Key": "a", "NoSuchMember": value}]}
    check_refusal(call(protocol, "TagCertificateAuthority", request), protocol, "ResourceNotFoundException")


@pytest.mark.parametrize("value", [1, "text", True, [], {}, 1.5, -1, 2**70], ids=str)
@pytest.mark.parametrize(
    "operation, member, right",
    [
        ("ListCertificateAuthorities", "MaxResults", int),
        ("ListCertificateAuthorities", "NextToken", str),
        ("TagCertificateAuthority", "Tags", list),
        ("IssueCertificate", "Validity", dict),
        ("IssueCertificate", "ApiPassthrough", dict),
        ("CreateCertificateAuthority", "RevocationConfiguration", dict),
    ],
)
def test_wrong_types(protocol, operation, member, right, value):
    if type(value) is right and not (right is int and abs(value) > 2**63):
        pytest.skip("the right type")
    check_refusal(call(protocol, operation, {member: value}), protocol, *BAD)


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, [], {}], ids=str)
def test_no_booleans(protocol, value):
    crl = {"CrlConfiguration": {"Enabled": value}}
    request = {"CertificateAuthorityArn": NOBODY, "RevocationConfiguration": crl}
    check_refusal(call(protocol, "UpdateCertificateAuthority", request), protocol, *BAD)


@pytest.mark.parametrize("value", [None, 1, "text", [], [{}], True, 1.5], ids=str)
def test_bodies_that_are_no_structure(protocol, value):
    check_refusal(call(protocol, "DescribeCertificateAuthority", value), protocol, *BAD)


BROKEN_JSON = [
    b"",
    b"{",
    b"}",
    b'{"MaxResults"',
    b'{"MaxResults":}',
    b'{"MaxResults":1,}',
    b"{} {}",
    b"{}x",
    b"{'MaxResults':1}",
    b'{"NextToken":"\xff"}',
    b'{"NextToken":"\\ud800"}',
    b'{"NextToken":"\n"}',
    b'{"MaxResults":01}',
    b'{"MaxResults":NaN}',
    b"\xef\xbb\xbf{}",
    b"\x00",
    b'{"MaxResults":1e999}',
    b'{"NextToken":"' + b"\\" * 999,
]
BROKEN_CBOR = [
    b"\xa1",
    b"\xff",
    b"\xbf",
    b"\xa1\x01\x02",
    b"\xa0\xa0",
    b"\xa0x",
    b"{}",
    b"\x1c",
    b"\xfc",
    b"\xf8\x00",
    # A text that is not UTF-8; lengths that nobody has the room for; breaks and pieces where none may be.
    b"\xa1\x69NextToken\x61\xff",
    b"\xbb" + b"\xff" * 8,
    b"\x9b" + b"\xff" * 8,
    b"\xa1\x69NextToken\x7b" + b"\xff" * 8,
    b"\xa1\x69NextToken\x7b\x7f" + b"\xff" * 7,
    b"\xa1\x69NextToken\xff",
    b"\xa1\x69NextToken\x7f\x41a\xff",
    b"\xbf\x69NextToken\xff",
    b"\xa1\x6aMaxResults\xc1",
]


@pytest.mark.parametrize("body", BROKEN_JSON, ids=lambda body: repr(body[:24]))
def test_broken_json(protocol, body):
    if protocol != "json":
        pytest.skip("JSON")
    if body == b"":
        # The service takes no body for a structure without members.
        assert send("json", "ListCertificateAuthorities", body).status in (200, 400)
    else:
        check_refusal(send("json", "ListCertificateAuthorities", body), "json", *BAD)


@pytest.mark.parametrize("body", BROKEN_CBOR, ids=lambda body: body[:24].hex())
def test_broken_cbor(protocol, body):
    if protocol == "json":
        pytest.skip("CBOR")
    check_refusal(send(CBOR, "ListCertificateAuthorities", body), CBOR, *BAD)


DEEP = 100_000


def deep(protocol):
    if protocol == "json":
        yield b"[" * DEEP
        yield b'{"a":' * DEEP
        yield b'{"NextToken":' + b"[" * DEEP + b"]" * DEEP + b"}"
        yield b'{"NoSuchMember":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}"
    else:
        yield b"\x81" * DEEP
        yield b"\x9f" * DEEP
        yield b"\xa1\x61a" * DEEP
        yield b"\xbf\x61a" * DEEP
        yield b"\xa1\x69NextToken" + b"\x81" * DEEP + b"\x01"
        yield b"\xa1\x69NextToken" + b"\xc1" * DEEP + b"\x01"


def test_deep_bodies(protocol):
    for body in deep(protocol):
        check_refusal(send(protocol, "ListCertificateAuthorities", body), protocol, *BAD)


def test_deep_where_it_is_known(protocol):
    """No member nests by itself, so no depth is too small for the model."""
    value = "x"
    for _ in range(200):
        value = [value]
    request = {"CertificateAuthorityArn": NOBODY, "Tags": value}
    check_refusal(call(protocol, "TagCertificateAuthority", request), protocol, *BAD)


TOO_BIG = (*BAD, "RequestEntityTooLargeException", "PayloadTooLargeException", "RequestTooLargeException")


def test_bodies_up_to_the_limit(protocol):
    if protocol == "json":
        body = b"{}" + b" " * (LIMIT - 2)
        assert send(protocol, "ListCertificateAuthorities", body).status == 200
    else:
        token = cbor2.dumps({"NextToken": "a" * (LIMIT - 20)})
        assert LIMIT - 20 < len(token) <= LIMIT
        check_refusal(send(protocol, "ListCertificateAuthorities", token), protocol, "ValidationException")


@pytest.mark.parametrize("more", [1, LIMIT, 64 * 1024 * 1024])
def test_bodies_beyond_the_limit(protocol, more):
    body = b"{}" if protocol == "json" else b"\xa0"
    body += b" " * (LIMIT + more - len(body))
    check_refusal(send(protocol, "ListCertificateAuthorities", body), protocol, *TOO_BIG, statuses=(400, 413))


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", str(2**64), "+2"])
def test_lengths_that_are_none(protocol, length):
    answer = send(protocol, "ListCertificateAuthorities", b"", Content_Length=length)
    assert 400 <= answer.status < 500


def test_many_small_members(protocol):
    """A megabyte of members costs no more than its size."""
    request = {f"member{number}": None for number in range(50_000)}
    answer = call(protocol, "ListCertificateAuthorities", request)
    assert answer.status in (200, 400) and len(answer.body) < 100_000


def test_long_messages(protocol):
    check_refusal(
        call(protocol, "ListCertificateAuthorities", {"NextToken": "a" * 1_000_000}), protocol, "ValidationException"
    )
    tags = [{"Key": "\N{SNOWMAN}" * 1000}] * 500
    answer = call(protocol, "TagCertificateAuthority", {"CertificateAuthorityArn": NOBODY, "Tags": tags})
    check_refusal(answer, protocol, "ValidationException")


def test_names_given_twice(protocol):
    if protocol == "json":
        body = b'{"MaxResults":1,"MaxResults":2}'
    else:
        body = b"\xa2\x6aMaxResults\x01\x6aMaxResults\x02"
    check_refusal(send(protocol, "ListCertificateAuthorities", body), protocol, *BAD)


@pytest.mark.parametrize("member", ["NextToken", "IdempotencyToken"])
def test_control_characters(protocol, member):
    """What a caller sends comes back in messages, but not as lines or terminal commands."""
    operation = "ListCertificateAuthorities" if member == "NextToken" else "CreateCertificateAuthority"
    answer = call(protocol, operation, {member: "a\r\nb\x1b[31m\x00"})
    assert answer.status == 400
    assert not {"\r", "\n", "\x1b", "\x00"} & set(answer.decode()["message"])


def test_a_body_of_the_other_protocol(protocol):
    body = b"\xa0" if protocol == "json" else b"{}"
    check_refusal(send(protocol, "ListCertificateAuthorities", body), protocol, *BAD)
