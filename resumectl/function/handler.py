"""Check that Lambda can import the handler, before anything is changed.

The handler's file must exist and compile. Then a separate interpreter imports it as Lambda does:
with the folder on the path and as working directory, a region and the function's variables, but
without credentials or the rest of this machine's environment. It is this machine's Python, not
Lambda's: syntax that needs a newer version fails here.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resumectl import files
from resumectl.errors import BuildError

if TYPE_CHECKING:
    import subprocess

SECONDS: Final = 60.0
"""Lambda allows 10, but a busy machine is no reason to call a handler broken."""
_PIECE: Final = 0.25
VARIABLES: Final = {"TABLE_NAME": "resumectl-check"}
"""The variables that Terraform sets on the function."""
_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
_RUNTIME: Final = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "resumectl-check",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def check_handler(
    source: Path,
    handler: str,
    *,
    variables: Mapping[str, str] = VARIABLES,
    seconds: float = SECONDS,
) -> None:
    """Check that a handler (`module.attribute`) can be imported from a folder and is callable.

    Raises:
        BuildError: it cannot be imported or is not callable; the message says where and why.
    """
    module, attribute = _parts(handler)
    source = source.resolve()
    _compile(_file(source, module), source)
    result = _probe(source, module, attribute, variables, seconds)
    if result["error"]:
        where = f"{result['where']}: " if result["where"] else ""
        raise BuildError(
            f"Cannot import the handler {handler}: {where}{result['error']}.",
            hint="Lambda would fail the same way. Fix the code; nothing was changed.",
        )


def _parts(handler: str) -> tuple[str, str]:
    """`api/counter.handler` -> (`api.counter`, `handler`)."""
    module, _, attribute = handler.replace("/", ".").rpartition(".")
    if not module or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise BuildError(
            f"{handler!r} is not a valid handler.",
            hint="Write it as file.function, for example counter.handler.",
        )
    return module, attribute


def _file(source: Path, module: str) -> Path:
    stem = source.joinpath(*module.split("."))
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        if file.is_file():
            return file
    raise BuildError(
        f"The handler's file {stem.relative_to(source)}.py does not exist in {source}.",
        hint="Set [backend] handler to file.function, or source to the folder that holds the file.",
    )


def _compile(file: Path, source: Path) -> None:
    name = file.relative_to(source).as_posix()
    try:
        compile(file.read_bytes(), name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise BuildError(
            f"{name}:{error.lineno}: {error.msg}.", hint="Fix the code; nothing was changed."
        ) from error
    except ValueError as error:
        raise BuildError(
            f"{name} is not Python: {error}.", hint="Restore the file; nothing was changed."
        ) from error
    except OSError as error:
        raise files.unreadable(file, error) from error


def _probe(
    source: Path, module: str, attribute: str, variables: Mapping[str, str], seconds: float
) -> dict[str, str | None]:
    import subprocess

    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    probe = str(Path(__file__).with_name("probe.py"))
    with subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", probe, str(source), module, attribute],
        cwd=source,
        env={**inherited, **_RUNTIME, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            output = _output(process, seconds)
        finally:
            process.kill()
    if output is None:
        return {"error": f"the import did not finish within {seconds:g} s", "where": None}
    return _result(output, process.returncode)


def _output(process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """All that it prints; None if that takes too long.

    The time is counted in small pieces: while this process is suspended, at most one passes.
    """
    import subprocess

    pieces = math.ceil(seconds / _PIECE) + 1
    for _ in range(pieces):
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_PIECE)[0]
    return None


def _result(output: bytes, code: int) -> dict[str, str | None]:
    """The probe's last line. If the import killed the interpreter, there is none."""
    try:
        result: dict[str, str | None] = json.loads(output.splitlines()[-1])
        return {"error": result["error"], "where": result["where"]}
    except (IndexError, ValueError, KeyError, TypeError):
        return {"error": f"the import killed the interpreter (exit code {code})", "where": None}
