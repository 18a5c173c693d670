from __future__ import annotations

import pytest

from resumectl.report import machine

PACKAGE = {"path": "/tmp/[a]/b c.zip", "sha256": "ab", "size": 3149, "files": ["counter.py"]}
STOPPED = {"state": "stopped", "endpoint": None, "pid": None, "data_bytes": 0, "log": "/p/[x]/log"}
RUNNING = {**STOPPED, "state": "running", "endpoint": "http://127.0.0.1:4566", "pid": 5}


def test_the_path_is_a_line_of_its_own(shown):
    text = shown(machine.package, PACKAGE)
    assert text == "/tmp/[a]/b c.zip\n3.1 kB, 1 file\nsha256 ab\n"


def test_verbose_lists_the_files(shown):
    assert shown(machine.package, PACKAGE, verbose=True).endswith("\n  counter.py\n")


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (STOPPED, "The embedded cloud is stopped."),
        ({**STOPPED, "state": "crashed"}, "The embedded cloud has crashed."),
        (RUNNING, "The embedded cloud is running on http://127.0.0.1:4566, process 5."),
    ],
)
def test_how_the_embedded_cloud_is(shown, document, line):
    assert shown(machine.local, document) == f"{line}\n  data  0 B\n  log   /p/[x]/log\n"
