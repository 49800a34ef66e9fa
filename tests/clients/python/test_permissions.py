"""Permissions are stored and listed."""

from datetime import UTC, datetime, timedelta

import pytest

from pca import refused

ACM = "acm.amazonaws.com"
ALL = ["IssueCertificate", "GetCertificate", "ListPermissions"]


def create(authority, principal=ACM, actions=ALL, **members):
    authority.client.create_permission(
        CertificateAuthorityArn=authority.arn, Principal=principal, Actions=actions, **members
    )


def delete(authority, principal=ACM, **members):
    authority.client.delete_permission(CertificateAuthorityArn=authority.arn, Principal=principal, **members)


def permissions(authority):
    return authority.client.list_permissions(CertificateAuthorityArn=authority.arn)["Permissions"]


def test_permissions_come_and_go(pending):
    assert permissions(pending) == []
    create(pending)
    (found,) = permissions(pending)
    assert found["CertificateAuthorityArn"] == pending.arn
    assert found["Principal"] == ACM
    assert sorted(found["Actions"]) == sorted(ALL)
    assert found["SourceAccount"] == pending.arn.split(":")[4]
    assert abs(found["CreatedAt"] - datetime.now(UTC)) < timedelta(minutes=1)
    delete(pending)
    assert permissions(pending) == []


@pytest.mark.parametrize("action", ALL)
def test_one_action(pending, action):
    create(pending, actions=[action])
    assert permissions(pending)[0]["Actions"] == [action]


def test_the_same_again(pending):
    create(pending)
    with refused("PermissionAlreadyExistsException"):
        create(pending, actions=["GetCertificate"])


def test_of_another_account(pending):
    create(pending)
    create(pending, SourceAccount="999999999999")
    assert sorted(found["SourceAccount"] for found in permissions(pending))[-1] == "999999999999"
    delete(pending, SourceAccount="999999999999")
    assert len(permissions(pending)) == 1


def test_what_is_not_there(pending):
    with refused("ResourceNotFoundException"):
        delete(pending)


def test_no_wildcard(unchecked, pending):
    with refused("ValidationException", words="'principal'"):
        unchecked.create_permission(CertificateAuthorityArn=pending.arn, Principal="*", Actions=ALL)
