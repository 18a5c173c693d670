"""`make campaign`: play many seeds, or one with `SEED=N`, which tells its story."""

from __future__ import annotations

import argparse
import sys

from resumectl.errors import Exit
from tests.driver import campaign


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.driver")
    parser.add_argument("--seed", type=int, help="play this seed alone, and tell its story")
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to play")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--first-broken", action="store_true", help="stop at a broken story")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        result = campaign.played(chosen.seed)
        sys.stdout.write(f"{result}\n")
        return bool(result.broken)
    done = campaign.run(
        range(chosen.first, chosen.first + chosen.seeds), to_first=chosen.first_broken
    )
    sys.stdout.write(f"{done.figures()}\n")
    return Exit.INTERRUPTED if done.interrupted else bool(done.broken or done.never)


if __name__ == "__main__":
    sys.exit(main())
