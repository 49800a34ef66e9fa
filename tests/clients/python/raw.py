"""The service over plain HTTP, for what no client library would send."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import cbor2

from pca import ENDPOINT

ADDRESS = urlsplit(ENDPOINT).netloc
LIMIT = 4 * 1024 * 1024
TIMEOUT = 60


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def decode(self):
        cbor = self.headers.get("content-type") == "application/cbor"
        return cbor2.loads(self.body) if cbor else json.loads(self.body)

    def type(self):
        """The exception's name; rpc-v2-cbor puts the namespace before it."""
        return self.decode()["__type"].rpartition("#")[2]


def exchange(verb, path, body, headers, connection=None):
    own = connection or http.client.HTTPConnection(ADDRESS, timeout=TIMEOUT)
    try:
        try:
            own.request(verb, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            # The server may answer before it has read a body that is too long.
            own._HTTPConnection__state = http.client._CS_REQ_SENT
        response = own.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        if connection is None:
            own.close()


def place(protocol, operation):
    """(path, headers) of an operation."""
    if protocol == "json":
        return "/", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"ACMPrivateCA.{operation}"}
    headers = {"Content-Type": "application/cbor", "Accept": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}
    return f"/service/ACMPrivateCA/operation/{operation}", headers


def encode(protocol, value):
    return json.dumps(value).encode() if protocol == "json" else cbor2.dumps(value)


def send(protocol, operation, body, connection=None, verb="POST", **headers):
    """Sends octets as the body of an operation."""
    path, usual = place(protocol, operation)
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return exchange(verb, path, body, {**usual, **more}, connection)


def call(protocol, operation, request, **options):
    """Sends a value as the body of an operation."""
    return send(protocol, operation, encode(protocol, request), **options)


def check_refusal(answer, protocol, *types, statuses=(400,)):
    """A clean refusal: status, name, message, request id, and the protocol of the question."""
    assert answer.status in statuses, (answer.status, answer.body[:500])
    assert answer.headers["x-amzn-requestid"]
    if protocol == "json":
        assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    else:
        assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
        assert answer.headers["content-type"] == "application/cbor"
    decoded = answer.decode()
    assert isinstance(decoded["message"], str)
    assert answer.type() in types, decoded
    # At most 100 violations with 512 characters of a value each, of at most 6 octets.
    assert len(answer.body) < 400_000
