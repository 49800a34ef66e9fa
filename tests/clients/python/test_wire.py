"""The two protocols as octets: headers, timestamps, blobs, nulls, connections."""

import base64
import http.client
import json
import re
import time

import cbor2
import pytest

import pca
from certificates import dns_csr
from raw import ADDRESS, TIMEOUT, call, check_refusal, exchange, place, send

UNKNOWN = ("UnknownOperationException",)
BAD = ("ValidationException", "SerializationException")
ISSUE = {"SigningAlgorithm": pca.ECDSA, "Validity": {"Value": 5, "Type": "DAYS"}}


def blob(protocol, value):
    return base64.b64encode(value).decode() if protocol == "json" else value


def test_headers(protocol, root):
    answers = [call(protocol, "DescribeCertificateAuthority", {"CertificateAuthorityArn": root.arn}) for _ in range(2)]
    for answer in answers:
        assert answer.status == 200
        assert answer.decode()["CertificateAuthority"]["Arn"] == root.arn
    assert len({answer.headers["x-amzn-requestid"] for answer in answers}) == 2


def test_timestamps(protocol, root):
    answer = call(protocol, "DescribeCertificateAuthority", {"CertificateAuthorityArn": root.arn})
    if protocol == "json":
        found = answer.decode()["CertificateAuthority"]["CreatedAt"]
        assert isinstance(found, (int, float)) and abs(found - time.time()) < 7200
    else:
        for member in (b"CreatedAt", b"LastStateChangeAt", b"NotBefore", b"NotAfter"):
            # Tag 1: seconds since the epoch.
            assert member + b"\xc1" in answer.body


def test_blobs(protocol, root):
    request = {**ISSUE, "CertificateAuthorityArn": root.arn, "Csr": blob(protocol, dns_csr())}
    answer = call(protocol, "IssueCertificate", request)
    assert answer.status == 200 and answer.decode()["CertificateArn"].startswith(root.arn)


def test_blobs_of_the_other_protocol(protocol, root):
    """Text is no blob in CBOR; what is not base64 is none in JSON."""
    text = dns_csr().decode()
    answer = call(protocol, "IssueCertificate", {**ISSUE, "CertificateAuthorityArn": root.arn, "Csr": text})
    check_refusal(answer, protocol, *BAD)


def test_nulls_are_absent(protocol, root):
    request = {
        **ISSUE,
        "CertificateAuthorityArn": root.arn,
        "Csr": blob(protocol, dns_csr()),
        "TemplateArn": None,
        "ApiPassthrough": {"Subject": None, "Extensions": None},
        "ValidityNotBefore": None,
        "IdempotencyToken": None,
    }
    answer = call(protocol, "IssueCertificate", request)
    assert answer.status == 200, answer.body


def issue(protocol, root, **members):
    request = {**ISSUE, "CertificateAuthorityArn": root.arn, "Csr": blob(protocol, dns_csr()), **members}
    return call(protocol, "IssueCertificate", request)


API = pca.template_arn("EndEntityCertificate_APIPassthrough")
NAMES = [{"DnsName": "api.example.com"}]


@pytest.mark.parametrize(
    "members",
    [
        {"NewMember": {"A": [None, 1]}},
        {"Validity": {**ISSUE["Validity"], "NewMember": 1}},
        {"TemplateArn": API, "ApiPassthrough": {"NewMember": 1, "Extensions": {"NewMember": [], "KeyUsage": None}}},
        {"TemplateArn": API, "ApiPassthrough": {"Extensions": {"SubjectAlternativeNames": [{**NAMES[0], "New": 1}]}}},
        {"TemplateArn": API, "ApiPassthrough": {"Subject": {}, "Extensions": {}}},
    ],
    ids=str,
)
def test_unknown_members_and_empty_structures_are_not_used(protocol, root, members):
    answer = issue(protocol, root, **members)
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    "passthrough, right",
    [
        ({"subject": {"CommonName": "x"}}, "Subject"),
        ({"Extension": {}}, "Extensions"),
        ({"Extensions": {"SubjectAlternativeName": NAMES}}, "SubjectAlternativeNames"),
        ({"Extensions": {"SubjectAlternativeNames": [{"DNSName": "x"}]}}, "DnsName"),
        ({"Subject": {"Comonname": "x"}}, "CommonName"),
    ],
    ids=str,
)
def test_misspelt_members_are_refused(protocol, root, passthrough, right):
    """Who calls never sees the plan, and the CSR's own names would be certified."""
    answer = issue(protocol, root, TemplateArn=API, ApiPassthrough=passthrough)
    check_refusal(answer, protocol, "InvalidArgsException")
    assert right in answer.decode()["message"]


def test_nulls_where_something_must_be(protocol, root):
    answer = call(protocol, "DescribeCertificateAuthority", {"CertificateAuthorityArn": None})
    check_refusal(answer, protocol, "ValidationException")
    assert answer.decode()["message"] == (
        "1 validation error detected: Value null at 'certificateAuthorityArn' failed to satisfy constraint: "
        "Member must not be null"
    )
    answer = call(protocol, "TagCertificateAuthority", {"CertificateAuthorityArn": root.arn, "Tags": [None]})
    check_refusal(answer, protocol, *BAD)


def test_answers_without_members(protocol, root):
    request = {"CertificateAuthorityArn": root.arn, "Tags": [{"Key": "a"}]}
    answer = call(protocol, "UntagCertificateAuthority", request)
    assert answer.status == 200
    assert answer.body == b"" or answer.decode() == {}


def test_errors(protocol):
    answer = call(protocol, "DescribeCertificateAuthority", {"CertificateAuthorityArn": pca.NOBODY})
    check_refusal(answer, protocol, "ResourceNotFoundException")


@pytest.mark.parametrize(
    "operation", ["NoSuchOperation", "describeCertificateAuthority", "", "../../etc/passwd", "a" * 5000]
)
def test_unknown_operations(protocol, operation):
    check_refusal(call(protocol, operation, {}), protocol, *UNKNOWN, statuses=(400, 404))


def test_targets_of_other_services():
    for target in ("CertificateManager.ListCertificates", "ListCertificateAuthorities", "ACMPrivateCA", "", "."):
        answer = send("json", "", b"{}", X_Amz_Target=target)
        check_refusal(answer, "json", *UNKNOWN, statuses=(400, 404))


def test_no_target():
    answer = exchange("POST", "/", b"{}", {"Content-Type": "application/x-amz-json-1.1"})
    assert answer.status in (400, 404) and answer.headers["x-amzn-requestid"]
    assert answer.type() in UNKNOWN


def test_no_smithy_protocol():
    path, headers = place("smithy-rpc-v2-cbor", "ListCertificateAuthorities")
    del headers["Smithy-Protocol"]
    for wrong in (headers, {**headers, "Smithy-Protocol": "rpc-v9"}):
        answer = exchange("POST", path, cbor2.dumps({}), wrong)
        assert 400 <= answer.status < 500 and answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_other_methods(protocol, verb):
    answer = send(protocol, "ListCertificateAuthorities", b"", verb=verb)
    assert 400 <= answer.status < 500 and answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/service/Other/operation/ListCertificateAuthorities", "/service/ACMPrivateCA", "//", "/%00"]
)
def test_other_paths(path):
    for protocol in pca.PROTOCOLS:
        _, headers = place(protocol, "ListCertificateAuthorities")
        answer = exchange("POST", path, b"{}", headers)
        assert 400 <= answer.status < 500 and answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "signature",
    [{}, {"Authorization": "nonsense"}, {"Authorization": "AWS4-HMAC-SHA256 Credential=x", "X_Amz_Date": "never"}],
)
def test_signatures_are_not_checked(protocol, signature):
    assert call(protocol, "ListCertificateAuthorities", {}, **signature).status == 200


def test_header_names_in_any_case(protocol):
    path, headers = place(protocol, "ListCertificateAuthorities")
    headers = {name.upper(): value for name, value in headers.items()}
    assert exchange("POST", path, b"{}" if protocol == "json" else b"\xa0", headers).status == 200


def test_one_connection_for_many_calls(protocol, root):
    connection = http.client.HTTPConnection(ADDRESS, timeout=TIMEOUT)
    connection.connect()
    socket = connection.sock
    for _ in range(5):
        assert call(protocol, "ListCertificateAuthorities", {}, connection=connection).status == 200
        answer = call(protocol, "NoSuchOperation", {}, connection=connection)
        assert answer.status in (400, 404)
    assert connection.sock is socket
    connection.close()


def test_chunks(protocol):
    """A body without a length: read or refused, but not misread."""
    path, headers = place(protocol, "ListCertificateAuthorities")
    body = b"{}" if protocol == "json" else b"\xa0"
    connection = http.client.HTTPConnection(ADDRESS, timeout=TIMEOUT)
    connection.request("POST", path, iter([body[:1], body[1:]]), headers, encode_chunked=True)
    assert connection.getresponse().status in (200, 400, 411)
    connection.close()


def test_indefinite_lengths():
    """Encoders that stream do not know lengths: maps, lists, texts and byte strings in pieces."""
    request = (
        b"\xbf"
        + cbor2.dumps("MaxResults")
        + b"\x01"
        + b"\x7f"
        + cbor2.dumps("Resource")
        + cbor2.dumps("Owner")
        + b"\xff"
        + b"\x7f"
        + cbor2.dumps("SE")
        + cbor2.dumps("LF")
        + b"\xff"
        + b"\xff"
    )
    answer = send("smithy-rpc-v2-cbor", "ListCertificateAuthorities", request)
    assert answer.status == 200 and len(answer.decode()["CertificateAuthorities"]) <= 1


def test_blobs_in_pieces(root):
    csr = dns_csr()
    request = cbor2.dumps({**ISSUE, "CertificateAuthorityArn": root.arn, "Csr": b"?"})
    pieces = b"\x5f" + cbor2.dumps(csr[:100]) + cbor2.dumps(csr[100:]) + b"\xff"
    answer = send(
        "smithy-rpc-v2-cbor",
        "IssueCertificate",
        request.replace(cbor2.dumps("Csr") + b"\x41?", cbor2.dumps("Csr") + pieces),
    )
    assert answer.status == 200, answer.body


def test_undefined_is_absent():
    answer = send("smithy-rpc-v2-cbor", "ListCertificateAuthorities", cbor2.dumps({"NextToken": cbor2.undefined}))
    assert answer.status == 200


def test_arns_of_certificates(protocol, root, csr):
    """Hexadecimal by default, two digits a byte, as the live service's."""
    assert re.fullmatch(re.escape(root.arn) + "/certificate/([0-9a-f]{2}){1,16}", root.issue_arn(csr))


def test_json_is_utf8():
    answer = send("json", "ListCertificateAuthorities", json.dumps({"NextToken": "ÿ☃"}, ensure_ascii=False).encode())
    check_refusal(answer, "json", "InvalidNextTokenException")
