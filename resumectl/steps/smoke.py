"""The smoke test as a step: the live site and counter, proven through the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resumectl.errors import SmokeFailed, Unseen
from resumectl.progress import Step
from resumectl.smoke.pace import Pace
from resumectl.smoke.suite import run
from resumectl.smoke.target import Target
from resumectl.smoke.verdict import failure

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.progress import Steps
    from resumectl.smoke.check import Check

SMOKE: Final = Step("smoke", "Run the smoke test")


@dataclass(frozen=True)
class SmokeTest:
    """Runs smoke tests.

    Attributes:
        object_url: the direct URL of an object in the site's bucket, which must refuse visitors.
        new: seconds that a site whose infrastructure is new may take to come right.
        changed: the same for a site whose content changed.
        run: runs the checks of a target.
    """

    steps: Steps
    object_url: Callable[[str], str] = lambda bucket: (
        f"https://{bucket}.s3.amazonaws.com/index.html"
    )
    new: float = 600.0
    changed: float = 20.0
    run: Callable[..., tuple[Check, ...]] = run

    def of(
        self, outputs: Outputs, pages: Mapping[str, str] | None, settle: float = 0.0
    ) -> tuple[Check, ...]:
        """Test what a deployment's outputs name.

        Args:
            outputs: name the site and its bucket.
            pages: the SHA-256 of each file that should be served, by key.
            settle: seconds that the site may take to come right.
        """
        bucket_url = self.object_url(outputs["site_bucket"])
        return self.target(Target(outputs["site_url"], pages, bucket_url), settle)

    def target(self, target: Target, settle: float = 0.0) -> tuple[Check, ...]:
        """Test any site at a URL."""
        checks: tuple[Check, ...] = ()
        with (
            suppress(SmokeFailed, Unseen),
            self.steps(SMOKE) as tell,
        ):  # the checks say how it ended
            done: list[Check] = []

            def on_check(check: Check) -> None:
                done.append(check)
                tell(f"{sum(each.ok for each in done)} of {len(done)} checks passed")

            checks = self.run(target, pace=Pace(settle), on_check=on_check)
            error = failure(checks)
            if error:
                raise error
        return checks
