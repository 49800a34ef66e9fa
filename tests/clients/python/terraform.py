"""The calls that Terraform's AWS provider makes for its `aws_acmpca_*` resources and data sources, in its order, with the errors that
it forgives. Everything that it does not forgive ends the run, as it ends `terraform apply`."""

import time
from dataclasses import dataclass, field

from botocore.exceptions import ClientError
from cryptography import x509

import pca

NOT_ISSUING = "The certificate authority is not in a valid state for issuing certificates"
NOT_UPDATED = "The certificate authority must be in the ACTIVE or DISABLED state to be updated"
DELETED = "The certificate authority is in the DELETED state"
SELF_SIGNED = "Self-signed certificate can not be revoked"


class NotFound(Exception):
    """What the provider takes out of its state."""


def is_error(error, code, words=""):
    found = error.response["Error"]
    return found["Code"] == code and words in found["Message"]


def forgiving(call, *forgiven, **members):
    """Calls; None where the error is one of (code, words)."""
    try:
        return call(**members)
    except ClientError as error:
        if any(is_error(error, *one) for one in forgiven):
            return None
        raise


def present(call, *missing, **members):
    """Calls; raises NotFound where the error says that there is nothing."""
    try:
        return call(**members)
    except ClientError as error:
        if any(is_error(error, *one) for one in (("ResourceNotFoundException",), *missing)):
            raise NotFound from error
        raise


@dataclass
class CertificateAuthority:
    """aws_acmpca_certificate_authority"""

    client: object
    type: str = "SUBORDINATE"
    key_algorithm: str = "EC_prime256v1"
    signing_algorithm: str = pca.ECDSA
    subject: dict = field(default_factory=lambda: {"CommonName": pca.unique("terraform")})
    revocation_configuration: dict = None
    tags: dict = field(default_factory=dict)
    permanent_deletion_time_in_days: int = 30
    arn: str = None

    def create(self):
        configuration = {
            "KeyAlgorithm": self.key_algorithm,
            "SigningAlgorithm": self.signing_algorithm,
            "Subject": self.subject,
        }
        optional = {
            "RevocationConfiguration": self.revocation_configuration,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()] or None,
        }
        made = self.client.create_certificate_authority(
            CertificateAuthorityConfiguration=configuration,
            CertificateAuthorityType=self.type,
            IdempotencyToken=f"terraform-{time.time_ns()}",
            **{name: value for name, value in optional.items() if value is not None},
        )
        self.arn = made["CertificateAuthorityArn"]
        deadline = time.monotonic() + 120
        while (status := self.find()["Status"]) == "CREATING":
            assert time.monotonic() < deadline, "still CREATING"
            time.sleep(0.2)
        assert status in ("ACTIVE", "PENDING_CERTIFICATE"), status
        return self.read()

    def find(self):
        found = present(self.client.describe_certificate_authority, CertificateAuthorityArn=self.arn)
        if found["CertificateAuthority"]["Status"] == "DELETED":
            raise NotFound
        return found["CertificateAuthority"]

    def read(self):
        """The attributes of the resource and of its data source."""
        described = self.find()
        arn = {"CertificateAuthorityArn": self.arn}
        wrong_state = ("InvalidStateException",)
        own = forgiving(self.client.get_certificate_authority_certificate, wrong_state, **arn) or {}
        request = forgiving(self.client.get_certificate_authority_csr, wrong_state, **arn) or {}
        tags = self.client.list_tags(**arn)["Tags"]
        return {
            **described,
            "enabled": described["Status"] != "DISABLED",
            "certificate": own.get("Certificate", ""),
            "certificate_chain": own.get("CertificateChain", ""),
            "certificate_signing_request": request.get("Csr", ""),
            "tags": {tag["Key"]: tag.get("Value") for tag in tags},
        }

    def update(self, enabled=None, revocation_configuration=None):
        members = {}
        if enabled is not None:
            members["Status"] = "ACTIVE" if enabled else "DISABLED"
        if revocation_configuration is not None:
            members["RevocationConfiguration"] = revocation_configuration
        self.client.update_certificate_authority(CertificateAuthorityArn=self.arn, **members)
        return self.read()

    def update_tags(self, tags):
        old = self.read()["tags"]
        removed = [{"Key": key} for key, value in old.items() if tags.get(key) != value]
        if removed:
            self.client.untag_certificate_authority(CertificateAuthorityArn=self.arn, Tags=removed)
        added = [{"Key": key, "Value": value} for key, value in tags.items() if old.get(key) != value]
        if added:
            self.client.tag_certificate_authority(CertificateAuthorityArn=self.arn, Tags=added)
        return self.read()

    def delete(self):
        arn = {"CertificateAuthorityArn": self.arn}
        gone = ("ResourceNotFoundException",)
        pending = ("InvalidStateException", NOT_UPDATED)
        forgiving(self.client.update_certificate_authority, gone, pending, **arn, Status="DISABLED")
        days = self.permanent_deletion_time_in_days
        forgiving(self.client.delete_certificate_authority, gone, **arn, PermanentDeletionTimeInDays=days)


@dataclass
class Certificate:
    """aws_acmpca_certificate"""

    client: object
    certificate_authority_arn: str
    certificate_signing_request: str
    validity: dict = field(default_factory=lambda: {"Type": "DAYS", "Value": 1})
    template_arn: str = None
    signing_algorithm: str = pca.ECDSA
    arn: str = None
    retries: int = 0

    def create(self):
        optional = {} if self.template_arn is None else {"TemplateArn": self.template_arn}
        deadline = time.monotonic() + 60
        while True:
            try:
                issued = self.client.issue_certificate(
                    CertificateAuthorityArn=self.certificate_authority_arn,
                    Csr=self.certificate_signing_request.encode(),
                    IdempotencyToken=f"terraform-{time.time_ns()}",
                    SigningAlgorithm=self.signing_algorithm,
                    Validity=self.validity,
                    **optional,
                )
                break
            except ClientError as error:
                if not is_error(error, "InvalidStateException", NOT_ISSUING) or time.monotonic() > deadline:
                    raise
                self.retries += 1
                time.sleep(0.1)
        self.arn = issued["CertificateArn"]
        self.client.get_waiter("certificate_issued").wait(**self.names())
        return self.read()

    def names(self):
        return {"CertificateAuthorityArn": self.certificate_authority_arn, "CertificateArn": self.arn}

    def read(self):
        """The attributes of the resource and of its data source."""
        found = present(self.client.get_certificate, **self.names())
        return {"certificate": found["Certificate"], "certificate_chain": found.get("CertificateChain", "")}

    def revoke(self):
        certificate = x509.load_pem_x509_certificate(self.read()["certificate"].encode())
        forgiving(
            self.client.revoke_certificate,
            ("ResourceNotFoundException",),
            ("RequestAlreadyProcessedException",),
            ("RequestInProgressException",),
            ("InvalidRequestException", SELF_SIGNED),
            CertificateAuthorityArn=self.certificate_authority_arn,
            CertificateSerial=f"{certificate.serial_number:x}",
            RevocationReason="UNSPECIFIED",
        )


def import_certificate(client, arn, attributes):
    """aws_acmpca_certificate_authority_certificate"""
    members = {"CertificateAuthorityArn": arn, "Certificate": attributes["certificate"].encode()}
    if attributes["certificate_chain"]:
        members["CertificateChain"] = attributes["certificate_chain"].encode()
    client.import_certificate_authority_certificate(**members)
    return client.get_certificate_authority_certificate(CertificateAuthorityArn=arn)


@dataclass
class Permission:
    """aws_acmpca_permission"""

    client: object
    certificate_authority_arn: str
    actions: tuple = ("IssueCertificate", "GetCertificate", "ListPermissions")
    principal: str = "acm.amazonaws.com"
    source_account: str = ""

    def members(self):
        members = {"CertificateAuthorityArn": self.certificate_authority_arn, "Principal": self.principal}
        return {**members, "SourceAccount": self.source_account} if self.source_account else members

    def create(self):
        self.client.create_permission(**self.members(), Actions=list(self.actions))
        return self.read()

    def read(self):
        pages = self.client.get_paginator("list_permissions").paginate
        try:
            found = pages(CertificateAuthorityArn=self.certificate_authority_arn).build_full_result()["Permissions"]
        except ClientError as error:
            if is_error(error, "InvalidStateException", DELETED):
                raise NotFound from error
            raise
        found = [
            one
            for one in found
            if one["Principal"] == self.principal and self.source_account in ("", one["SourceAccount"])
        ]
        if not found:
            raise NotFound
        (one,) = found
        return one

    def delete(self):
        forgiving(self.client.delete_permission, ("ResourceNotFoundException",), **self.members())


@dataclass
class Policy:
    """aws_acmpca_policy"""

    client: object
    resource_arn: str

    def put(self, policy):
        self.client.put_policy(ResourceArn=self.resource_arn, Policy=policy)
        return self.read()

    def read(self):
        return present(self.client.get_policy, ResourceArn=self.resource_arn)["Policy"]

    def delete(self):
        forgiving(self.client.delete_policy, ("ResourceNotFoundException",), ResourceArn=self.resource_arn)
