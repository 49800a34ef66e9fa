"""Tokens: one call that is repeated is one certificate."""

import time

import pca
from certificates import csr as request_of
from certificates import dns_csr, name
from pca import token


def absolute(days):
    return {"Value": int(time.time()) + 86400 * days, "Type": "ABSOLUTE"}


def test_a_repeated_call(root, csr):
    shared = token()
    assert root.issue_arn(csr, IdempotencyToken=shared) == root.issue_arn(csr, IdempotencyToken=shared)


def test_a_retry_with_a_validity_computed_anew(root, csr):
    shared = token()
    first = root.issue_arn(csr, Validity=absolute(30), IdempotencyToken=shared)
    time.sleep(1.1)
    assert root.issue_arn(csr, Validity=absolute(30), IdempotencyToken=shared) == first


def test_one_constant_token_for_many_requests(root):
    arns = [root.issue_arn(dns_csr(f"{number}.example.com"), IdempotencyToken="1234") for number in range(3)]
    assert len(set(arns)) == 3


def test_other_tokens_and_none(root, csr):
    arns = [root.issue_arn(csr, IdempotencyToken=token()) for _ in range(2)] + [root.issue_arn(csr) for _ in range(2)]
    assert len(set(arns)) == 4


def test_every_character_of_a_token(root, csr):
    shared = "\t\n\r \x7f\xa0ÿ" + token()[:20]
    assert root.issue_arn(csr, IdempotencyToken=shared) == root.issue_arn(csr, IdempotencyToken=shared)


def test_authorities_do_not_share_tokens(client, root, csr):
    shared = token()
    other = pca.create_root(client)
    assert root.issue_arn(csr, IdempotencyToken=shared) != other.issue_arn(csr, IdempotencyToken=shared)


def test_protocols_share_tokens(root, csr):
    shared = token()
    arns = {
        pca.Authority(pca.client(protocol), root.arn).issue_arn(csr, IdempotencyToken=shared)
        for protocol in pca.PROTOCOLS
    }
    assert len(arns) == 1


def test_a_failed_call_leaves_the_token_free(root, csr):
    shared = token()
    with pca.refused("InvalidArgsException"):
        root.issue_arn(csr, "NoSuchTemplate", IdempotencyToken=shared)
    root.issue_arn(csr, IdempotencyToken=shared)


def test_a_new_signature_over_the_same_request_is_another_request(root):
    """ECDSA signs with fresh randomness, so the octets differ."""
    shared, subject = token(), name(COMMON_NAME="same.example.com")
    arns = {root.issue_arn(request_of(subject), IdempotencyToken=shared) for _ in range(2)}
    assert len(arns) == 2


def test_authorities_have_tokens(client):
    shared, subject = token(), {"CommonName": pca.unique("Root")}
    arns = {pca.create(client, subject=subject, IdempotencyToken=shared).arn for _ in range(2)}
    assert len(arns) == 1
    assert pca.create(client, subject=subject, IdempotencyToken=token()).arn not in arns
