"""Who may call a service with credentials and TLS, and what everybody else gets."""

import datetime
import http.client
import json
import os
import socket
import ssl
import stat
import subprocess
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID

import pca
import service
from certificates import csr as make_csr
from certificates import verify_server
from pca import refused
from raw import Answer, encode, place

ENDPOINT = os.environ.get("ACM_PCA_SIGNED_ENDPOINT", "")
PUBLIC = os.environ.get("ACM_PCA_SIGNED_PUBLIC", "")
CA = os.environ.get("ACM_PCA_SIGNED_CA", "")
pytestmark = pytest.mark.skipif(not ENDPOINT, reason="only with a service that ./run has started")

GOOD = (service.KEY, service.SECRET)
WRONG = "InvalidSignatureException"


def caller(protocol, key=service.KEY, secret=service.SECRET, region=pca.REGION, **options):
    return pca.client(protocol, key=key, secret=secret, region=region, endpoint=ENDPOINT, verify=CA, **options)


def sts(key=service.KEY, secret=service.SECRET, region=pca.REGION):
    return pca.session(key, secret).client("sts", endpoint_url=ENDPOINT, region_name=region, verify=CA)


def context():
    return ssl.create_default_context(cafile=CA)


def exchange(verb, path, body, headers):
    connection = http.client.HTTPSConnection(urlsplit(ENDPOINT).netloc, timeout=60, context=context())
    connection.request(verb, path, body, headers)
    response = connection.getresponse()
    answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    connection.close()
    return answer


def signed(protocol, at=None, change=None, key=service.KEY, secret=service.SECRET, region=pca.REGION, name="acm-pca"):
    """A call that botocore signs as of another time, and that is then changed."""
    path, headers = place(protocol, "ListCertificateAuthorities")
    body = encode(protocol, {"MaxResults": 5})
    request = botocore.awsrequest.AWSRequest("POST", ENDPOINT + path, headers=headers, data=body)
    now = at or datetime.datetime.now(datetime.timezone.utc)
    credentials = botocore.credentials.Credentials(key, secret)
    before = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *_, **__: now
    try:
        botocore.auth.SigV4Auth(credentials, name, region).add_auth(request)
    finally:
        botocore.auth.get_current_datetime = before
    call = {"verb": "POST", "path": path, "body": body, "headers": dict(request.headers.items())}
    if change:
        change(call)
    return exchange(**call)


def check(answer, name, words=""):
    assert answer.status == 400 and answer.type() == name, (answer.status, answer.body)
    assert words in answer.decode()["message"], answer.body


def test_who_is_known_gets_a_certificate(protocol, csr):
    root = pca.create_root(caller(protocol))
    # Not the account of any default.
    assert root.arn.split(":")[3:5] == [pca.REGION, service.ACCOUNT]
    certificate, chain = root.issue(csr)
    verify_server(certificate, chain, "www.example.com")


def test_a_raw_call(protocol):
    assert signed(protocol).status == 200


def test_a_wrong_secret(protocol):
    with refused(WRONG, words="does not match the signature you provided"):
        caller(protocol, secret="another").list_certificate_authorities()


def test_an_unknown_key(protocol):
    with refused("UnrecognizedClientException", words="The security token included in the request is invalid"):
        caller(protocol, key="AKIAUNKNOWN").list_certificate_authorities()


def test_nobody(protocol):
    path, headers = place(protocol, "ListCertificateAuthorities")
    check(exchange("POST", path, encode(protocol, {}), headers), "MissingAuthenticationTokenException")
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=x"
    check(exchange("POST", path, encode(protocol, {}), headers), "IncompleteSignatureException")


@pytest.mark.parametrize(
    "minutes, words",
    [(-60, "Signature expired: "), (-16, "Signature expired: "), (16, "Signature not yet current: "), (-14, None), (14, None)],
)
def test_the_time_of_a_signature(protocol, minutes, words):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    answer = signed(protocol, at)
    if words is None:
        assert answer.status == 200
    else:
        check(answer, WRONG, words)


def test_another_region(protocol):
    with refused(WRONG, words="Credential should be scoped to a valid region"):
        caller(protocol, region="eu-central-1").list_certificate_authorities()


def test_another_service(protocol):
    check(signed(protocol, name="sts"), WRONG, "Credential should be scoped to correct service: 'acm-pca'")


def test_a_tampered_body(protocol):
    def change(call):
        call["body"] = encode(protocol, {"MaxResults": 6})

    check(signed(protocol, change=change), WRONG)


def test_another_operation_under_the_same_signature(protocol):
    def change(call):
        if protocol == "json":
            call["headers"]["X-Amz-Target"] = "ACMPrivateCA.ListTags"
        else:
            call["path"] = place(protocol, "ListTags")[0]

    check(signed(protocol, change=change), WRONG)


def test_what_is_not_signed(protocol):
    def unsigned_payload(call):
        call["headers"]["X-Amz-Content-Sha256"] = "UNSIGNED-PAYLOAD"

    check(signed(protocol, change=unsigned_payload), WRONG)

    def another_header(call):
        call["headers"]["X-Amz-Something"] = "new"

    check(signed(protocol, change=another_header), WRONG, "x-amz-something")


def test_accounts_do_not_see_each_other(protocol, csr):
    root = pca.create_root(caller(protocol))
    stranger = caller(protocol, service.OTHER_KEY, service.OTHER_SECRET)
    for call in (
        lambda: stranger.describe_certificate_authority(CertificateAuthorityArn=root.arn),
        lambda: stranger.delete_certificate_authority(CertificateAuthorityArn=root.arn),
        lambda: pca.Authority(stranger, root.arn).issue_arn(csr),
    ):
        denied(call, "because no resource-based policy allows the acm-pca:")
    listed = stranger.list_certificate_authorities()["CertificateAuthorities"]
    assert root.arn not in [one["Arn"] for one in listed]


def denied(call, words):
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response
    assert error["Error"]["Code"] == "AccessDeniedException" and words in error["Error"]["Message"], error
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_policy(protocol, csr):
    root = pca.create_root(caller(protocol))
    limited = caller(protocol, service.LIMITED_KEY, service.LIMITED_SECRET)
    mine = pca.Authority(limited, root.arn)
    certificate, chain = mine.issue(csr)
    verify_server(certificate, chain, "www.example.com")
    user = f"User: arn:aws:iam::{service.ACCOUNT}:user/limited is not authorized to perform: acm-pca:"
    denied(lambda: limited.list_certificate_authorities(), user + "ListCertificateAuthorities on resource: *")
    denied(lambda: mine.delete(), user + f"DeleteCertificateAuthority on resource: {root.arn}")
    # What it says of certificates is judged over the finished one.
    of_rsa = make_csr(private_key=rsa.generate_private_key(65537, 2048))
    denied(lambda: mine.issue_arn(of_rsa), "Statement 2")
    assert root.issue_arn(of_rsa)
    # Its certificate is not in the ledger of what it may not have.
    token = pca.token()
    root.issue_arn(of_rsa, IdempotencyToken=token)
    denied(lambda: mine.issue_arn(of_rsa, IdempotencyToken=token), "Statement 2")


def shared_with(account, arn, template="EndEntityCertificate"):
    """The policy that the guide publishes for one account."""
    reads = ("DescribeCertificateAuthority", "GetCertificate", "GetCertificateAuthorityCertificate", "ListPermissions", "ListTags")
    allows = {"Effect": "Allow", "Principal": {"AWS": account}, "Resource": arn}
    of_template = {"StringEquals": {"acm-pca:TemplateArn": pca.template_arn(template)}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Reads", **allows, "Action": [f"acm-pca:{name}" for name in reads]},
            {"Sid": "Issues", **allows, "Action": ["acm-pca:IssueCertificate"], "Condition": of_template},
        ],
    }


def others(client):
    pages = client.get_paginator("list_certificate_authorities").paginate(ResourceOwner="OTHER_ACCOUNTS")
    return [one["Arn"] for page in pages for one in page["CertificateAuthorities"]]


def test_a_policy_lets_another_account_in(protocol, csr):
    owner, friend = caller(protocol), caller(protocol, service.OTHER_KEY, service.OTHER_SECRET)
    root = pca.create_root(owner)
    lent = pca.Authority(friend, root.arn)
    assert root.arn not in others(friend)
    policy = shared_with(service.OTHER_ACCOUNT, root.arn)
    owner.put_policy(ResourceArn=root.arn, Policy=json.dumps(policy))
    assert root.arn in others(friend) and root.arn not in others(owner)
    # Its template is that of the condition, and must be named.
    arn = lent.issue_arn(csr, "EndEntityCertificate")
    assert arn.startswith(root.arn)
    answer = lent.get(arn)
    assert answer == {**root.get(arn), "ResponseMetadata": answer["ResponseMetadata"]}
    verify_server(pca.pem(answer["Certificate"]), pca.chain(answer["CertificateChain"]), "www.example.com")
    described = friend.describe_certificate_authority(CertificateAuthorityArn=root.arn)["CertificateAuthority"]
    assert described["OwnerAccount"] == service.ACCOUNT
    denied(lambda: lent.issue_arn(csr, "EndEntityClientAuthCertificate"), "the resource policy takes what an Allow statement matches")
    denied(lambda: lent.issue_arn(csr), "the resource policy")
    user = f"User: arn:aws:iam::{service.OTHER_ACCOUNT}:root is not authorized to perform: acm-pca:"
    denied(lent.delete, f"{user}DeleteCertificateAuthority on resource: {root.arn} because no resource-based policy")
    everyone = {"Effect": "Deny", "Principal": "*", "Action": "acm-pca:IssueCertificate", "Resource": "*"}
    policy["Statement"].append(everyone)
    owner.put_policy(ResourceArn=root.arn, Policy=json.dumps(policy))
    denied(lambda: lent.issue_arn(csr, "EndEntityCertificate"), "with an explicit deny in a resource-based policy")
    assert root.issue_arn(csr)
    owner.delete_policy(ResourceArn=root.arn)
    denied(lambda: lent.get(arn), "because no resource-based policy allows the acm-pca:GetCertificate action")


def test_a_policy_that_cannot_be_read_is_not_kept(protocol):
    root = pca.create(caller(protocol))
    policy = shared_with(service.OTHER_ACCOUNT, root.arn)
    policy["Statement"][1]["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    with refused("InvalidPolicyException", words="Statement 2: Condition.StringEquals: the condition key aws:PrincipalOrgID"):
        root.client.put_policy(ResourceArn=root.arn, Policy=json.dumps(policy))
    with refused("ResourceNotFoundException"):
        root.client.get_policy(ResourceArn=root.arn)


def test_sts():
    answer = sts().get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (service.ACCOUNT, f"arn:aws:iam::{service.ACCOUNT}:user/ci")
    # Its key identifier is the number of another account.
    answer = sts(service.LIMITED_KEY, service.LIMITED_SECRET).get_caller_identity()
    assert answer["Account"] == service.ACCOUNT
    for (key, secret), code in (
        ((service.KEY, "another"), "SignatureDoesNotMatch"),
        (("AKIAUNKNOWN", "another"), "InvalidClientTokenId"),
    ):
        with pytest.raises(ClientError) as raised:
            sts(key, secret).get_caller_identity()
        assert raised.value.response["Error"]["Code"] == code


def test_a_signed_url():
    url = sts().generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    answer = exchange("GET", url[len(ENDPOINT) :], b"", {})
    assert answer.status == 200 and f"<Account>{service.ACCOUNT}</Account>".encode() in answer.body
    answer = exchange("GET", url[len(ENDPOINT) :].replace("X-Amz-Expires=60", "X-Amz-Expires=600"), b"", {})
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body


@pytest.mark.parametrize("version, good", [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_versions_of_tls(version, good):
    one = context()
    one.set_ciphers("ALL:@SECLEVEL=0")
    one.minimum_version = one.maximum_version = getattr(ssl.TLSVersion, version)
    address = urlsplit(ENDPOINT)
    try:
        with socket.create_connection((address.hostname, address.port), 30) as raw:
            with one.wrap_socket(raw, server_hostname="localhost") as secured:
                assert good and secured.version() == version.replace("_", ".")
    except (ssl.SSLError, OSError):
        assert not good


def test_no_answer_without_tls():
    with socket.create_connection((urlsplit(ENDPOINT).hostname, urlsplit(ENDPOINT).port), 30) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        raw.settimeout(30)
        assert not raw.recv(1000).startswith(b"HTTP/")


def test_lists_are_for_everyone_and_nothing_else_is(csr):
    client = caller("json")
    root = pca.create_root(client)
    name = urlsplit(PUBLIC).netloc
    root.update(RevocationConfiguration={
        "CrlConfiguration": {"Enabled": True, "ExpirationInDays": 7, "S3BucketName": "bucket", "CustomCname": name},
    })
    certificate, _ = root.issue(csr)
    points = certificate.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).value
    url = points[0].full_name[0].value
    crl = x509.load_der_x509_crl(urllib.request.urlopen(url, timeout=60).read())
    assert crl.is_signature_valid(root.chain[0].public_key())
    assert urllib.request.urlopen(PUBLIC + "/healthz", timeout=60).status == 200
    for verb in ("GET", "POST"):
        request = urllib.request.Request(PUBLIC + "/", b"{}" if verb == "POST" else None, method=verb)
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=60)
        assert raised.value.code == 404
    # Beside the API, too, without a signature.
    assert exchange("GET", urlsplit(url).path, b"", {}).status == 200


@pytest.mark.parametrize("header", [{"Host": "rebound.example.com"}, {"Origin": "https://example.com"}])
def test_web_pages_are_refused_before_anything_else(header):
    answer = signed("json", change=lambda call: call["headers"].update(header))
    assert answer.status == 403 and answer.type() == "AccessDeniedException"


def test_what_would_let_everybody_in_does_not_start(tmp_path):
    options, _ = service.secure_files(tmp_path)
    words = service.refused_at_start(service.PROGRAM, "--listen", "0.0.0.0:0")
    assert "give --credentials FILE, --tls-cert FILE and --tls-key FILE, or --insecure" in words
    words = service.refused_at_start(service.PROGRAM, "--listen", "0.0.0.0:0", *options[:2])
    assert "give --tls-cert FILE and --tls-key FILE, or --insecure" in words
    words = service.refused_at_start(service.PROGRAM, "--listen", "0.0.0.0:0", *options[2:])
    assert "give --credentials FILE, or --insecure" in words
    with service.Server(service.PROGRAM, *options, listen="0.0.0.0:0") as server:
        assert server.endpoint.startswith("https://0.0.0.0:")
    with service.Server(service.PROGRAM, "--insecure", listen="0.0.0.0:0") as server:
        assert server.endpoint.startswith("http://0.0.0.0:")


def test_a_key_that_is_not_the_certificates(tmp_path):
    options, _ = service.secure_files(tmp_path)
    words = service.refused_at_start(service.PROGRAM, *options[:4], "--tls-key", tmp_path / "ca.key")
    assert "ca.key" in words and "the certificate's key" in words


def test_secrets_that_others_can_read(tmp_path):
    options, _ = service.secure_files(tmp_path)
    for mode, warns in ((stat.S_IRUSR, False), (stat.S_IRUSR | stat.S_IRGRP, True), (0o644, True)):
        (tmp_path / "keys.toml").chmod(mode)
        with service.Server(service.PROGRAM, *options) as server:
            server.stop()
            assert ("others than its owner can read the secrets" in server.messages()) == warns
            assert service.SECRET not in server.messages() + "".join(server.lines)


def test_curl_signs_too():
    command = [
        "curl", "-sS", "--cacert", CA, "--aws-sigv4", f"aws:amz:{pca.REGION}:acm-pca", "--user", ":".join(GOOD),
        "-H", "Content-Type: application/x-amz-json-1.1", "-H", "X-Amz-Target: ACMPrivateCA.ListCertificateAuthorities",
        "-d", "{}", ENDPOINT,
    ]  # fmt: skip
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("there is no curl")
    assert answer.returncode == 0 and '"CertificateAuthorities":[' in answer.stdout, answer
