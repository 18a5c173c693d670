"""`python -m resumectl`, and the entry point of the command `resumectl`."""

from __future__ import annotations

import os
import signal
import sys

from resumectl import __version__


def main() -> None:
    """Run the command line. When its output cannot be written it says so, unless it is the reader that has gone."""
    _open_closed_streams()
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # as in `resumectl history | head -1`
        _give_up_stdout()
    except OSError as error:
        _give_up_stdout()
        sys.stderr.write(f"error: Cannot write the output: {error.strerror}.\n")
    else:
        return
    sys.exit(1)


def _run() -> None:
    """`--version` answers before anything else is imported."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"resumectl {__version__}\n")
        return
    from resumectl.cli import app

    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # ended from outside is as good as Ctrl-C
    app(prog_name="resumectl")


def _open_closed_streams() -> None:
    """Python has no stream at all where its parent closed the descriptor (`resumectl deploy <&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - for as long as the process lives


def _give_up_stdout() -> None:
    """Python writes what is left in its buffer when it ends: let that go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
