"""Whether Terraform was asked to stop: by Ctrl-C, or because nobody needs its result any more."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from resumectl.errors import TerraformError
from resumectl.infra.interrupt import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resumectl.infra.runner import Watch


class Asked:
    """Tells a Terraform whether it was asked to stop.

    Args:
        watch: of whoever runs it.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch, self._signals = watch, 0
        self._stop = Stop(self._signalled, lambda _: None)

    def __call__(self) -> bool:
        self._stop.look(abandoned=self._watch.abandon.is_set())
        return self._signals > 0

    @contextmanager
    def instead_of_ctrl_c(self) -> Iterator[None]:
        """Terraform ends in order; only then Ctrl-C is one. As `Runner` does it."""
        try:
            with self._stop.on_signals():
                yield
        except TerraformError:
            if not self._stop.interrupts:
                raise
        if self._stop.interrupts:
            raise KeyboardInterrupt

    def _signalled(self, _: int) -> None:
        self._signals += 1
