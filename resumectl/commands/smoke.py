"""`smoke`: the live site and counter, proven through the front door."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from resumectl.errors import BuildError, SmokeFailed
from resumectl.smoke.pace import Pace
from resumectl.smoke.suite import run
from resumectl.smoke.target import Target
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from resumectl.infra.state import State
    from resumectl.smoke.check import Check
    from resumectl.steps.context import Context
    from resumectl.steps.progress import Steps


STEP: Final = "Test the live site"


def smoke(ctx: Context, junit: Path | None) -> Outcome:
    """Test the environment's own site against its live release."""
    with ctx.step("Look at what is live"):
        state = ctx.deployed_state()
        released = ctx.ledger.live()
    pages = {key: entry["sha256"] for key, entry in released.site.items()} if released else None
    checks = check(ctx, state, pages, settle=0)
    return _outcome(checks, state.outputs["site_url"], ctx.env.name, junit)


def smoke_url(url: str, steps: Steps, junit: Path | None) -> Outcome:
    """Test the site at an address, whoever deployed it."""
    return _outcome(_run(steps, Target(url), settle=0), url, url, junit)


def check(
    ctx: Context, state: State, pages: Mapping[str, str] | None, settle: float
) -> tuple[Check, ...]:
    """Run the checks against what a state's outputs name.

    Args:
        ctx: the environment.
        state: names the site and its bucket.
        pages: the SHA-256 of each file that should be served.
        settle: seconds that a fresh site may take to come right.
    """
    return _run(
        ctx.steps, Target(state.outputs["site_url"], pages, _bucket_url(ctx, state)), settle
    )


def failure(checks: Sequence[Check]) -> SmokeFailed | None:
    """The error that failed checks amount to."""
    failed = [check for check in checks if not check.ok]
    if not failed:
        return None
    names = ", ".join(check.name for check in failed)
    return SmokeFailed(
        f"{len(failed)} of {len(checks)} checks failed: {names}.", hint=failed[0].detail
    )


class _Failed(Exception):
    """Ends the step as one that failed; the checks themselves say more."""


def _run(steps: Steps, target: Target, settle: float) -> tuple[Check, ...]:
    checks: tuple[Check, ...] = ()
    with suppress(_Failed), steps(STEP) as tell:
        done: list[Check] = []

        def told(check: Check) -> None:
            done.append(check)
            tell(f"{sum(found.ok for found in done)} of {len(done)} checks passed")

        checks = run(target, pace=Pace(settle), on_check=told)
        if failure(checks):
            raise _Failed
    return checks


def _bucket_url(ctx: Context, state: State) -> str:
    bucket = state.outputs["site_bucket"]
    if ctx.cloud.endpoint:
        return f"{ctx.cloud.endpoint}/{bucket}/index.html"
    return f"https://{bucket}.s3.{ctx.cloud.region}.amazonaws.com/index.html"


def _outcome(checks: Sequence[Check], url: str, suite: str, junit: Path | None) -> Outcome:
    if junit:
        _write(junit, checks, suite)
    body = {
        "checks": [check.as_json() for check in checks],
        "urls": {"site": f"{url.rstrip('/')}/"},
    }
    return Outcome(body, failure(checks))


def _write(file: Path, checks: Sequence[Check], suite: str) -> None:
    from resumectl.report.junit import junit

    try:
        file.write_text(junit([check.as_json() for check in checks], suite), encoding="utf-8")
    except OSError as error:
        raise BuildError(
            f"Cannot write {file}: {error.strerror}.", hint="Choose a file you can write."
        ) from error
