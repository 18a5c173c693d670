"""Looking before doing: worktree and live, side by side, and the plan between them.

Terraform runs in the caller's thread, so that Ctrl-C reaches it; everything else runs beside it. The first failure
stops the rest.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from resumectl.function import deployed as function
from resumectl.infra import part as infra
from resumectl.infra.part import Planned
from resumectl.infra.runner import Watch
from resumectl.plan import PARTS, Plan, diff
from resumectl.site import part as site
from resumectl.steps import takeover, worktree
from resumectl.steps.live import Live, look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.function.archive import Archive
    from resumectl.infra.part import Infra
    from resumectl.infra.stream import Event
    from resumectl.plan import Change, PartName
    from resumectl.site.scan import SiteFile
    from resumectl.steps.context import Context

T = TypeVar("T")
_NOTHING = Planned(changed=False)


@dataclass(frozen=True)
class Survey:
    """Everything a deploy needs to know.

    Attributes:
        parts: the parts that were looked at.
        planned: Terraform's saved plan.
        terraform: what can apply it; None when the infrastructure was not looked at.
        archive: the function's zip; None when the function was not looked at.
        files: the built site.
    """

    parts: tuple[PartName, ...]
    live: Live
    planned: Planned = _NOTHING
    terraform: Infra | None = None
    archive: Archive | None = None
    files: Mapping[str, SiteFile] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """What would have to be done, in all parts."""
        changes = (
            diff("infra", self.planned.live, self.planned.wanted) if "infra" in self.parts else ()
        )
        if self.archive and "function" in self.parts:
            changes += self._function(self.archive)
        if "site" in self.parts:
            changes += diff("site", site.live(self.live.objects), site.worktree(self.files))
        return Plan(changes)

    def _function(self, archive: Archive) -> tuple[Change, ...]:
        """Its settings are open while Terraform is about to change them; `$LATEST` matters only by itself."""
        changing = any(
            address.startswith("aws_lambda_function.") for address in self.planned.wanted
        )
        wanted = function.worktree(archive, None if changing else self.live.function.latest)
        changes = diff("function", self.live.function.snapshot, wanted)
        return tuple(change for change in changes if change.key == "live") or changes


def survey(ctx: Context, only: Sequence[PartName] = ()) -> Survey:
    """Compare the worktree with what is live.

    Args:
        ctx: the environment.
        only: the parts to look at; empty means all.

    Raises:
        ResumectlError: the worktree cannot be built, or AWS or Terraform cannot be asked.
    """
    parts = tuple(part for part in PARTS if not only or part in only)
    if "infra" not in parts:
        ctx.deployed_state()
    with _Beside() as beside:
        # Terraform creates the function from the zip, so it is needed for both parts.
        needed = {"infra", "function"} & set(parts)
        zipped = (
            beside(lambda: worktree.package(ctx.settings, ctx.steps, infra.package(ctx.work)))
            if needed
            else None
        )
        built = (
            beside(lambda: worktree.site(ctx.settings, ctx.steps, ctx.work))
            if "site" in parts
            else None
        )
        live = beside(lambda: _look(ctx))
        terraform, planned = (
            beside.terraform(lambda watch: _plan(ctx, watch))
            if "infra" in parts
            else (None, _NOTHING)
        )
        archive = zipped.result() if zipped else None
        return Survey(
            parts, live.result(), planned, terraform, archive, built.result() if built else {}
        )


def _look(ctx: Context) -> Live:
    with ctx.step("Look at what is live"):
        return look(ctx)


def _plan(ctx: Context, watch: Watch) -> tuple[Infra, Planned]:
    with ctx.step("Plan the infrastructure") as tell:
        return takeover.plan(ctx, ctx.module, lambda: Watch(_Counter(tell).event, watch.abandon))


class _Counter:
    """Tells how far Terraform's plan is."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._count = {"refreshed": 0, "planned": 0}

    def event(self, event: Event) -> None:
        if event.progress in self._count:
            self._count[event.progress] += 1
            refreshed, planned = self._count.values()
            self._tell(f"{planned} to change" if planned else f"{refreshed} looked at")


class _Beside:
    """Work beside Terraform: when one of them fails, Terraform is asked to stop, and that failure is the one raised."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(3, thread_name_prefix="survey")
        self._watch = Watch()
        self._futures: list[Future[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __call__(self, work: Callable[[], T]) -> Future[T]:
        future = self._pool.submit(work)
        future.add_done_callback(
            lambda done: self._watch.abandon.set() if done.exception() else None
        )
        self._futures.append(future)
        return future

    def terraform(self, plan: Callable[[Watch], T]) -> T:
        try:
            return plan(self._watch)
        except Exception:
            for future in self._futures:
                if future.done():
                    future.result()
            raise
