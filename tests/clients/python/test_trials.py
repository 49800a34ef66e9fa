"""What the service does on purpose, so that clients can be tested: refusals, delays, another time, a start that comes back."""

import datetime
import email.utils
import time
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import pca
import service
from certificates import dns_csr, verify_server
from pca import refused

pytestmark = pytest.mark.skipif(not service.PROGRAM, reason="only with a program that ./run knows")

ARN = f"arn:aws:acm-pca:{pca.REGION}:123456789012:certificate-authority/11111111-2222-4333-8444-555555555555"


@pytest.fixture
def start():
    servers = []

    def start(*options):
        servers.append(service.Server(service.PROGRAM, "--region", pca.REGION, *options))
        return servers[-1].endpoint

    yield start
    for server in servers:
        server.stop()


def client(endpoint, protocol="json", attempts=1):
    return pca.client.__wrapped__(protocol, endpoint=endpoint, attempts=attempts)


def test_a_client_that_tries_again_gets_through(start, protocol):
    # Much more often, and botocore waits for most of a minute.
    endpoint = start("--fault", "issue-certificate=ThrottlingException:0.3")
    root = pca.create_root(client(endpoint, protocol, attempts=20))
    for _ in range(6):
        root.issue(dns_csr())
    impatient = pca.Authority(client(endpoint, protocol), root.arn)
    throttled = 0
    for _ in range(60):
        try:
            impatient.issue_arn(dns_csr())
        except impatient.client.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ThrottlingException"
            throttled += 1
    # 0.7^60 and 0.3^60.
    assert 0 < throttled < 60


def test_calls_that_come_too_early(start, protocol):
    endpoint = start("--in-progress", "get-certificate=2", "--allow-reset")
    patient = client(endpoint, protocol)
    authority = pca.create(patient)
    arn = authority.issue_arn(authority.csr().encode(), "RootCACertificate", days=365)
    for _ in range(2):
        with refused("RequestInProgressException"):
            authority.get(arn)
    authority.get(arn)
    reset(endpoint)
    authority = pca.create(patient)
    arn = authority.issue_arn(authority.csr().encode(), "RootCACertificate", days=365)
    start = time.monotonic()
    waiter = patient.get_waiter("certificate_issued")
    waiter.wait(CertificateAuthorityArn=authority.arn, CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    assert time.monotonic() - start >= 2


def test_a_delay(start):
    authority = pca.create(client(start("--delay", "describe-certificate-authority=1500ms")))
    begin = time.monotonic()
    authority.describe()
    assert time.monotonic() - begin >= 1.5


@pytest.mark.parametrize("offset, seconds", [("-2h", -7200), ("+1h", 3600)])
def test_another_time(start, offset, seconds):
    authority = pca.create(client(start("--clock-offset", offset)))
    expected = time.time() + seconds
    assert abs(authority.describe()["CreatedAt"].timestamp() - expected) < 120
    answer = authority.client.list_certificate_authorities()["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert abs(email.utils.parsedate_to_datetime(answer).timestamp() - expected) < 120


def reset(endpoint, **headers):
    request = urllib.request.Request(endpoint + "/_reset", b"", headers, method="POST")
    return urllib.request.urlopen(request, timeout=60).status


def test_a_reset_leads_back_to_the_start(start):
    endpoint = start("--allow-reset")
    lists = client(endpoint)
    pca.create(lists)
    assert len(lists.list_certificate_authorities()["CertificateAuthorities"]) == 1
    with pytest.raises(urllib.error.HTTPError) as raised:
        reset(endpoint, Origin="https://example.com")
    assert raised.value.code == 403
    assert reset(endpoint) == 200
    assert lists.list_certificate_authorities()["CertificateAuthorities"] == []
    with pytest.raises(urllib.error.HTTPError) as raised:
        reset(start())
    assert raised.value.code == 400


def write(path, *items):
    path.write_bytes(b"".join(items))
    return path


def pem(item):
    if isinstance(item, x509.Certificate):
        return item.public_bytes(serialization.Encoding.PEM)
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return item.private_bytes(*encoding)


def ca_certificate(subject, key, issuer=None, issuer_key=None):
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1000))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    )
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture
def files(tmp_path):
    """A root and a subordinate that somebody has already, as the value of --authority: (root, subordinate)."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = ca_certificate("Root of files", keys[0])
    subordinate = ca_certificate("Subordinate of files", keys[1], root, keys[0])
    paths = {
        "root": write(tmp_path / "root.pem", pem(root)),
        "root_key": write(tmp_path / "root.key", pem(keys[0])),
        "subordinate": write(tmp_path / "subordinate.pem", pem(subordinate)),
        "key": write(tmp_path / "subordinate.key", pem(keys[1])),
    }
    return paths


def test_authorities_of_files(start, files, protocol):
    other = ARN.replace("11111111", "22222222")
    endpoint = start(
        "--authority", f"{ARN}={files['subordinate']},{files['root']},{files['key']}",
        "--authority", f"{other}={files['root']},,{files['root_key']}", "--allow-reset",
    )  # fmt: skip
    for _ in range(2):
        authority = pca.Authority(client(endpoint, protocol), ARN)
        described = authority.describe()
        assert (described["Status"], described["Type"]) == ("ACTIVE", "SUBORDINATE")
        subject = described["CertificateAuthorityConfiguration"]["Subject"]
        assert subject == {"CommonName": "Subordinate of files"}
        certificate, chain = authority.issue(dns_csr())
        verify_server(certificate, chain, "www.example.com")
        assert pem(chain[-1]) == files["root"].read_bytes()
        assert pca.Authority(authority.client, other).describe()["Type"] == "ROOT"
        authority.update(Status="DISABLED")
        reset(endpoint)


def test_what_does_not_start(files):
    for wrong, words in (
        (f"{ARN}={files['subordinate']},{files['root']},{files['root_key']}", "the key is that of another certificate"),
        (f"{ARN}={files['root']},,/nowhere", "/nowhere"),
        (f"{ARN}={files['root']}", "ARN=CERTIFICATE,CHAIN,KEY"),
        (f"arn:x={files['root']},,{files['root_key']}", "arn:x"),
    ):
        assert words in service.refused_at_start(service.PROGRAM, "--authority", wrong)
    for wrong in (
        ("--fault", "issue-certificate=NoSuchException:1"),
        ("--delay", "issue=1s"),
        ("--in-progress", "get-certificate=two"),
        ("--clock-offset", "1"),
        ("--allow-reset", "--listen", "0.0.0.0:0", "--insecure"),
        ("--clock-offset", "+1h", "--listen", "0.0.0.0:0", "--insecure"),
    ):
        words = service.refused_at_start(service.PROGRAM, *wrong)
        assert wrong[0] in words or wrong[1] in words, words
