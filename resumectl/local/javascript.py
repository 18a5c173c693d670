"""CloudFront functions without Node.js.

MiniStack runs them with Node.js and returns 503 for every page if there is none. On such machines
QuickJS (in the extra `local`), a JavaScript engine in a Python package, runs them instead.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
from collections.abc import Callable
from typing import Any, Final

_SECONDS, _BYTES = 5, 64_000_000
_RUN: Final = """
var answer = null, failure = null;
(async () => handler(%s))().then(
  value => { answer = JSON.stringify(value ?? null); },
  error => { failure = `${error}`; }
);
"""


def install(which: Callable[[str], str | None] = shutil.which) -> None:
    """Make MiniStack run functions with QuickJS if there is no Node.js."""
    if which("node") is None and importlib.util.find_spec("quickjs") is not None:
        from ministack.core import cloudfront_js

        cloudfront_js.evaluate = evaluate


def evaluate(code: bytes, event: dict[str, Any]) -> Any:
    """Run a CloudFront function, plain or async, on one event in an engine of its own.

    Raises:
        ministack.core.cloudfront_js.CloudFrontFunctionError: it failed; MiniStack returns 503.
    """
    from ministack.core.cloudfront_js import CloudFrontFunctionError

    quickjs = importlib.import_module("quickjs")
    engine = quickjs.Context()
    engine.set_time_limit(_SECONDS)
    engine.set_memory_limit(_BYTES)
    try:
        engine.eval("var console = { log() {}, warn() {}, error() {} };")
        engine.eval(code.decode())
        engine.eval(_RUN % json.dumps(event))
        while engine.execute_pending_job():
            pass
    except quickjs.JSException as error:
        raise CloudFrontFunctionError(str(error)) from error
    if (failure := engine.get("failure")) is not None or (answer := engine.get("answer")) is None:
        raise CloudFrontFunctionError(failure or "the function never returned")
    return json.loads(answer)
