"""An authority whose certificate ends."""

import time

import pca
from pca import refused


def test_an_expired_authority(client, csr):
    authority = pca.create(client)
    end = int(time.time()) + 5
    own = authority.get(
        authority.issue_arn(authority.csr().encode(), "RootCACertificate", Validity={"Value": end, "Type": "ABSOLUTE"})
    )
    authority.import_certificate(own["Certificate"].encode())
    assert authority.status() == "ACTIVE"
    time.sleep(max(0, end - time.time()) + 2)
    assert authority.status() == "EXPIRED"
    with refused("InvalidStateException", words="is not in a valid state for issuing certificates"):
        authority.issue_arn(csr, Validity={"Value": end - 1, "Type": "ABSOLUTE"})
    with refused("InvalidStateException"):
        authority.update(Status="DISABLED")
