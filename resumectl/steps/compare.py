"""Comparing before doing: what the repository wants and what is live, side by side, once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from resumectl import aws
from resumectl.part import Comparison
from resumectl.plan import Plan
from resumectl.steps.look import Scene, not_deployed, start
from resumectl.steps.together import Together

if TYPE_CHECKING:
    from resumectl.part import AnyPart
    from resumectl.release.record import Release
    from resumectl.steps.context import Context
    from resumectl.steps.look import Looking

AnyComparison = Comparison[Any, Any]


@dataclass(frozen=True)
class Survey:
    """What was read, and what each part has to do, in the order of the parts."""

    scene: Scene
    comparisons: tuple[AnyComparison, ...]

    @property
    def plan(self) -> Plan:
        """Everything that would be done."""
        return plan_of(self.comparisons)

    @property
    def imports(self) -> int:
        """How many existing resources Terraform's state would learn of."""
        return sum(comparison.imports for comparison in self.comparisons)


def plan_of(comparisons: Iterable[AnyComparison]) -> Plan:
    """Everything that the comparisons would do."""
    return Plan(tuple(change for comparison in comparisons for change in comparison.changes))


def survey(ctx: Context, only: Sequence[str] = ()) -> Survey:
    """Compare the worktree with what is live.

    Args:
        ctx: the environment.
        only: the names of the parts that were chosen; empty means all.

    Raises:
        ResumectlError: the worktree cannot be built, or AWS or Terraform cannot be asked.
    """
    with Together(3 * len(ctx.parts) + 2) as together:
        looking = start(ctx, together)
        comparisons: list[Future[AnyComparison]] = []
        for part in ctx.parts:
            chosen = not only or part.name in only
            worktree = together(part.worktree) if chosen else None
            compare = partial(_compare, part, worktree, looking, tuple(comparisons), together.stop)
            comparisons.append(together(compare))
        together.wait()
        scene = looking.scene.result()
        names = only or [part.name for part in ctx.parts]
        if not scene.outputs and all(p.rolls_back for p in ctx.parts if p.name in names):
            raise not_deployed(ctx.env.name)
        return Survey(scene, tuple(future.result() for future in comparisons))


def to_release(ctx: Context, scene: Scene, release: Release) -> tuple[AnyComparison, ...]:
    """What it takes to serve a release again, in the parts that can."""
    return tuple(_to_release(part, scene.lives[part.name], release) for part in ctx.parts)


def check(ctx: Context, scene: Scene, comparisons: Sequence[AnyComparison]) -> None:
    """Make sure that everything needed still exists, before anything is changed.

    Raises:
        ResumectlError: it does not.
    """
    with aws.translated("checking what is needed"):
        for part, comparison in zip(ctx.parts, comparisons, strict=True):
            part.check(comparison, scene.outputs)


def is_recorded(ctx: Context, scene: Scene, comparisons: Sequence[AnyComparison]) -> bool:
    """Whether the newest record says exactly what is live; if not, a command was interrupted."""
    heads, parts = scene.heads, zip(ctx.parts, comparisons, strict=True)
    return all(part.is_recorded(comparison, heads) for part, comparison in parts)


def _to_release(part: AnyPart, live: Any, release: Release) -> AnyComparison:
    if not part.rolls_back:
        return Comparison(part.name, live, None)
    return part.compare(live, part.released(release), (), threading.Event())


def _compare(
    part: AnyPart,
    worktree: Future[Any] | None,
    looking: Looking,
    earlier: Sequence[Future[AnyComparison]],
    stop: threading.Event,
) -> AnyComparison:
    """The comparison of one part, as soon as what it needs is known."""
    wanted = worktree.result() if worktree else None
    live = looking.lives[part.name].result()
    changes = tuple(change for other in earlier for change in other.result().changes)
    return part.compare(live, wanted, changes, stop)
