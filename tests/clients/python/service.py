"""Starts the service, also with credentials and TLS. Needs nothing that is not in Python or in OpenSSL."""

import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

PROGRAM = os.environ.get("ACM_PCA_PROGRAM", "")
READY = re.compile(r"listening on (https?://\S+)")
PUBLIC = re.compile(r"lists, OCSP and health are also on (http://\S+)")
READY_SECONDS = 60

KEY, SECRET, ACCOUNT = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "111111111111"
OTHER_KEY, OTHER_SECRET, OTHER_ACCOUNT = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", "222222222222"
# An account's number as a key identifier, which must not make it that account's.
LIMITED_KEY, LIMITED_SECRET = "222222222222", "a secret of its own"
POLICY = """{
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["acm-pca:IssueCertificate", "acm-pca:Get*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "acm-pca:IssueCertificate", "Resource": "*",
         "Condition": {"StringNotEquals": {"acm-pca:x509Key/algorithm": "EC"}}}
    ]
}"""
CREDENTIALS = f"""
[[credentials]]
access_key_id = "{KEY}"
secret_access_key = "{SECRET}"
account = "{ACCOUNT}"
name = "ci"

[[credentials]]
access_key_id = "{OTHER_KEY}"
secret_access_key = "{OTHER_SECRET}"
account = "{OTHER_ACCOUNT}"

[[credentials]]
access_key_id = "{LIMITED_KEY}"
secret_access_key = "{LIMITED_SECRET}"
account = "{ACCOUNT}"
name = "limited"
policy = "policy.json"
"""


class Server:
    """The service, from the moment that it says where it listens."""

    def __init__(self, program, *options, listen="127.0.0.1:0", environment=None):
        self.command = [str(program), "--listen", listen, *map(str, options)]
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        self.endpoint, self.public, self.lines = None, None, []
        self.ready = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        self.ready.wait(READY_SECONDS)
        if self.endpoint is None:
            self.stop()
            raise SystemExit(f"the server did not say where it listens:\n{self.messages()}")

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if match := READY.search(line):
                self.endpoint = match.group(1)
            if match := PUBLIC.search(line):
                self.public = match.group(1)
            # The last line.
            if line.startswith("audit reports"):
                self.ready.set()
        self.ready.set()

    def messages(self):
        self.log.seek(0)
        return self.log.read()

    def resident(self):
        """The resident memory of its process in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def refused_at_start(program, *options):
    """What a start says that does not come to anything."""
    run = subprocess.run([str(program), *map(str, options)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2, (run.returncode, run.stdout, run.stderr)
    return run.stderr


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def secure_files(directory):
    """Writes the files of a service with credentials and TLS, and returns its options and the CA's certificate."""
    directory = Path(directory)
    name = {name: directory / name for name in ("ca.pem", "ca.key", "tls.csr", "tls.pem", "tls.key", "names", "keys.toml")}
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    usages = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    ca = ["-subj", "/CN=Private CA of the test", "-days", 2, "-keyout", name["ca.key"], "-out", name["ca.pem"]]
    openssl("req", "-x509", *curve, *ca, *usages)
    openssl("req", "-new", *curve, "-subj", "/CN=localhost", "-keyout", name["tls.key"], "-out", name["tls.csr"])
    name["names"].write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
    signed = ["-CA", name["ca.pem"], "-CAkey", name["ca.key"], "-CAcreateserial", "-days", 2]
    openssl("x509", "-req", "-in", name["tls.csr"], *signed, "-extfile", name["names"], "-out", name["tls.pem"])
    (directory / "policy.json").write_text(POLICY)
    name["keys.toml"].write_text(CREDENTIALS)
    name["keys.toml"].chmod(0o600)
    options = ["--credentials", name["keys.toml"], "--tls-cert", name["tls.pem"], "--tls-key", name["tls.key"]]
    return options, name["ca.pem"]
