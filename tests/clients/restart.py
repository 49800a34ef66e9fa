"""Clients at work while the service is killed and started again: nothing that they were told is lost.

The service has `--data`, and a port that stays. `POST` to the address in `ACM_PCA_KILL` kills it, with all clients at work,
and is answered while it is away; it comes back by itself. Clients have nothing but their own retries. At the end each says of its
authority `# certificates ARN COUNT REVOKED`, and an audit report must have just as many.
"""

import http.client
import http.server
import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from service import Server

# How long the service is away: longer than it takes a client to ask again at once.
AWAY_SECONDS = 0.4
LONGEST_SECONDS = 400
ATTEMPTS = "20"


class Killed:
    """The service with a directory, and who kills it."""

    def __init__(self, program, directory, region):
        self.program, self.data = program, Path(directory) / "data"
        self.options = ["--data", self.data, "--region", region, "--quiet"]
        self.environment = {**os.environ, "ACM_PCA_PASSPHRASE": "correct horse battery staple"}
        self.kills, self.away, self.one_at_a_time = 0, 0.0, threading.Lock()
        self.server = self.start("127.0.0.1:0")
        self.address = urlsplit(self.server.endpoint).netloc
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.kill(self.answer)

            def answer(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.control = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.control.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.control.server_port}/"

    def start(self, listen):
        return Server(self.program, *self.options, listen=listen, environment=self.environment)

    def kill(self, answer):
        with self.one_at_a_time:
            self.server.process.kill()
            self.server.process.wait()
            begin = time.monotonic()
            self.kills += 1
            answer()
            time.sleep(AWAY_SECONDS)
            self.server = self.start(self.address)
            self.away += time.monotonic() - begin

    def call(self, operation, **members):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"ACMPrivateCA.{operation}"}
        connection.request("POST", "/", json.dumps(members), headers)
        response = connection.getresponse()
        answer = response.read()
        assert response.status == 200, (operation, answer)
        return json.loads(answer) if answer else {}

    def reported(self, authority):
        """How many certificates an audit report has, and how many of them are revoked."""
        asked = {"CertificateAuthorityArn": authority, "S3BucketName": "bucket", "AuditReportResponseFormat": "JSON"}
        report = self.call("CreateCertificateAuthorityAuditReport", **asked)
        rows = json.loads((self.data / "audit-reports" / "bucket" / report["S3Key"]).read_text())
        return len(rows), sum("revokedAt" in row for row in rows)

    def stop(self):
        self.control.shutdown()
        self.server.stop()


def judge(killed, name, output, status, say):
    """(passed, failed) of one client, with what an audit report says of what it did."""
    passed = len(re.findall(r"^ok ", output, re.MULTILINE))
    failed = len(re.findall(r"^not ok ", output, re.MULTILINE))
    for line in output.splitlines():
        if not line.startswith("ok "):
            say(f"  {name}: {line}")
    if status != 0 and failed == 0:
        say(f"  {name}: not ok: it ended with {status}")
        failed += 1
    counts = re.findall(r"^# certificates (\S+) (\d+) (\d+)$", output, re.MULTILINE)
    if not counts:
        say(f"  {name}: not ok: it does not say what it got")
        failed += 1
    for authority, issued, revoked in counts:
        found, wanted = killed.reported(authority), (int(issued), int(revoked))
        if found == wanted:
            passed += 1
        else:
            say(f"  {name}: not ok: it got {wanted} certificates and revocations, and {authority} has {found}")
            failed += 1
    return passed, failed


def run(program, directory, region, clients, environment, say):
    """Runs the clients, `(name, command, folder)`, all at a time, and returns (passed, failed, whether all is well)."""
    begin = time.monotonic()
    killed = Killed(program, directory, region)
    shared = {
        **environment,
        "ACM_PCA_ENDPOINT": killed.server.endpoint,
        "AWS_ENDPOINT_URL_ACM_PCA": killed.server.endpoint,
        "ACM_PCA_KILL": killed.url,
        "ACM_PCA_ATTEMPTS": ATTEMPTS,
        "AWS_MAX_ATTEMPTS": ATTEMPTS,
        "AWS_RETRY_MODE": "standard",
    }
    passed, failed = 0, 0
    try:
        running = []
        for name, command, folder in clients:
            say(f"+ {name}: " + " ".join(map(str, command)))
            process = subprocess.Popen(
                command, env=shared, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            running.append((name, process))
        ended = []
        for name, process in running:
            try:
                output, _ = process.communicate(timeout=max(1, begin + LONGEST_SECONDS - time.monotonic()))
                output += f"# at its end after {time.monotonic() - begin:.0f} s"
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
                output += f"\nnot ok it is not at its end after {LONGEST_SECONDS} s"
            ended.append((name, output, process.returncode))
        # The last kill may be under way still: who asked for it need not wait until the service is back.
        with killed.one_at_a_time:
            for name, output, status in ended:
                good, bad = judge(killed, name, output, status, say)
                passed, failed = passed + good, failed + bad
        # Each kills twice.
        if killed.kills < 2 * len(clients):
            say(f"  not ok: {killed.kills} kills for {len(clients)} clients")
            failed += 1
    finally:
        killed.stop()
    took = f"{time.monotonic() - begin:.0f} s, of which the service was away for {killed.away:.0f} s"
    say(f"= restart: {killed.kills} kills, {passed} passed, {failed} failed, {took}")
    return passed, failed, failed == 0 and passed > 0
