from __future__ import annotations

import pytest

from resumectl.report import local

STOPPED = {"state": "stopped", "endpoint": None, "pid": None, "data_bytes": 0, "log": "/p/[x]/log"}
RUNNING = {**STOPPED, "state": "running", "endpoint": "http://127.0.0.1:4566", "pid": 5}


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (STOPPED, "The embedded cloud is stopped."),
        ({**STOPPED, "state": "crashed"}, "The embedded cloud has crashed."),
        (RUNNING, "The embedded cloud is running on http://127.0.0.1:4566, process 5."),
    ],
)
def test_how_the_embedded_cloud_is(shown, document, line):
    assert shown(local.local, document) == f"{line}\n  data  0 B\n  log   /p/[x]/log\n"
