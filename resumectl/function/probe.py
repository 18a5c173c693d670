"""Import a handler the way Lambda does, and say how that went. Runs in an interpreter of its own: see `handler`.

python -I probe.py FOLDER MODULE ATTRIBUTE  ->  one JSON line: {"error": null} or {"error": "...", "where": "file:line"}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback


def probe(folder: str, module: str, attribute: str) -> dict[str, str | None]:
    """Import the module and look at its attribute."""
    sys.path.insert(0, folder)
    try:
        imported = importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - an exit too: Lambda would not get further either
        return _failure(error, folder)
    if not hasattr(imported, attribute):
        return {"error": f"{module} has no {attribute!r}", "where": None}
    callable_ = callable(getattr(imported, attribute))
    return {
        "error": None if callable_ else f"{attribute!r} of {module} cannot be called",
        "where": None,
    }


def _failure(error: BaseException, folder: str) -> dict[str, str | None]:
    """The exception, and the last line of the folder's own code that it passed through."""
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
    os._exit(0)  # whatever threads the module started
