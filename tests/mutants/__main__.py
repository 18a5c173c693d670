"""`make campaign`: every mutant must be noticed, by the tests next to it or else by the driver."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from resumectl.errors import Exit
from tests.driver import start
from tests.driver.progress import Progress
from tests.mutants import parts, releases
from tests.mutants.mutant import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
MUTANTS = (*releases.MUTANTS, *parts.MUTANTS)
STORIES, LIMIT = "300", 300.0
"""How many stories a mutant meets that its tests do not notice, and seconds for each of both."""
FAILED = 1
"""The exit code of pytest when a test failed, and of the driver when an invariant broke."""


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("text", nargs="?", default="", help="only mutants with this in their name")
    parser.add_argument("--lanes", type=int, default=os.cpu_count(), help="how many at once")
    chosen = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS if chosen.text in mutant.name]
    for mutant in mutants:
        mutant.check(ROOT)
    return _run(mutants, chosen.lanes)


def _run(mutants: Sequence[Mutant], lanes: int) -> int:
    copies: SimpleQueue[Path] = SimpleQueue()
    folder = start.folder()
    killers: dict[Mutant, str] = {}
    pool = ThreadPoolExecutor(lanes)
    try:
        for number in range(lanes):
            copies.put(_copy(folder / str(number)))
        trying = {pool.submit(_killer, mutant, copies): mutant for mutant in mutants}
        progress = Progress(len(mutants), "mutants")
        while trying:
            for future in wait(trying, 1.0, FIRST_COMPLETED).done:
                mutant = trying.pop(future)
                killers[mutant] = future.result()
                if not killers[mutant]:
                    progress.clear()
                    sys.stdout.write(f"ALIVE {mutant.name}\n      -> {mutant.new}\n")
                    sys.stdout.flush()
            progress.tell(len(killers), f"{_alive(killers)} alive")
        progress.clear()
    except KeyboardInterrupt:
        sys.stdout.write(f"{_figures(killers)}, {len(mutants) - len(killers)} not tried\n")
        return Exit.INTERRUPTED
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"{_figures(killers)}\n")
    return bool(_alive(killers))


def _alive(killers: Mapping[Mutant, str]) -> int:
    return sum(not killer for killer in killers.values())


def _figures(killers: Mapping[Mutant, str]) -> str:
    stories = sum(killer == "driver" for killer in killers.values())
    died = len(killers) - _alive(killers)
    return f"{died} of {len(killers)} mutants died, {stories} of them in stories of the driver"


def _copy(folder: Path) -> Path:
    """The repository once more, without what is generated."""
    generated = shutil.ignore_patterns(".venv", ".git", ".resumectl", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=generated, symlinks=True)
    return folder


def _killer(mutant: Mutant, copies: SimpleQueue[Path]) -> str:
    """What noticed a mutant; empty if nothing did."""
    root = copies.get()
    file = root / PACKAGE / mutant.file
    try:
        file.write_text(mutant.text(ROOT))
        tests = [name for name in mutant.nearest if (root / name).exists()]
        if tests and _fails(root, "pytest", "-x", "-q", "-n", "0", *tests):
            return "tests"
        return (
            "driver" if _fails(root, "tests.driver", "--seeds", STORIES, "--first-broken") else ""
        )
    finally:
        shutil.copy2(ROOT / PACKAGE / mutant.file, file)
        copies.put(root)


def _fails(root: Path, module: str, *arguments: str) -> bool:
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)}
    try:
        run = subprocess.run(
            command, cwd=root, env=environ, capture_output=True, check=False, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode == FAILED


if __name__ == "__main__":
    sys.exit(main())
