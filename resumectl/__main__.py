"""`python -m resumectl`, and the entry point of the command `resumectl`."""

from __future__ import annotations

import os
import signal
import sys

from resumectl import __version__


def main() -> None:
    """Run the command line; `--version` answers before anything else is imported."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"resumectl {__version__}\n")
        return
    from resumectl.cli import app

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside is as good as Ctrl-C
    try:
        app(prog_name="resumectl")
    except BrokenPipeError:  # the reader of our output has gone, as in `resumectl history | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
