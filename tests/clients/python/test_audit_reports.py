"""Audit reports, as files that the server leaves."""

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import pca
from pca import refused

COLUMNS = (
    "awsAccountId requestedByServicePrincipal certificateArn serial subject notBefore notAfter issuedAt revokedAt revocationReason templateArn"
).split()


@pytest.fixture(scope="module")
def audited(client, csr):
    """A root with a certificate that is good and one that is revoked."""
    authority = pca.create_root(client)
    good = authority.issue_arn(csr, "EndEntityServerAuthCertificate")
    revoked = authority.issue_arn(csr)
    client.revoke_certificate(
        CertificateAuthorityArn=authority.arn,
        CertificateSerial=pca.hex_pairs(pca.serial_of(revoked)),
        RevocationReason="KEY_COMPROMISE",
    )
    return authority, good, revoked


def create(authority, kind, bucket="example-bucket"):
    return authority.client.create_certificate_authority_audit_report(
        CertificateAuthorityArn=authority.arn, S3BucketName=bucket, AuditReportResponseFormat=kind
    )


def report(authority, kind):
    made = create(authority, kind)
    members = {"CertificateAuthorityArn": authority.arn, "AuditReportId": made["AuditReportId"]}
    authority.client.get_waiter("audit_report_created").wait(**members, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    described = authority.client.describe_certificate_authority_audit_report(**members)
    assert described["AuditReportStatus"] == "SUCCESS"
    assert described["S3BucketName"] == "example-bucket"
    assert described["S3Key"] == made["S3Key"]
    assert abs((described["CreatedAt"] - datetime.now(UTC)).total_seconds()) < 60
    assert made["S3Key"] == f"audit-report/{authority.arn.rpartition('/')[2]}/{made['AuditReportId']}.{kind.lower()}"
    assert re.fullmatch("[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}", made["AuditReportId"])
    assert pca.AUDIT_REPORTS, "ACM_PCA_AUDIT_REPORTS says where reports are"
    return Path(pca.AUDIT_REPORTS, "example-bucket", made["S3Key"]).read_text()


def check(rows, authority, good, revoked):
    rows = {row["certificateArn"]: row for row in rows}
    for arn, template in ((good, "EndEntityServerAuthCertificate"), (revoked, "EndEntityCertificate")):
        row, certificate = rows[arn], pca.pem(authority.get(arn)["Certificate"])
        assert row["awsAccountId"] == authority.arn.split(":")[4]
        assert row["serial"] == pca.hex_pairs(certificate.serial_number)
        assert "www.example.com" in row["subject"]
        assert row["templateArn"] == pca.template_arn(template)
        for column, wanted in (
            ("notBefore", certificate.not_valid_before_utc),
            ("notAfter", certificate.not_valid_after_utc),
        ):
            assert row[column].startswith(wanted.strftime("%Y-%m-%dT%H:%M:%S"))
        assert row["issuedAt"].startswith(datetime.now(UTC).strftime("%Y-"))
    assert rows[revoked]["revocationReason"] == "KEY_COMPROMISE"
    assert rows[revoked]["revokedAt"] >= rows[revoked]["issuedAt"]
    assert not rows[good].get("revokedAt") and not rows[good].get("revocationReason")


def test_json(audited):
    rows = json.loads(report(audited[0], "JSON"))
    assert all(set(row) <= set(COLUMNS) for row in rows)
    check(rows, *audited)


def test_csv(audited):
    lines = list(csv.DictReader(report(audited[0], "CSV").splitlines()))
    assert list(lines[0]) == COLUMNS
    check(lines, *audited)


def test_reports_have_their_own_names(audited):
    assert create(audited[0], "JSON")["AuditReportId"] != create(audited[0], "JSON")["AuditReportId"]


@pytest.mark.parametrize(
    "bucket", ["../outside", "UPPER", "a/b", "..", "...", "with space", "/absolute", "a\\b", "nul\0"]
)
def test_buckets_that_are_none(unchecked, audited, bucket):
    with refused("InvalidArgsException", "ValidationException"):
        create(pca.Authority(unchecked, audited[0].arn), "JSON", bucket)


def test_a_report_outlives_its_authority(own_root):
    made = create(own_root, "JSON")
    own_root.update(Status="DISABLED")
    own_root.delete()
    described = own_root.client.describe_certificate_authority_audit_report(
        CertificateAuthorityArn=own_root.arn, AuditReportId=made["AuditReportId"]
    )
    assert described["S3Key"] == made["S3Key"]


def test_a_report_that_is_not_there(client, audited):
    with refused("ResourceNotFoundException", "InvalidArgsException"):
        client.describe_certificate_authority_audit_report(
            CertificateAuthorityArn=audited[0].arn, AuditReportId="00000000-0000-4000-8000-000000000000"
        )


def test_an_authority_without_certificates(pending):
    with refused("InvalidStateException"):
        create(pending, "JSON")
