"""The waiters of botocore come to an end, as they are set up."""

import pytest
from botocore.exceptions import WaiterError

import pca


def test_no_waiter_is_forgotten(client):
    assert client.waiter_names == ["audit_report_created", "certificate_authority_csr_created", "certificate_issued"]


@pytest.mark.parametrize("key, signing", [("EC_prime256v1", pca.ECDSA), ("RSA_2048", "SHA256WITHRSA")])
def test_the_request_is_created(client, key, signing):
    authority = pca.create(client, key=key, signing=signing)
    client.get_waiter("certificate_authority_csr_created").wait(CertificateAuthorityArn=authority.arn)
    assert authority.status() == "PENDING_CERTIFICATE"


def test_the_certificate_is_issued(client, root, csr):
    members = {"CertificateAuthorityArn": root.arn, "CertificateArn": root.issue_arn(csr)}
    client.get_waiter("certificate_issued").wait(**members)
    assert client.get_certificate(**members)["Certificate"]


def test_the_report_is_created(client, root):
    made = client.create_certificate_authority_audit_report(
        CertificateAuthorityArn=root.arn, S3BucketName="example-bucket", AuditReportResponseFormat="JSON"
    )
    client.get_waiter("audit_report_created").wait(
        CertificateAuthorityArn=root.arn, AuditReportId=made["AuditReportId"]
    )


def test_nothing_to_wait_for(client, root):
    with pytest.raises(WaiterError):
        client.get_waiter("certificate_issued").wait(
            CertificateAuthorityArn=root.arn, CertificateArn=f"{root.arn}/certificate/1234"
        )
