"""The entry point of `resumectl` and `python -m resumectl`."""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from typing import Final, TextIO

from resumectl import __version__

UNREAD: Final = 141
"""The exit code when nobody reads stdout any more: what a shell shows for SIGPIPE."""


def main() -> None:
    """Run the command line. It exits with 1 if its output cannot be written."""
    _open_closed_streams()
    stdout = sys.stdout
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # `resumectl history | head -1`: nobody is left to report to
        _discard_stdout(stdout)
        code = UNREAD
    except OSError as error:
        _discard_stdout(stdout)
        sys.stderr.write(f"error: Could not write the output: {error.strerror}.\n")
        code = 1
    except SystemExit:
        if sys.stdout is stdout:
            raise
        code = UNREAD  # typer met the broken pipe, and put something else in place of stdout
    else:
        return
    sys.exit(code)


def _run() -> None:
    # Before the imports, so that --version answers at once.
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"resumectl {__version__}\n")
        return
    if find_spec("fcntl") is None:
        sys.stderr.write("error: resumectl needs Linux or macOS.\n")
        sys.stderr.write("hint: On Windows, run it in WSL: https://aka.ms/wsl\n")
        sys.exit(1)
    from resumectl.cli import app

    # A CI system that cancels a job sends SIGTERM: stop as cleanly as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="resumectl")


def _open_closed_streams() -> None:
    """Open /dev/null for streams that are None because the parent closed them (`... <&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - never closed


def _discard_stdout(stdout: TextIO) -> None:
    """Send the flush that Python does at exit to /dev/null; it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


if __name__ == "__main__":
    main()
