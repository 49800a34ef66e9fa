import pytest

import pca
from certificates import dns_csr


@pytest.fixture(scope="session", params=pca.PROTOCOLS)
def protocol(request):
    return request.param


@pytest.fixture(scope="session")
def client(protocol):
    return pca.client(protocol)


@pytest.fixture(scope="session")
def unchecked(protocol):
    """A client that sends what botocore would refuse by itself."""
    return pca.client(protocol, validate=False)


@pytest.fixture(scope="session")
def root(client):
    """An active root without a path length, for tests that only issue under it."""
    return pca.create_root(client)


@pytest.fixture
def pending(client):
    """A root that has no certificate."""
    authority = pca.create(client)
    authority.wait_for_csr()
    return authority


@pytest.fixture
def own_root(client):
    """An active root that the test may change."""
    return pca.create_root(client)


@pytest.fixture(scope="session")
def csr():
    return dns_csr()
