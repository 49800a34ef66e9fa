"""boto3 at work while the service is killed: run by ../restart.py, as `restart.py PROTOCOL`."""

import os
import sys
import threading
import time
import urllib.request

import pca
from certificates import dns_csr

REVOKED = {"RevocationReason": "SUPERSEDED"}


def check(good, what):
    print("ok" if good else "not ok", what, flush=True)
    if not good:
        sys.exit(1)


def kill():
    urllib.request.urlopen(urllib.request.Request(os.environ["ACM_PCA_KILL"], method="POST"), timeout=120).close()


def main(protocol):
    client = pca.client(protocol, attempts=int(os.environ["ACM_PCA_ATTEMPTS"]))
    subject, tags = {"CommonName": f"Restarted {protocol}"}, [{"Key": "client", "Value": protocol}]
    creation = {"subject": subject, "Tags": tags, "IdempotencyToken": "root"}
    root = pca.create_root(client, issuing={"IdempotencyToken": "own"}, **creation)
    csr = dns_csr()
    issued = {}

    def issue(name):
        issued[name] = root.issue_arn(csr, IdempotencyToken=name)
        return issued[name]

    def revoke():
        return client.revoke_certificate(
            CertificateAuthorityArn=root.arn, CertificateSerial=f"{pca.serial_of(issued['revoked']):x}", **REVOKED
        )

    before = root.get(issue("before"))["Certificate"]
    issue("revoked")
    try:
        revoke()
    except client.exceptions.RequestAlreadyProcessedException:
        pass  # Its answer was lost, and this is that of a retry.
    check(True, "an authority, two certificates and a revocation")

    kill()
    check(root.get(issued["before"])["Certificate"] == before, "a certificate after the kill")
    check(issue("after") == issue("after"), "one token, one certificate")

    killing = threading.Thread(target=kill)
    killing.start()
    number = 0
    while killing.is_alive() or number < 10:
        number += 1
        first = issue(f"while {number}")
        if issue(f"while {number}") != first:
            check(False, "one token, one certificate, whenever the service dies")
        time.sleep(0.01)
    killing.join()
    check(True, "certificates while the service is killed")

    kept = issued["before"]
    check(issue("before") == kept, "a token from before both kills")
    check(root.get(kept)["Certificate"] == before, "its certificate")
    check(pca.create(client, **creation).arn == root.arn, "the token of the authority")
    described = root.describe()
    check(described["Status"] == "ACTIVE" and described["Arn"] == root.arn, "the authority")
    check(client.list_tags(CertificateAuthorityArn=root.arn)["Tags"] == tags, "its tags")
    with pca.refused("RequestAlreadyProcessedException"):
        revoke()
    check(True, "the revocation")
    # Its own is one more.
    print(f"# certificates {root.arn} {len(issued) + 1} 1")


main(sys.argv[1])
