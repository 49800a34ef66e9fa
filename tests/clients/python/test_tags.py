"""Tags of authorities."""

import pytest

import pca
from pca import refused


def tag(authority, tags):
    authority.client.tag_certificate_authority(CertificateAuthorityArn=authority.arn, Tags=tags)


def untag(authority, tags):
    authority.client.untag_certificate_authority(CertificateAuthorityArn=authority.arn, Tags=tags)


def tags(authority):
    found = authority.client.list_tags(CertificateAuthorityArn=authority.arn).get("Tags", [])
    return {tag["Key"]: tag.get("Value") for tag in found}


def test_tags_come_and_go(pending):
    assert tags(pending) == {}
    tag(pending, [{"Key": "Admin", "Value": "Alice"}, {"Key": "Purpose", "Value": "Website"}])
    assert tags(pending) == {"Admin": "Alice", "Purpose": "Website"}
    tag(pending, [{"Key": "Admin", "Value": "Bob"}])
    assert tags(pending) == {"Admin": "Bob", "Purpose": "Website"}
    untag(pending, [{"Key": "Admin"}])
    assert tags(pending) == {"Purpose": "Website"}


def test_a_value_removes_only_its_own(pending):
    tag(pending, [{"Key": "Admin", "Value": "Alice"}])
    untag(pending, [{"Key": "Admin", "Value": "Bob"}])
    assert tags(pending) == {"Admin": "Alice"}
    untag(pending, [{"Key": "Admin", "Value": "Alice"}])
    assert tags(pending) == {}


def test_what_is_not_there_can_be_removed(pending):
    untag(pending, [{"Key": "Nothing"}])


def test_tags_from_the_start(client):
    authority = pca.create(client, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    assert tags(authority) == {"a": "1", "b": ""}


def test_every_kind_of_character(pending):
    tag(pending, [{"Key": "Größe 1_.:/=+-@ 漢字", "Value": "Ωmega\N{NO-BREAK SPACE}9"}])
    assert tags(pending) == {"Größe 1_.:/=+-@ 漢字": "Ωmega\N{NO-BREAK SPACE}9"}


def test_keys_differ_in_case(pending):
    tag(pending, [{"Key": "key", "Value": "1"}, {"Key": "KEY", "Value": "2"}])
    assert tags(pending) == {"key": "1", "KEY": "2"}


def test_fifty_and_no_more(pending):
    tag(pending, [{"Key": f"key{number}", "Value": "x"} for number in range(50)])
    with refused("TooManyTagsException"):
        tag(pending, [{"Key": "one more"}])
    # A key that is there takes no more room.
    tag(pending, [{"Key": "key0", "Value": "y"}])
    assert len(tags(pending)) == 50 and tags(pending)["key0"] == "y"


@pytest.mark.parametrize(
    "wrong", [[{"Key": "aws:reserved"}], [{"Key": "twice", "Value": "1"}, {"Key": "twice", "Value": "2"}]], ids=str
)
def test_keys_that_are_refused(client, pending, wrong):
    with refused("InvalidTagException"):
        tag(pending, [{"Key": "good"}, *wrong])
    assert tags(pending) == {}
    with refused("InvalidTagException"):
        pca.create(client, Tags=wrong)
