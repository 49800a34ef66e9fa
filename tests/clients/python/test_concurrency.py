"""Many callers at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pca
from certificates import dns_csr

CALLERS = 64


def at_once(call):
    """What `call` returns for 0, 1, 2 …, all called together."""
    barrier = Barrier(CALLERS)

    def wait_and_call(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(wait_and_call, range(CALLERS)))


def test_one_token_is_one_certificate(root, csr):
    shared = pca.token()
    arns = at_once(lambda _: root.issue_arn(csr, IdempotencyToken=shared))
    assert len(set(arns)) == 1
    assert pca.pem(root.get(arns[0])["Certificate"]).serial_number == pca.serial_of(arns[0])


def test_many_requests_are_many_certificates(root):
    requests = [dns_csr(f"{number}.example.com") for number in range(CALLERS)]
    arns = at_once(lambda number: root.issue_arn(requests[number]))
    assert len(set(arns)) == CALLERS
    names = at_once(lambda number: pca.pem(root.get(arns[number])["Certificate"]).extensions[0].value)
    assert len(set(map(str, names))) == CALLERS


def test_one_of_many_creates(client):
    shared, subject = pca.token(), {"CommonName": pca.unique("Root")}
    assert (
        len({made.arn for made in at_once(lambda _: pca.create(client, subject=subject, IdempotencyToken=shared))}) == 1
    )


def test_one_of_many_revokes(client, root, csr):
    certificate = root.issue_arn(csr)

    def revoke(_):
        try:
            client.revoke_certificate(
                CertificateAuthorityArn=root.arn,
                CertificateSerial=f"{pca.serial_of(certificate):x}",
                RevocationReason="SUPERSEDED",
            )
        except client.exceptions.RequestAlreadyProcessedException:
            return 0
        return 1

    assert sum(at_once(revoke)) == 1
