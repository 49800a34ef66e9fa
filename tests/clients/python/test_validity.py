"""All types of Validity, and their ends."""

import time
from datetime import UTC, datetime, timedelta

import pytest

import pca
from pca import refused


@pytest.fixture(scope="module")
def eternal(client):
    """A root that ends when X.509 does, so that nothing is cut off by it."""
    return pca.create_root(client, issuing={"Validity": {"Value": 253402300799, "Type": "ABSOLUTE"}})


def issue(authority, csr, value, kind, **members):
    return authority.issue(csr, Validity={"Value": value, "Type": kind}, **members)[0]


def near(found, wanted):
    return abs(found - wanted) < timedelta(minutes=2)


def test_the_end_of_time(eternal):
    assert eternal.describe()["NotAfter"] == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("days", [1, 90, 365, 36500])
def test_days(eternal, csr, days):
    certificate = issue(eternal, csr, days, "DAYS")
    assert near(certificate.not_valid_after_utc, datetime.now(UTC) + timedelta(days=days))
    # The start is an hour before the issuance, the end counts from the issuance.
    span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert span == timedelta(days=days, hours=1)


def calendar(months):
    now = datetime.now(UTC)
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    first = now.replace(year=year, month=month + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(now.day, last.day))


@pytest.mark.parametrize(
    "kind, value, months", [("MONTHS", 1, 1), ("MONTHS", 13, 13), ("YEARS", 1, 12), ("YEARS", 30, 360)]
)
def test_calendar(eternal, csr, kind, value, months):
    assert near(issue(eternal, csr, value, kind).not_valid_after_utc, calendar(months))


@pytest.mark.parametrize("seconds", [2524607999, 2524608000, 253402300799])
def test_absolute(eternal, csr, seconds):
    assert issue(eternal, csr, seconds, "ABSOLUTE").not_valid_after_utc == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "value, wanted",
    [
        (491231235959, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (20491231235959, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (20500101000000, datetime(2050, 1, 1, tzinfo=UTC)),
        (20960229120000, datetime(2096, 2, 29, 12, tzinfo=UTC)),
        (99991231235959, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_end_date(eternal, csr, value, wanted):
    assert issue(eternal, csr, value, "END_DATE").not_valid_after_utc == wanted


def test_not_before(eternal, csr):
    start = int(time.time()) - 86400 * 100
    certificate = issue(eternal, csr, 20, "DAYS", ValidityNotBefore={"Value": start, "Type": "ABSOLUTE"})
    assert certificate.not_valid_before_utc == datetime.fromtimestamp(start, UTC)
    assert near(certificate.not_valid_after_utc, datetime.now(UTC) + timedelta(days=20))


@pytest.mark.parametrize(
    "value, kind",
    [
        (1600000000, "ABSOLUTE"),
        (20200101000000, "END_DATE"),
        (20301332000000, "END_DATE"),
        (20990229000000, "END_DATE"),
        (5, "END_DATE"),
        (9223372036854775807, "END_DATE"),
        (9223372036854775807, "ABSOLUTE"),
        (9223372036854775807, "DAYS"),
        (9223372036854775807, "MONTHS"),
        (9223372036854775807, "YEARS"),
        (8000, "YEARS"),
    ],
)
def test_ends_that_are_refused(eternal, csr, value, kind):
    with refused("ValidationException"):
        issue(eternal, csr, value, kind)


@pytest.mark.parametrize("kind", ["END_DATE", "DAYS", "MONTHS", "YEARS"])
def test_the_start_is_absolute(eternal, csr, kind):
    with refused("ValidationException"):
        issue(eternal, csr, 20, "DAYS", ValidityNotBefore={"Value": 1, "Type": kind})


def test_the_start_comes_before_the_end(eternal, csr):
    late = int(time.time()) + 86400 * 30
    with refused("ValidationException"):
        issue(eternal, csr, 20, "DAYS", ValidityNotBefore={"Value": late, "Type": "ABSOLUTE"})


def test_the_words_of_the_service(unchecked, eternal, csr):
    words = (
        "1 validation error detected: Value '0' at 'validity.value' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    with refused("ValidationException", words=words):
        unchecked.issue_certificate(
            CertificateAuthorityArn=eternal.arn,
            Csr=csr,
            SigningAlgorithm="SHA256WITHECDSA",
            Validity={"Value": 0, "Type": "DAYS"},
        )
