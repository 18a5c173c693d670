"""Many seeds on all cores, and figures of what really happened in them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO

from tests.driver.chance import KINDS
from tests.driver.commands import COMMANDS
from tests.driver.progress import Progress
from tests.driver.story import tell
from tests.driver.strangers import MAKES
from tests.driver.tampering import TAMPERINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.driver.story import Result

ENOUGH = 1000
"""So many seeds should meet every command and every fault."""


@dataclass
class Campaign:
    """What came of many seeds.

    Attributes:
        wanted: how many seeds there are.
        to_first: whether it ends with the first broken story.
        seeds: how many were played.
        broken: the stories in which an invariant does not hold.
        counts: how often each command, fault and meeting really happened.
        interrupted: whether it ended early, by Ctrl-C.
    """

    wanted: int
    to_first: bool = False
    seeds: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    broken: list[Result] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.counts += result.counts
        if result.broken:
            self.broken.append(result)

    @property
    def ended(self) -> bool:
        return self.seeds == self.wanted or bool(self.to_first and self.broken)

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
        seeds = (
            f"{self.seeds:,} of {self.wanted:,}" if self.seeds < self.wanted else f"{self.seeds:,}"
        )
        ended = f"{seeds} seeds in {self.seconds:.0f} s, {cpu}, {len(self.broken)} broken"
        return "\n".join([*rows, *(f"   never  {what}" for what in self.never), ended])


@contextmanager
def in_order() -> Iterator[None]:
    """Threads change places only where they wait, so that a seed gives the same story again.

    Ctrl-C is one, also where this was started in the background. Garbage is collected afterwards:
    Python loses a KeyboardInterrupt that it raises in a finalizer.
    """
    before = sys.getswitchinterval(), signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.setswitchinterval(5)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(before[0])
        signal.signal(signal.SIGINT, before[1])
        gc.collect(0)  # what this story made
        gc.enable()


def played(seed: int) -> Result:
    """The story of one seed, in this process."""
    with in_order():
        return tell(seed)


def run(seeds: Sequence[int], *, to_first: bool = False) -> Campaign:
    """Play seeds on all cores; a broken story is told when it ends.

    The processes are in sessions of their own: Ctrl-C on a terminal does not reach their stories.

    Args:
        seeds: the seeds.
        to_first: whether the first broken story is the last one.
    """
    began, campaign = time.monotonic(), Campaign(len(seeds), to_first)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), os.setsid) as pool:
        collect(pool.imap_unordered(played, seeds), campaign, Progress(len(seeds), "seeds"))
        pool.terminate()
        pool.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    campaign.cpu = used.ru_utime + used.ru_stime
    campaign.seconds = time.monotonic() - began
    return campaign


class Results(Protocol):
    """As `Pool.imap_unordered` gives them."""

    def next(self, timeout: float | None = None) -> Result: ...


def collect(
    results: Results, campaign: Campaign, progress: Progress, out: TextIO = sys.stdout
) -> None:
    """Add up results as they come, until Ctrl-C."""
    try:
        while not campaign.ended:
            with suppress(multiprocessing.TimeoutError):
                result = results.next(timeout=1.0)
                campaign.add(result)
                if result.broken:
                    progress.clear()
                    out.write(f"{result}\n\n")
                    out.flush()
            progress.tell(campaign.seeds, f"{len(campaign.broken)} broken")
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would lose the count
        campaign.interrupted = True
    progress.clear()
