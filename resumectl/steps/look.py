"""Reading what is live, side by side: Terraform's state, the ledger's heads, and each part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.errors import CloudError, Refused, ResumectlError
from resumectl.progress import Step
from resumectl.release.ledger import Heads
from resumectl.steps.together import Together

if TYPE_CHECKING:
    from resumectl.part import AnyPart, Outputs
    from resumectl.steps.context import Context

RELEASES: Final = "releases"
LOOK: Final = Step("look", "Read what is live")
_RELEASE: Final = Step("find-release", "Look for a release")


@dataclass(frozen=True)
class Scene:
    """What was read.

    Attributes:
        lives: the live side of each part, by its name.
        outputs: what the parts say of themselves; empty if the environment is not deployed.
        unread: why something could not be read, by the name of its part or `releases`.
    """

    heads: Heads = field(default_factory=Heads)
    lives: Mapping[str, Any] = field(default_factory=dict)
    outputs: Outputs = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looking:
    """A scene that is being read."""

    heads: Future[Heads]
    lives: Mapping[str, Future[Any]]
    scene: Future[Scene]


def look(ctx: Context) -> Scene:
    """Read it all."""
    with Together(len(ctx.parts) + 2) as together:
        looking = start(ctx, together)
        together.wait()
        return looking.scene.result()


def look_around(ctx: Context) -> Scene:
    """Read what can be read, and say why the rest could not.

    Raises:
        ResumectlError: nothing can be read, such as without credentials.
    """
    with Together(len(ctx.parts) + 1) as together:
        heads, lives = _begin(ctx, together)
        with suppress(ResumectlError):
            together.wait()
    futures = {RELEASES: heads, **lives}
    errors = {name: error for name, future in futures.items() if (error := future.exception())}
    for error in errors.values():
        if not may_be_missing(error):
            raise error
    read = [(part, lives[part.name]) for part in ctx.parts if part.name not in errors]
    return Scene(
        Heads() if RELEASES in errors else heads.result(),
        {part.name: future.result() for part, future in read},
        _outputs(read),
        {name: str(error).replace("\n", " ") for name, error in errors.items()},
    )


def may_be_missing(error: BaseException) -> bool:
    """Whether a look can go on without what failed: AWS answered, but not with that."""
    return isinstance(error, CloudError) and error.code.startswith(("access-denied", "aws."))


def look_deployed(ctx: Context) -> Scene:
    """Read an environment that must have been deployed.

    Raises:
        Refused: it was not.
    """
    scene = look(ctx)
    if not scene.outputs:
        raise not_deployed(ctx.env.name)
    return scene


def start(ctx: Context, together: Together) -> Looking:
    """Begin to read it all. A part is read as soon as the parts before it are."""
    heads, lives = _begin(ctx, together)
    return Looking(heads, lives, together(lambda: _scene(ctx, heads, lives)))


def _begin(ctx: Context, together: Together) -> tuple[Future[Heads], dict[str, Future[Any]]]:
    heads = together(_reading(ctx.releases.ledger.heads))
    lives: dict[str, Future[Any]] = {}
    for number, part in enumerate(ctx.parts):
        earlier = [(other, lives[other.name]) for other in ctx.parts[:number]]
        lives[part.name] = together(_reading(partial(_live, part, earlier, heads)))
    return heads, lives


def require_release(ctx: Context) -> None:
    """Make sure that there is something to work on, even if Terraform's state is lost or corrupt.

    Raises:
        Refused: the environment was never deployed.
    """
    with ctx.steps(_RELEASE):
        if not ctx.releases.ledger.numbers():
            raise not_deployed(ctx.env.name)


def not_deployed(env: str) -> Refused:
    """The error of a command that needs a deployed environment."""
    hint = f"resumectl deploy --env {env}"
    return Refused(f"Environment {env} is not deployed yet.", hint=hint)


def _live(
    part: AnyPart, earlier: Sequence[tuple[AnyPart, Future[Any]]], heads: Future[Heads]
) -> Any:
    return part.live(_outputs(earlier), heads.result().released)


def _scene(ctx: Context, heads: Future[Heads], lives: Mapping[str, Future[Any]]) -> Scene:
    with ctx.steps(LOOK):
        parts = [(part, lives[part.name]) for part in ctx.parts]
        live = {name: future.result() for name, future in lives.items()}
        return Scene(heads.result(), live, _outputs(parts))


def _outputs(parts: Sequence[tuple[AnyPart, Future[Any]]]) -> Outputs:
    outputs: dict[str, Any] = {}
    for part, live in parts:
        outputs.update(part.outputs(live.result()))
    return outputs


def _reading(read: Callable[[], Any]) -> Callable[[], Any]:
    def reading() -> Any:
        with aws.translated("reading what is live"):
            return read()

    return reading
