"""Who calls: STS, regions and accounts from the signature, and the doors that are shut to web pages."""

import base64

import boto3
import botocore.config
import pytest

import pca
from certificates import dns_csr, verify_server
from pca import refused
from raw import call, check_refusal, exchange


def caller(service, region=pca.REGION, key="AKIAIOSFODNN7EXAMPLE"):
    """A boto3 client of any service, as another region or account."""
    return boto3.client(
        service,
        endpoint_url=pca.ENDPOINT,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize(
    "region, key, partition, account",
    [
        (pca.REGION, "AKIAIOSFODNN7EXAMPLE", "aws", "123456789012"),
        ("cn-north-1", "210987654321", "aws-cn", "210987654321"),
        ("us-gov-west-1", "210987654321", "aws-us-gov", "210987654321"),
    ],
)
def test_sts_says_who_calls(region, key, partition, account):
    answer = caller("sts", region, key).get_caller_identity()
    assert answer["Account"] == account
    assert answer["Arn"] == f"arn:{partition}:iam::{account}:root"
    assert answer["UserId"]
    assert answer["ResponseMetadata"]["RequestId"]


def test_sts_does_nothing_else():
    sts = caller("sts")
    with pytest.raises(sts.exceptions.ClientError) as raised:
        sts.get_session_token()
    assert raised.value.response["Error"]["Code"] == "InvalidAction"
    assert "GetCallerIdentity" in raised.value.response["Error"]["Message"]


def test_a_signed_url_of_sts():
    url = caller("sts", "eu-west-1", "210987654321").generate_presigned_url("get_caller_identity")
    answer = exchange("GET", url[len(pca.ENDPOINT) :], b"", {})
    assert answer.status == 200 and b"<Account>210987654321</Account>" in answer.body
    assert answer.headers["content-type"] == "text/xml"


def test_a_form_without_an_action():
    answer = exchange("POST", "/", b"Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded"})
    check_refusal(answer, "json", "UnknownOperationException")


@pytest.mark.parametrize("region, partition", [("eu-central-1", "aws"), ("cn-northwest-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")])
def test_the_region_is_that_of_the_signature(client, csr, region, partition):
    elsewhere = caller("acm-pca", region)
    root = pca.create_root(elsewhere)
    assert root.arn.split(":")[1:5] == [partition, "acm-pca", region, "123456789012"]
    ocsp = {"OcspConfiguration": {"Enabled": True}}
    root.update(RevocationConfiguration=ocsp)
    certificate, chain = root.issue(csr)
    verify_server(certificate, chain, "www.example.com")
    with refused("ResourceNotFoundException"):
        client.describe_certificate_authority(CertificateAuthorityArn=root.arn)

    def listed(client):
        pages = client.get_paginator("list_certificate_authorities").paginate()
        return [one["Arn"] for page in pages for one in page["CertificateAuthorities"]]

    assert root.arn in listed(elsewhere)
    assert {arn.split(":")[3] for arn in listed(elsewhere)} == {region}
    assert root.arn not in listed(client)


def test_accounts_are_apart():
    one, other = (caller("acm-pca", key=key) for key in ("111111111111", "222222222222"))
    shared, subject = pca.token(), {"CommonName": pca.unique("Account")}
    made = [pca.create(client, subject=subject, IdempotencyToken=shared) for client in (one, other, one)]
    assert made[0].arn == made[2].arn != made[1].arn
    assert [authority.arn.split(":")[4] for authority in made[:2]] == ["111111111111", "222222222222"]
    for operation in ("describe_certificate_authority", "get_certificate_authority_csr", "list_tags"):
        with refused("ResourceNotFoundException"):
            getattr(other, operation)(CertificateAuthorityArn=made[0].arn)


def test_a_region_that_is_none(protocol):
    credential = "Credential=AKIA/20261127/US_WEST/acm-pca/aws4_request"
    answer = call(protocol, "ListCertificateAuthorities", {}, Authorization=f"AWS4-HMAC-SHA256 {credential}, Signature=0")
    check_refusal(answer, protocol, "ValidationException")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example.com"},
        {"Host": "127.0.0.1.example.com:80"},
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_web_pages_are_refused(protocol, headers):
    answer = call(protocol, "ListCertificateAuthorities", {}, **headers)
    check_refusal(answer, protocol, "AccessDeniedException", statuses=(403,))


def test_the_door_of_sts_is_shut_too():
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": "rebound.example.com"}
    assert exchange("POST", "/", b"Action=GetCallerIdentity", headers).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "pca.localhost", "127.0.0.1:8443", "[::1]:8443"])
def test_loopback_names_are_answered(protocol, host):
    assert call(protocol, "ListCertificateAuthorities", {}, Host=host).status == 200


def without_padding():
    """A request whose base64 has no padding: version 2 of the AWS CLI cannot decode others as text."""
    for _ in range(100):
        # Signatures differ in length.
        pem = dns_csr()
        if b"=" not in pem:
            return pem
    raise AssertionError("a hundred signatures with padding")


def test_forms_of_a_request(root):
    """The live service takes PEM with one label; boto3 sends what it is given."""
    pem = without_padding()
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for wrong, words in (
        (der, "DER"),
        (pem.replace(b" CERTIFICATE REQUEST", b" NEW CERTIFICATE REQUEST"), "NEW CERTIFICATE REQUEST"),
        # What version 2 of the AWS CLI makes of --csr file://
        (base64.b64decode(pem), "fileb://"),
    ):
        with refused("ValidationException", words=words):
            root.issue_arn(wrong)
    root.issue_arn(pem)
