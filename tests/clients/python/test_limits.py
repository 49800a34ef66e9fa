"""Clients that keep the service waiting leave others served, and cost a bounded memory."""

import contextlib
import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

import pca
import raw
import service

pytestmark = pytest.mark.skipif(not service.PROGRAM, reason="only with a program that ./run knows")

MIB = 1024 * 1024
# Beside what the service has at rest: 512 connections with a buffer of 64 KiB for the head and as much of a body that is not counted,
# and 64 MiB for all other bodies, twice for a buffer that grows.
MOST = (512 * 2 * 64 * 1024) + 2 * 64 * MIB
HALF_OPEN = 2000
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: ACMPrivateCA.ListCertificateAuthorities\r\n"


class Others:
    """Opens many connections, says something on each, and keeps them open."""

    def __init__(self, endpoint):
        address = urlsplit(endpoint)
        self.address, self.sockets = (address.hostname, address.port), []

    def open(self, *parts):
        connection = socket.create_connection(self.address, 60)
        self.sockets.append(connection)
        connection.setblocking(False)
        self.say(connection, *parts)
        return connection

    def say(self, connection, *parts):
        for part in parts:
            # Whoever was let go, or is not read from, cannot say more.
            with contextlib.suppress(OSError):
                connection.send(part)

    def close(self):
        for connection in self.sockets:
            connection.close()


@contextlib.contextmanager
def beset(*options):
    with service.Server(service.PROGRAM, "--quiet", *options) as server:
        others = Others(server.endpoint)
        try:
            yield server, others
        finally:
            others.close()


def served(server, calls=10):
    """Calls of somebody who just wants an answer, each over a connection of its own: the longest time. boto3 would need most of it."""
    longest = 0
    path, headers = raw.place("json", "ListCertificateAuthorities")
    for _ in range(calls):
        start = time.monotonic()
        connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=60)
        answer = raw.exchange("POST", path, b"{}", headers, connection)
        connection.close()
        assert answer.decode()["CertificateAuthorities"] == []
        longest = max(longest, time.monotonic() - start)
    return longest


def check_memory(server, before):
    used = server.resident() - before
    print(f"{used / MIB:.0f} MiB more than before")
    assert used < MOST


def test_half_open_requests():
    with beset() as (server, others):
        before = server.resident()
        for _ in range(HALF_OPEN):
            others.open(HEAD)
        # The time that a client may take is far from over.
        assert served(server) < 15
        check_memory(server, before)


def test_connections_that_say_nothing():
    with beset() as (server, others):
        before = server.resident()
        for _ in range(HALF_OPEN):
            others.open()
        assert served(server) < 15
        check_memory(server, before)


def test_handshakes_that_stop(tmp_path):
    options, ca = service.secure_files(tmp_path)
    with beset(*options) as (server, others):
        before = server.resident()
        for _ in range(HALF_OPEN):
            # The start of a ClientHello.
            others.open(b"\x16\x03\x01\x02\x00\x01")
        client = pca.client("json", key=service.KEY, secret=service.SECRET, endpoint=server.endpoint, verify=str(ca))
        start = time.monotonic()
        client.list_certificate_authorities()
        assert time.monotonic() - start < 15
        check_memory(server, before)


def test_slow_bodies():
    with beset("--read-timeout", "4") as (server, others):
        before = server.resident()
        slow = [others.open(HEAD, b"Content-Length: 4194304\r\n\r\n", b" " * 1000) for _ in range(400)]
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.2):
                for connection in slow:
                    others.say(connection, b" ")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert served(server) < 15
            check_memory(server, before)
        finally:
            stop.set()
            thread.join()
        # Their time ends, however often they say something: each gets an answer, or is let go.
        deadline = time.monotonic() + 60
        for connection in slow[:20]:
            connection.settimeout(max(1, deadline - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                answer = connection.recv(12)
                assert answer in (b"", b"HTTP/1.1 400"), answer


def test_many_long_bodies_that_never_end():
    """Each of them nearly whole, so that all that there is for bodies is taken."""
    with beset() as (server, others):
        before = server.resident()
        senders = []

        def send():
            connection = others.open(HEAD, b"Content-Length: 4194304\r\n\r\n")
            connection.setblocking(True)
            connection.settimeout(2)
            others.say(connection, *[b" " * 65536] * 63)

        for _ in range(100):
            senders.append(threading.Thread(target=send))
            senders[-1].start()
        assert served(server) < 15
        for sender in senders:
            sender.join()
        assert served(server) < 15
        check_memory(server, before)


@pytest.mark.parametrize("length", [4 * 1024 * MIB, 2**63 - 1])
def test_lengths_of_gigabytes(length):
    with beset() as (server, others):
        before = server.resident()
        many = [others.open(HEAD, b"Content-Length: %d\r\n\r\n" % length, b" " * 65536) for _ in range(100)]
        assert served(server) < 15
        check_memory(server, before)
        # They are told at once.
        many[0].setblocking(True)
        many[0].settimeout(15)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := many[0].recv(10_000):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 400") and b"the body must have at most 4194304 bytes" in answer


def test_heads_have_a_bound():
    with beset() as (server, others):
        before = server.resident()
        many = [others.open(HEAD, b"X: " + b"x" * 200_000) for _ in range(200)]
        many[0].setblocking(True)
        many[0].settimeout(15)
        assert many[0].recv(12) == b"HTTP/1.1 431"
        assert served(server) < 15
        check_memory(server, before)


def test_answers_that_nobody_reads():
    with beset("--write-timeout", "1") as (server, others):
        call = HEAD + b"Content-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\n\r\n{}"
        lazy = others.open()
        # Until neither side has room for more.
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                lazy.send(call * 100)
            except BlockingIOError:
                time.sleep(0.05)
            except ConnectionError:
                break
        else:
            raise AssertionError("it may leave its answers unread for good")
        assert served(server, 3) < 15
