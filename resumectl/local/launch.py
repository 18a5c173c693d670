"""Start the process of the embedded cloud, detached from the command that starts it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from resumectl.errors import ResumectlError
from resumectl.local.folder import LOG, OBJECTS, STATE, TEMPORARY, rotate
from resumectl.local.ports import HOST

_INHERITED: Final = frozenset(
    [
        *("HOME", "LOGNAME", "PATH", "TZ", "USER", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE"),
        *("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"),
    ]
)
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from resumectl.local.server import main; main(sys.argv[2:])"
)


class Process(Protocol):
    """The part of `subprocess.Popen` that is used here."""

    @property
    def pid(self) -> int:
        """Its PID."""

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""


def require_packages(
    find: Callable[[str], object | None] = importlib.util.find_spec,
    which: Callable[[str], str | None] = shutil.which,
) -> None:
    """Check that MiniStack and a JavaScript engine are installed.

    Without an engine, MiniStack returns 503 for every page behind a CloudFront function.

    Raises:
        ResumectlError: something is missing; the hint is the command that installs it.
    """
    missing = [] if find("ministack") else ["the package ministack"]
    if not find("quickjs") and not which("node"):
        missing.append("a JavaScript engine (the package quickjs-ng, or Node.js)")
    if missing:
        message = f"The embedded cloud needs {' and '.join(missing)}."
        raise ResumectlError(message, hint="Run: pip install 'resumectl[local]'", code="local")


def spawn(folder: Path, listener: socket.socket) -> Process:
    """Start the process in a session of its own: it outlives this one and the terminal."""
    root, folder = Path(__file__).parents[2], folder.resolve()
    log = folder / LOG
    rotate(log)
    shutil.rmtree(folder / TEMPORARY, ignore_errors=True)
    (folder / TEMPORARY).mkdir()
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, str(root), str(folder), str(listener.fileno())],
            cwd=folder,
            env=environment(os.environ, folder, listener.getsockname()[1]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )


def environment(environ: Mapping[str, str], folder: Path, port: int) -> dict[str, str]:
    """The environment of the process, without the user's AWS, proxy and MiniStack settings.

    Lambda functions inherit it, so it has no profile and no credentials except test keys.
    """
    inherited = {name: value for name, value in environ.items() if name in _INHERITED}
    path = inherited.get("PATH", os.defpath)
    return {
        **inherited,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), path]),
        "TMPDIR": str(folder / TEMPORARY),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        "LOG_LEVEL": "INFO",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / STATE),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / OBJECTS),
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": "unix:///dev/null/docker.sock",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "NO_PROXY": "*",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
