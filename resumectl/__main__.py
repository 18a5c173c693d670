"""The entry point of `resumectl` and `python -m resumectl`."""

from __future__ import annotations

import os
import signal
import sys

from resumectl import __version__


def main() -> None:
    """Run the command line, and exit with 1 if its output cannot be written."""
    _open_closed_streams()
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # `resumectl history | head -1`: nobody is left to report to
        _discard_stdout()
    except OSError as error:
        _discard_stdout()
        sys.stderr.write(f"error: Could not write the output: {error.strerror}.\n")
    else:
        return
    sys.exit(1)


def _run() -> None:
    # Before the imports, so that --version answers at once.
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"resumectl {__version__}\n")
        return
    from resumectl.cli import app

    # A CI system that cancels a job sends SIGTERM: stop as cleanly as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="resumectl")


def _open_closed_streams() -> None:
    """Open /dev/null for streams that are None because the parent closed them (`... <&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - never closed


def _discard_stdout() -> None:
    """Send the flush that Python does at exit to /dev/null; it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
