"""The port of an embedded cloud, opened before its process starts so that no other can take it."""

from __future__ import annotations

import errno
import json
import os
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from resumectl.backoff import Backoff
from resumectl.errors import ResumectlError

HOST: Final = "127.0.0.1"
VALID: Final = range(1, 65536)
IDENTITY: Final = "/_resumectl"
"""The path at which a running embedded cloud names its folder."""

Ask = Callable[[int, str, float], Any]
"""Reads the JSON document at a path on a port, within some seconds; None if there is none."""
Listen = Callable[[int], socket.socket]

_FIRST, _COUNT = 24566, 1000
_EXIT: Final = Backoff(10.0, first=0.02)
_ANOTHER: Final = (
    "another port: set `port = N` under [env.local] in resumectl.toml, "
    "or run: resumectl local start --port N"
)


def ask(port: int, path: str, seconds: float) -> Any:
    """The JSON document at a path of an embedded cloud; None if there is no such response."""
    import http.client

    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def listen_on(port: int) -> socket.socket:
    """Listen on a port of this machine only.

    Raises:
        OSError: the port is in use or may not be opened.
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


def claim(
    port: int | None, folder: Path, ask: Ask = ask, listen: Listen = listen_on
) -> socket.socket:
    """Listen on the port for the embedded cloud of a folder, or on a free one if it is None."""
    folder = folder.resolve()
    if port is None:
        return open_free(folder, listen)
    if owner(port, ask) == str(folder):
        # The folder was deleted under a running process, which notices and exits.
        _EXIT.until(lambda: owner(port, ask) is None)
    try:
        return listen(port)
    except OSError as error:
        raise _refusal(port, error, ask) from error


def open_free(folder: Path, listen: Listen = listen_on) -> socket.socket:
    """Listen on the first free port, starting at one that depends on the folder's path.

    So each project usually gets the same port again, and not that of another project.
    """
    start = zlib.crc32(os.fsencode(folder)) % _COUNT
    for step in range(_COUNT):
        try:
            return listen(_FIRST + (start + step) % _COUNT)
        except OSError:
            continue
    message = f"No port from {_FIRST} to {_FIRST + _COUNT - 1} is free."
    raise ResumectlError(message, hint=f"Choose {_ANOTHER}.", code="local")


def owner(port: int, ask: Ask) -> str | None:
    """The folder of the embedded cloud that responds on a port; None if none does."""
    identity = ask(port, IDENTITY, 1)
    if isinstance(identity, dict) and "folder" in identity:
        return str(identity["folder"])
    return None


def _refusal(port: int, error: OSError, ask: Ask) -> ResumectlError:
    message, hint = f"Cannot listen on port {port}: {error.strerror}.", f"Choose {_ANOTHER}."
    if error.errno == errno.EADDRINUSE:
        folder = owner(port, ask)
        by = f"the embedded cloud of {folder}" if folder else "another program"
        message, hint = f"Port {port} is in use by {by}.", f"Stop it, or choose {_ANOTHER}."
    return ResumectlError(message, hint=hint, code="local")
