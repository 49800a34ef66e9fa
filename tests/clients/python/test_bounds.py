"""Every bound of the API model, broken once, in the service's words."""

import pytest

import shapes
from pca import method, refused

VIOLATIONS = [violation for operation in shapes.operations() for violation in shapes.violations(operation)]


def test_every_operation_is_tried():
    assert {violation.operation for violation in VIOLATIONS} == set(shapes.operations())
    assert len(shapes.operations()) == 23


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
def test_bound(unchecked, violation):
    codes = ["ValidationException", *(["InvalidArnException"] if violation.arn else [])]
    with refused(*codes, words=f"at '{violation.path}' failed to satisfy constraint: ") as error:
        method(unchecked, violation.operation)(**violation.request)
    if not violation.arn:
        assert violation.words in error.message
        assert "validation error" in error.message


def test_all_violations_are_told_at_once(unchecked):
    with refused("ValidationException", words="3 validation errors detected: ") as error:
        unchecked.issue_certificate(
            CertificateAuthorityArn="arn", Csr=b"x", SigningAlgorithm="NONE", Validity={"Value": 0, "Type": "DAYS"}
        )
    for path in ("certificateAuthorityArn", "signingAlgorithm", "validity.value"):
        assert f"at '{path}'" in error.message
