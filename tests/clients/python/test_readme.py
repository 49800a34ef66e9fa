"""The README's fixture, as it stands there."""

import os
import re
from pathlib import Path

import pytest

import pca
import service
from certificates import verify_server

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(not service.PROGRAM, reason="only with a program that ./run knows")


def test_the_fixture_of_the_readme(tmp_path, monkeypatch, csr):
    (fixture,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "acm-pca").symlink_to(service.PROGRAM)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    names = {}
    exec(fixture.replace('@pytest.fixture(scope="session")\n', ""), names)  # noqa: S102
    running = names["pca"]()
    root = pca.create_root(next(running))
    certificate, chain = root.issue(csr)
    verify_server(certificate, chain, "www.example.com")
    with pytest.raises(StopIteration):
        next(running)
