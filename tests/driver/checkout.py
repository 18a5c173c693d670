"""A machine's own checkout of the project, from which it works on the one fake AWS."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from resumectl.smoke.check import Check
from tests.driver import live
from tests.functional.world import TOML, World

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.smoke.target import Target
    from tests.fakes.aws.world import Aws
    from tests.fakes.machine import Machine

BROKEN = "broken"
"""A page with this word fails the smoke test."""
KEPT = "\n[releases]\nkeep = 2\nkeep_days = 0\n"


class Checkout(World):
    """A project on one machine."""

    @classmethod
    def at(cls, root: Path, aws: Aws, machine: Machine) -> Checkout:
        """The checkout in a folder, which is made if it is missing."""
        made = cls(root, aws)
        made.machine = machine
        return made

    def keep_little(self) -> None:
        """Prune from the third release on."""
        (self.root / "resumectl.toml").write_text(TOML + KEPT)

    def checks(self, target: Target, env: str = "prod") -> tuple[Check, ...]:
        if live.function(self.aws, env) is None:  # somebody destroys it meanwhile
            return (Check("counter", False, "", 0.0),)
        page, *others = super().checks(target, env)
        body = self.objects(env).get("index.html", (b"",))[0]
        return replace(page, ok=page.ok and BROKEN.encode() not in body), *others

    def edit(self, what: str, word: str) -> None:
        """Change one part of the tree, or all of it."""
        frontend, terraform = self.root / "frontend", self.root / "terraform"
        if what == "infra":
            memory = {"a": 128, "b": 256, "c": 512}[word]
            (terraform / "counter.tf").write_text(f"memory_size = {memory}\n")
        elif what == "function":
            code = f"def handler(event, context):\n    return '{word}'\n"
            (self.root / "lambda_src" / "counter.py").write_text(code)
        elif what == "site":
            other = self.root / "other"
            World(other).write(word, memory=128)
            shutil.rmtree(frontend)
            (other / "frontend").rename(frontend)
            shutil.rmtree(other)

    def pull(self, other: Checkout) -> None:
        """Get what another machine has committed."""
        for folder in ("frontend", "lambda_src", "terraform"):
            shutil.rmtree(self.root / folder)
            shutil.copytree(other.root / folder, self.root / folder)
