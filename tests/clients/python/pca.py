"""Clients of one protocol each, and the steps that tests share."""

import itertools
import os
import uuid
from dataclasses import dataclass, field
from functools import cache

import boto3
import botocore.config
import botocore.loaders
import botocore.session
from botocore.exceptions import ClientError
from cryptography import x509

ENDPOINT = os.environ.get("ACM_PCA_ENDPOINT", "http://127.0.0.1:8443")
AUDIT_REPORTS = os.environ.get("ACM_PCA_AUDIT_REPORTS", "")
REGION = os.environ.get("AWS_REGION", "us-west-2")
PROTOCOLS = ("json", "smithy-rpc-v2-cbor")
NOBODY = f"arn:aws:acm-pca:{REGION}:123456789012:certificate-authority/00000000-0000-4000-8000-000000000000"
ECDSA = "SHA256WITHECDSA"


class OneProtocol(botocore.loaders.Loader):
    """Loads models whose list of protocols is cut down to one: botocore prefers CBOR wherever it has the choice."""

    protocol = None

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return model
        return {**model, "metadata": {**model["metadata"], "protocol": self.protocol, "protocols": [self.protocol]}}


@cache
def loader(protocol):
    """One a protocol: it reads a model once, which takes longer than most tests."""
    made = OneProtocol()
    made.protocol = protocol
    return made


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def check_request(protocol, operation, request):
    headers = {name.lower(): text(value) for name, value in request.headers.items()}
    path = request.url.split("://", 1)[1].partition("/")[2]
    if protocol == "json":
        assert headers["content-type"] == "application/x-amz-json-1.1"
        assert headers["x-amz-target"] == f"ACMPrivateCA.{operation}"
        assert path == "" and "smithy-protocol" not in headers
    else:
        assert headers["content-type"] == "application/cbor"
        assert headers["smithy-protocol"] == "rpc-v2-cbor"
        assert path == f"service/ACMPrivateCA/operation/{operation}" and "x-amz-target" not in headers


def check_response(protocol, response):
    headers = {name.lower(): value for name, value in response["headers"].items()}
    assert headers.get("x-amzn-requestid"), "no request id"
    if protocol == "json":
        assert headers["content-type"] == "application/x-amz-json-1.1"
    else:
        assert headers["smithy-protocol"] == "rpc-v2-cbor"
        if response["body"]:
            assert headers["content-type"] == "application/cbor"


KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def session(key=KEY, secret=SECRET):
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret)


@cache
def client(
    protocol, validate=True, key=KEY, secret=SECRET, region=REGION, endpoint=ENDPOINT, verify=None, attempts=1
):
    """A boto3 client that fails where anything but `protocol` is on the wire."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader(protocol))
    session.set_credentials(key, secret)
    made = boto3.Session(botocore_session=session, region_name=region).client(
        "acm-pca",
        endpoint_url=endpoint,
        verify=verify,
        config=botocore.config.Config(
            parameter_validation=validate,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=64,
            read_timeout=300,
        ),
    )
    assert made.meta.service_model.resolved_protocol == protocol

    def sent(request, event_name, **_):
        check_request(protocol, event_name.rpartition(".")[2], request)

    def received(response_dict, **_):
        if response_dict is not None:
            check_response(protocol, response_dict)

    made.meta.events.register("before-send.acm-pca", sent)
    made.meta.events.register("response-received.acm-pca", received)
    return made


def method(client, operation):
    """The client's method for an operation of the model."""
    names = {model: name for name, model in client.meta.method_to_api_mapping.items()}
    return getattr(client, names[operation])


class Refused:
    """`with refused("InvalidArgsException", "words") as error:`, for any modelled or common exception."""

    def __init__(self, *codes, words=""):
        self.codes, self.words, self.message = codes, words, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert isinstance(error, ClientError), f"expected {self.codes}, got {error!r}"
        code, self.message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        assert code in self.codes, f"expected {self.codes}, got {code}: {self.message}"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert self.message, "no message"
        assert self.words in self.message, self.message
        return True


def refused(*codes, words=""):
    return Refused(*codes, words=words)


def template_arn(name):
    return f"arn:aws:acm-pca:::template/{name}/V1"


def serial_of(certificate_arn):
    """The serial number at the end of a certificate's ARN, which is hexadecimal by default."""
    return int(certificate_arn.rpartition("/")[2], 16)


def hex_pairs(serial):
    digits = f"{serial:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


_numbers = itertools.count(1)


def unique(prefix):
    return f"{prefix} {next(_numbers)} {uuid.uuid4().hex[:8]}"


def token():
    return uuid.uuid4().hex


@dataclass
class Authority:
    """A certificate authority of the service, as its owner sees it."""

    client: object
    arn: str
    signing: str = ECDSA
    chain: list = field(default_factory=list)

    def wait_for_csr(self):
        waiter = self.client.get_waiter("certificate_authority_csr_created")
        waiter.wait(CertificateAuthorityArn=self.arn, WaiterConfig={"Delay": 1, "MaxAttempts": 300})

    def csr(self):
        self.wait_for_csr()
        return self.client.get_certificate_authority_csr(CertificateAuthorityArn=self.arn)["Csr"]

    def describe(self):
        answer = self.client.describe_certificate_authority(CertificateAuthorityArn=self.arn)
        return answer["CertificateAuthority"]

    def status(self):
        return self.describe()["Status"]

    def update(self, **members):
        self.client.update_certificate_authority(CertificateAuthorityArn=self.arn, **members)

    def delete(self, **members):
        self.client.delete_certificate_authority(CertificateAuthorityArn=self.arn, **members)

    def issue_arn(self, csr, template=None, days=30, **members):
        members.setdefault("SigningAlgorithm", self.signing)
        members.setdefault("Validity", {"Value": days, "Type": "DAYS"})
        if template is not None:
            members["TemplateArn"] = template_arn(template)
        return self.client.issue_certificate(CertificateAuthorityArn=self.arn, Csr=csr, **members)["CertificateArn"]

    def get(self, certificate_arn):
        return self.client.get_certificate(CertificateAuthorityArn=self.arn, CertificateArn=certificate_arn)

    def issue(self, csr, template=None, **members):
        """The certificate and its chain, which starts at the issuer."""
        answer = self.get(self.issue_arn(csr, template, **members))
        return pem(answer["Certificate"]), chain(answer.get("CertificateChain"))

    def import_certificate(self, certificate, chain=None):
        members = {} if chain is None else {"CertificateChain": chain}
        self.client.import_certificate_authority_certificate(
            CertificateAuthorityArn=self.arn, Certificate=certificate, **members
        )


def pem(text):
    return x509.load_pem_x509_certificate(text.encode())


def chain(text):
    return x509.load_pem_x509_certificates(text.encode()) if text else []


def create(client, kind="ROOT", key="EC_prime256v1", signing=ECDSA, subject=None, configuration=None, **members):
    """An authority that has no certificate yet."""
    configuration = {
        "KeyAlgorithm": key,
        "SigningAlgorithm": signing,
        "Subject": subject or {"Organization": "Example Corp", "CommonName": unique(kind.title())},
        **(configuration or {}),
    }
    answer = client.create_certificate_authority(
        CertificateAuthorityConfiguration=configuration, CertificateAuthorityType=kind, **members
    )
    return Authority(client, answer["CertificateAuthorityArn"], signing)


def create_root(client, template="RootCACertificate", days=3650, issuing=None, **members):
    """An active root: created, certified by itself, imported."""
    root = create(client, **members)
    own = root.get(root.issue_arn(root.csr().encode(), template, days=days, **(issuing or {})))
    assert "CertificateChain" not in own
    root.import_certificate(own["Certificate"].encode())
    root.chain = [pem(own["Certificate"])]
    return root


def create_subordinate(client, issuer, path_len=0, days=1825, template=None, issuing=None, **members):
    """An active subordinate under an active authority."""
    subordinate = create(client, "SUBORDINATE", **members)
    template = template or f"SubordinateCACertificate_PathLen{path_len}"
    answer = issuer.get(issuer.issue_arn(subordinate.csr().encode(), template, days=days, **(issuing or {})))
    subordinate.import_certificate(answer["Certificate"].encode(), answer["CertificateChain"].encode())
    subordinate.chain = [pem(answer["Certificate"]), *chain(answer["CertificateChain"])]
    return subordinate
