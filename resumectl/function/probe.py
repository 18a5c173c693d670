"""Import a handler as Lambda does and report the result, in a separate interpreter: see `handler`.

    python -I probe.py FOLDER MODULE ATTRIBUTE

The last line of the output is JSON: {"error": null, "where": null}, or the error and its location:
{"error": "KeyError: 'NOPE'", "where": "counter.py:3"}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback


def probe(folder: str, module: str, attribute: str) -> dict[str, str | None]:
    """Import the module and check that the attribute is callable."""
    sys.path.insert(0, folder)
    try:
        imported = importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit fails on Lambda, too
        return _failure(error, folder)
    if not hasattr(imported, attribute):
        return {"error": f"{module} has no {attribute!r}", "where": None}
    if not callable(getattr(imported, attribute)):
        return {"error": f"{attribute!r} of {module} is not callable", "where": None}
    return {"error": None, "where": None}


def _failure(error: BaseException, folder: str) -> dict[str, str | None]:
    """The exception, and the last line in the folder's own code that it came through."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    prefix = folder.rstrip("/") + "/"
    own = [
        f"{name.removeprefix(prefix)}:{line}" for name, line in places if name.startswith(prefix)
    ]
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    return {"error": f"{type(error).__name__}: {reason}", "where": own[-1] if own else None}


if __name__ == "__main__":
    os.write(1, b"\n" + json.dumps(probe(*sys.argv[1:])).encode() + b"\n")
    os._exit(0)  # do not wait for threads that the module started
