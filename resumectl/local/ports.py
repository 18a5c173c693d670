"""The port of an embedded cloud: open it before the process starts, so that nobody can take it in between."""

from __future__ import annotations

import errno
import json
import os
import socket
import zlib
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import ResumectlError
from resumectl.local.folder import WHOSE
from resumectl.local.presence import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST: Final = "127.0.0.1"

_FIRST, _COUNT = 24566, 1000
_ENDING_SECONDS = 10.0
_CHOOSE = "choose another port: set `port = N` under [env.local] in resumectl.toml, or run: resumectl local start --port N"


def claim(wanted: int | None, folder: Path, ask: Callable[[int, str, float], Any]) -> socket.socket:
    """Listen on the wanted port, or on one of the project's own.

    Args:
        wanted: the port, or None.
        folder: the folder of the embedded cloud; its path decides which port is its own.
        ask: reads a JSON document from an embedded cloud.
    """
    folder = folder.resolve()
    if wanted is None:
        return open_free(folder)
    if holder(wanted, ask) == str(
        folder
    ):  # this folder was deleted under a running one: that one is about to end
        wait_until(lambda: holder(wanted, ask) is None, seconds=_ENDING_SECONDS)
    try:
        return open_one(wanted)
    except OSError as error:
        raise _refusal(wanted, error, ask) from error


def open_one(port: int) -> socket.socket:
    """Listen on a port of this machine only.

    Raises:
        OSError: the port is taken, or not ours to open.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def open_free(folder: Path) -> socket.socket:
    """Listen on the first free port from the one that the folder's path leads to, so that projects do not meet."""
    own = zlib.crc32(os.fsencode(folder)) % _COUNT
    for step in range(_COUNT):
        try:
            return open_one(_FIRST + (own + step) % _COUNT)
        except OSError:
            continue
    message = f"No port from {_FIRST} to {_FIRST + _COUNT - 1} is free."
    raise ResumectlError(message, hint=f"Please {_CHOOSE}.", code="local")


def holder(port: int, ask: Callable[[int, str, float], Any]) -> str | None:
    """The folder of the embedded cloud that answers on a port, if one does."""
    whose = ask(port, WHOSE, 1)
    return str(whose["folder"]) if isinstance(whose, dict) and "folder" in whose else None


def ask(port: int, path: str, seconds: float) -> Any:
    """The JSON document at a path of the embedded cloud; None when there is no such answer."""
    import http.client

    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _refusal(port: int, error: OSError, ask: Callable[[int, str, float], Any]) -> ResumectlError:
    if error.errno != errno.EADDRINUSE:
        return ResumectlError(
            f"Port {port} cannot be opened: {error.strerror}.",
            hint=f"Please {_CHOOSE}.",
            code="local",
        )
    folder = holder(port, ask)
    by = f"the embedded cloud of {folder}" if folder else "another program"
    return ResumectlError(
        f"Port {port} is in use by {by}.", hint=f"Stop it, or {_CHOOSE}.", code="local"
    )
