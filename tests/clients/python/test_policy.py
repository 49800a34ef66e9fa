"""The resource policy is stored as it was given; test_access.py has what it lets others do."""

import json

import pytest

from pca import refused

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "1",
            "Effect": "Allow",
            "Principal": {"AWS": "999999999999"},
            "Action": ["acm-pca:IssueCertificate", "acm-pca:GetCertificate"],
            "Resource": "*",
        }
    ],
}


def put(authority, text):
    authority.client.put_policy(ResourceArn=authority.arn, Policy=text)


def get(authority):
    return authority.client.get_policy(ResourceArn=authority.arn)["Policy"]


def test_a_policy_comes_and_goes(own_root):
    put(own_root, json.dumps(POLICY))
    assert json.loads(get(own_root)) == POLICY
    put(own_root, '{ "Version":\t"2012-10-17",\r\n "Statement": [], "Id": "ÿ" }')
    assert json.loads(get(own_root))["Id"] == "ÿ"
    own_root.client.delete_policy(ResourceArn=own_root.arn)
    with refused("ResourceNotFoundException"):
        get(own_root)


def test_no_policy(root):
    with refused("ResourceNotFoundException"):
        get(root)
    root.client.delete_policy(ResourceArn=root.arn)


@pytest.mark.parametrize(
    "text",
    ["no json", "[]", "1", '"text"', "null", "{", '{"a": 1} more', "[" * 20000, json.dumps({**POLICY, "Version": "1"})],
    ids=lambda text: text[:12],
)
def test_not_a_policy(own_root, text):
    with refused("InvalidPolicyException"):
        put(own_root, text)
    with refused("ResourceNotFoundException"):
        get(own_root)
