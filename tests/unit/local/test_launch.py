from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from resumectl.backoff import Backoff
from resumectl.errors import ResumectlError
from resumectl.local import launch, pidfile, ports

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
def test_missing_packages_are_named(present: tuple[str, ...], missing: str | None) -> None:
    def find(name: str) -> str | None:
        return name if name in present else None

    if missing is None:
        launch.require_packages(find, find)
        return
    with pytest.raises(ResumectlError, match=missing) as caught:
        launch.require_packages(find, find)
    assert caught.value.hint == "Run: pip install 'resumectl[local]'"


def test_the_users_aws_and_proxy_settings_do_not_reach_the_process(tmp_path: Path) -> None:
    environ = {
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
    result = launch.environment(environ, tmp_path, 4567)
    assert {"AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "SERVICES", "USE_SSL"}.isdisjoint(
        result
    )
    assert (result["AWS_ACCESS_KEY_ID"], result["AWS_CONFIG_FILE"]) == ("test", os.devnull)
    assert not result["DOCKER_HOST"].startswith("tcp")
    assert result["HOME"] == "/home/me"
    assert result["PATH"].endswith("/bin")
    assert (result["GATEWAY_PORT"], result["BIND_HOST"], result["AUTH"]) == (
        "4567",
        "127.0.0.1",
        "true",
    )
    assert all(str(tmp_path) in result[name] for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR"))


def test_a_spawned_process_serves_the_open_socket_in_a_session_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("ministack")
    with ports.open_free(tmp_path) as listener:
        port = listener.getsockname()[1]
        process = launch.spawn(tmp_path, listener)
    try:
        assert Backoff(120).until(lambda: ports.owner(port, ports.ask) == str(tmp_path.resolve()))
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
        assert pidfile.read(tmp_path / "server").pid == process.pid
        os.kill(process.pid, signal.SIGTERM)
        assert Backoff(120).until(lambda: process.poll() is not None)
        assert pidfile.read(tmp_path / "server").state == "stopped"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
