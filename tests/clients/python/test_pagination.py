"""Lists in pages, walked by botocore's paginators."""

import pytest

import pca
from pca import refused


def pages(client, operation, size, **members):
    return list(client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **members))


@pytest.fixture(scope="module")
def five(client):
    return [pca.create(client).arn for _ in range(5)]


def arns(found):
    return [authority["Arn"] for page in found for authority in page["CertificateAuthorities"]]


def test_authorities(client, five):
    found = pages(client, "list_certificate_authorities", 2)
    assert all(len(page["CertificateAuthorities"]) == 2 for page in found[:-1])
    assert len(set(arns(found))) == len(arns(found))
    assert set(five) <= set(arns(found))


def test_authorities_are_listed_as_they_are_described(client, five):
    listed = [
        ca for page in pages(client, "list_certificate_authorities", 100) for ca in page["CertificateAuthorities"]
    ]
    authority = pca.Authority(client, five[0])
    authority.wait_for_csr()
    described = authority.describe()
    for found in listed:
        if found["Arn"] == five[0] and found["Status"] == described["Status"]:
            assert found == described


def test_a_page_holds_at_most_a_hundred(client):
    for _ in range(101 - len(arns(pages(client, "list_certificate_authorities", 100)))):
        pca.create(client)
    page = client.list_certificate_authorities(MaxResults=1000)
    assert len(page["CertificateAuthorities"]) == 100 and page["NextToken"]
    assert len(client.list_certificate_authorities()["CertificateAuthorities"]) <= 100


def test_owners(client, five):
    assert set(five) <= set(arns(pages(client, "list_certificate_authorities", 100, ResourceOwner="SELF")))
    answer = client.list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")
    assert answer["CertificateAuthorities"] == [] and "NextToken" not in answer


def test_authorities_that_come_between_pages(client, five):
    page = client.list_certificate_authorities(MaxResults=1)
    pca.create(client)
    rest = pages(client, "list_certificate_authorities", 100)
    follow = client.list_certificate_authorities(MaxResults=1, NextToken=page["NextToken"])
    assert arns([follow]) and arns([follow]) != arns([page])
    assert set(arns([follow])) <= set(arns(rest))


def test_tags(client, pending):
    tags = [{"Key": f"key{number:02}", "Value": str(number)} for number in range(11)]
    client.tag_certificate_authority(CertificateAuthorityArn=pending.arn, Tags=tags)
    found = pages(client, "list_tags", 5, CertificateAuthorityArn=pending.arn)
    assert [len(page["Tags"]) for page in found] == [5, 5, 1]
    assert sorted((tag["Key"], tag["Value"]) for page in found for tag in page["Tags"]) == [
        (tag["Key"], tag["Value"]) for tag in tags
    ]


def test_permissions(client, pending):
    accounts = [f"{number:012}" for number in range(1, 6)]
    for account in accounts:
        client.create_permission(
            CertificateAuthorityArn=pending.arn,
            Principal="acm.amazonaws.com",
            SourceAccount=account,
            Actions=["IssueCertificate"],
        )
    found = pages(client, "list_permissions", 2, CertificateAuthorityArn=pending.arn)
    assert [len(page["Permissions"]) for page in found] == [2, 2, 1]
    assert sorted(entry["SourceAccount"] for page in found for entry in page["Permissions"]) == accounts


def test_an_exact_page_is_the_last(client, pending):
    client.tag_certificate_authority(CertificateAuthorityArn=pending.arn, Tags=[{"Key": "a"}, {"Key": "b"}])
    found = pages(client, "list_tags", 2, CertificateAuthorityArn=pending.arn)
    assert [len(page["Tags"]) for page in found] == [2]


@pytest.mark.parametrize("token", ["x", "AAAA", "9" * 100, "ÿ☃", "a" * 43739], ids=lambda token: token[:8])
def test_tokens_that_are_none(client, root, token):
    with refused("InvalidNextTokenException"):
        client.list_certificate_authorities(NextToken=token)
    with refused("InvalidNextTokenException"):
        client.list_permissions(CertificateAuthorityArn=root.arn, NextToken=token)
