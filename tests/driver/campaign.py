"""Many seeds on all cores, and figures of what really happened in them."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.driver.chance import KINDS
from tests.driver.commands import COMMANDS
from tests.driver.story import tell
from tests.driver.strangers import MAKES
from tests.driver.tampering import TAMPERINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.driver.story import Result

ENOUGH = 1000
"""So many seeds should meet every command and every fault."""


@dataclass
class Campaign:
    """What came of many seeds.

    Attributes:
        broken: the stories in which an invariant does not hold.
        counts: how often each command, fault and meeting really happened.
    """

    seeds: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    broken: list[Result] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.counts += result.counts
        if result.broken:
            self.broken.append(result)

    @property
    def never(self) -> list[str]:
        """What should have happened in so many seeds, and did not."""
        wanted = [f"step: {verb}" for verb in (*COMMANDS, *TAMPERINGS)]
        wanted += [f"made: {verb}" for verb in MAKES]
        wanted += [f"fault: {kind}" for kind in KINDS if kind != "suspend"]
        wanted += [
            f"fault: suspended, {which} environment meanwhile" for which in ("the same", "another")
        ]
        return [what for what in wanted if what not in self.counts] if self.seeds >= ENOUGH else []

    def figures(self) -> str:
        """A table: what happened how often."""
        rows = [f"{count:8,}  {what}" for what, count in sorted(self.counts.items())]
        cpu = f"{self.cpu / max(1, self.seeds):.3f} s of CPU each"
        ended = f"{self.seeds:,} seeds in {self.seconds:.0f} s, {cpu}, {len(self.broken)} broken"
        return "\n".join([*rows, *(f"   never  {what}" for what in self.never), ended])


@contextmanager
def one_thread_at_a_time() -> Iterator[None]:
    """Threads change places only where they wait, so that a seed gives the same story again."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def played(seed: int) -> Result:
    """The story of one seed, in this process."""
    with one_thread_at_a_time():
        return tell(seed)


def run(seeds: Iterable[int]) -> Campaign:
    """Play seeds on all cores; a broken story is printed when it ends."""
    campaign, began = Campaign(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for result in pool.imap_unordered(played, seeds, chunksize=5):
            campaign.add(result)
            if result.broken:
                sys.stdout.write(f"{result}\n\n")
                sys.stdout.flush()
        pool.close()
        pool.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    campaign.cpu = used.ru_utime + used.ru_stime
    campaign.seconds = time.monotonic() - began
    return campaign
