from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import ResumectlError
from resumectl.local import launch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        (("ministack", "node"), None),
        (("ministack", "quickjs"), None),
        (("ministack",), "needs a JavaScript engine"),
        (("node",), "needs the package ministack[.]$"),
        ((), "needs the package ministack and a JavaScript engine"),
    ],
)
def test_what_must_be_installed(present: tuple[str, ...], missing: str | None) -> None:
    def have(name: str) -> str | None:
        return name if name in present else None

    if missing is None:
        launch.require_packages(have, have)
        return
    with pytest.raises(ResumectlError, match=missing) as caught:
        launch.require_packages(have, have)
    assert caught.value.hint == "Run: pip install 'resumectl[local]'"


def test_nothing_of_the_user_reaches_the_process(tmp_path: Path) -> None:
    users = {
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_ENDPOINT_URL": "https://elsewhere",
        "HTTPS_PROXY": "http://proxy",
        "DOCKER_HOST": "tcp://docker",
        "SERVICES": "s3",
        "USE_SSL": "1",
        "PATH": "/bin",
        "HOME": "/home/me",
    }
    made = launch.environment(users, tmp_path, 4567)
    assert {"AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "SERVICES", "USE_SSL"}.isdisjoint(
        made
    )
    assert (made["AWS_ACCESS_KEY_ID"], made["AWS_CONFIG_FILE"]) == ("test", os.devnull)
    assert not made["DOCKER_HOST"].startswith("tcp")
    assert made["HOME"] == "/home/me"
    assert made["PATH"].endswith("/bin")
    assert (made["GATEWAY_PORT"], made["BIND_HOST"], made["AUTH"]) == ("4567", "127.0.0.1", "true")
    assert all(str(tmp_path) in made[name] for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR"))
