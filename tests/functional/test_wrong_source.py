"""A function or a site that cannot be deployed: one line, a hint, exit code 1."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.project import ROOT
from tests.functional.wrong import (
    SETTINGS,
    Case,
    all_of,
    cases,
    emptied,
    link,
    put,
    settings,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.wrong import Check

PACK = ("package",)
BACKEND = ("plan", "-e", "prod", "--only", "backend")
SITE = ("plan", "-e", "prod", "--only", "site")
COUNTER = "lambda_src/counter.py"
KEY = "\n" + "AKIA" + "IOSFODNN7EXAMPLF"
RESUME = all_of(without("frontend/index.html"), put("frontend/index.html.j2", "x"))
BROKEN = (
    '{"basics": {"name": "A", "url": "javascript:alert(1)"}, "work": [{"startDate": "yesterday"}]}'
)
WITHOUT_ROOT = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)


def built(command: str) -> Callable[[Path], object]:
    return settings(f'{SETTINGS}[site]\nbuild = "{command}"\noutput = "out"\n')


FUNCTIONS = [
    Case(
        "no folder", PACK, ("lambda_src",), lambda root: (root / "lambda_src").rename(root / "gone")
    ),
    Case("an empty folder", PACK, ("nothing to package",), emptied("lambda_src")),
    Case("a syntax error", PACK, ("counter.py:2:",), put(COUNTER, "import json\ndef handler(:\n")),
    Case("a missing module", PACK, ("counter.py:1", "'nosuch'"), put(COUNTER, "import nosuch\n")),
    Case("no handler in it", PACK, ("'handler'",), put(COUNTER, "import json\n")),
    Case("it fails when loaded", BACKEND, ("counter.py:1", "KeyError"), put(COUNTER, "{}['x']\n")),
    Case(
        "no such file",
        PACK,
        ("other.py",),
        settings(f'{SETTINGS}[backend]\nhandler = "other.handler"\n'),
    ),
    Case(
        "a link out of it",
        PACK,
        ("link.py", "outside"),
        link("lambda_src/link.py", "/etc/passwd"),
    ),
    Case(
        "a link to nowhere",
        PACK,
        ("link.py", "broken link"),
        link("lambda_src/link.py", "gone.py"),
    ),
    Case("too large", PACK, ("51.0 MB",), put("lambda_src/model.bin", bytes(51 * 1024 * 1024))),
]
SITES = [
    Case(
        "no folder",
        SITE,
        ("does not exist",),
        settings(f'{SETTINGS}[site]\nsource = "public"\n'),
        ("site.source",),
    ),
    Case("an empty folder", SITE, ("is empty",), emptied("frontend")),
    Case(
        "only hidden files",
        SITE,
        ("is empty",),
        all_of(emptied("frontend"), put("frontend/.env", "A=b")),
    ),
    Case(
        "a link out of it",
        SITE,
        ("link.html", "outside"),
        link("frontend/link.html", "/etc/passwd"),
    ),
    Case(
        "a folder from elsewhere",
        SITE,
        ("frontend/etc", "outside"),
        link("frontend/etc", "/etc"),
    ),
    Case(
        "a link to nowhere",
        SITE,
        ("link.html", "broken link"),
        link("frontend/link.html", "gone.html"),
    ),
    Case("a private key", SITE, ("id_rsa",), put("frontend/id_rsa", "x"), code="credential"),
    Case(
        "a key in a page",
        SITE,
        ("page.html, line 2",),
        put("frontend/page.html", KEY),
        code="credential",
    ),
    Case("a pipe", SITE, ("neither a file",), lambda root: os.mkfifo(root / "frontend/pipe")),
    Case(
        "a line break in a name",
        SITE,
        ("cannot be used on the web",),
        put("frontend/a\nb.html", "x"),
    ),
    Case("templates without a resume", SITE, ("resume.json",), put("frontend/index.html.j2", "x")),
    Case(
        "no JSON", SITE, ("resume.json", "line 1"), all_of(RESUME, put("frontend/resume.json", "{"))
    ),
    Case(
        "a resume that breaks its schema",
        SITE,
        ("resume.json: basics.url", "resume.json: work[0].startDate"),
        all_of(RESUME, put("frontend/resume.json", BROKEN)),
    ),
    Case(
        "a build that fails",
        SITE,
        ("exit code 3", "no such theme"),
        built("echo no such theme; exit 3"),
    ),
    Case("a build that makes nothing", SITE, ("does not exist",), built("true")),
    Case("a build that is not there", SITE, ("exit code 127",), built("hugoo"), ("PATH",)),
]


@pytest.mark.parametrize(**cases(FUNCTIONS))
def test_a_function_that_cannot_be_deployed(check: Check, case: Case, deployed: object) -> None:
    check(case)


@pytest.mark.parametrize(**cases(SITES))
def test_a_site_that_cannot_be_deployed(check: Check, case: Case, deployed: object) -> None:
    check(case)


@pytest.mark.parametrize(("case", "part"), [(FUNCTIONS[2], "backend"), (SITES[3], "site")])
def test_a_deploy_that_cannot_be_made_writes_nothing(
    check: Check, case: Case, part: str, deployed: Callable[[str], Any]
) -> None:
    before = everything(deployed)
    check(replace(case, args=("deploy", "-e", "prod", "--yes", "--only", part)))
    after = everything(deployed)

    assert before
    assert after == before


def everything(account: Callable[[str], Any]) -> set[tuple[str, str, str]]:
    """Every object that is in the account now."""
    s3 = account("s3")
    buckets = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    listed = {name: s3.list_objects_v2(Bucket=name).get("Contents", []) for name in buckets}
    return {(name, found["Key"], found["ETag"]) for name in buckets for found in listed[name]}


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads everything"
)
def test_a_file_that_cannot_be_read(project: Path) -> None:
    (project / COUNTER).chmod(0)
    as_anybody = WITHOUT_ROOT if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*as_anybody, sys.executable, "-m", "resumectl", "package"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    *_, error, hint = done.stderr.splitlines()

    assert (done.returncode, done.stdout) == (1, "")
    assert error == f"error: Cannot read {project / COUNTER}: Permission denied."
    assert hint == "hint: Make it readable, or remove it."
