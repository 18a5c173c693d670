"""A project on the disk and its AWS in memory, worked on by one process after the other; some of them are killed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from resumectl.steps.progress import Silent, Steps

from resumectl import settings
from resumectl.commands import deploy, rollback
from resumectl.smoke.check import Check
from resumectl.steps.context import Context
from tests.functional.fuse import Fuse
from tests.functional.remembered import Account, FakeCloud
from tests.functional.terraforming import FakeTerraform

if TYPE_CHECKING:
    from pathlib import Path

TOML = '[project]\nname = "resume"\n\n[env.prod]\nregion = "eu-west-2"\n'
PAGE = '<!doctype html><html lang="en"><title>{0}</title><script src="/assets/{0}.js"></script>'


class DoomedContext(Context):
    """A process's context: its Terraform is the fake one."""

    def infra_of(self, of: Any) -> Any:
        return FakeTerraform(self, of)


class World:
    """A project on the disk, its account, and one process after the other that works on it."""

    def __init__(self, root: Path) -> None:
        self.root, self.account, self.notes = root, Account(), []
        (root / "terraform").mkdir(parents=True)
        (root / "lambda_src").mkdir()
        (root / settings.FILE).write_text(TOML)
        self.write("first", memory=128)
        self.settings = settings.load(root)

    def write(self, word: str, memory: int) -> None:
        """Another site, another function, another setting."""
        site = self.root / "frontend"
        (site / "assets").mkdir(parents=True, exist_ok=True)
        for old in (site / "assets").iterdir():
            old.unlink()
        (site / "assets" / f"{word}.js").write_text(f"'{word}'")
        for page in ("index.html", "about.html", "404.html"):
            (site / page).write_text(PAGE.format(word))
        (self.root / "lambda_src" / "counter.py").write_text(
            f"def handler(event, context):\n    return '{word}'\n"
        )
        (self.root / "terraform" / "counter.tf").write_text(f"memory_size = {memory}\n")

    def context(self, fuse: Fuse | None = None) -> DoomedContext:
        cloud = FakeCloud(self.settings.environment("prod"), self.account, fuse or Fuse())
        progress = Silent()
        progress.note = self.notes.append
        return DoomedContext(self.settings, cloud, {}, Steps(progress), lambda: datetime.now(UTC))

    def deploy(self, fuse: Fuse | None = None) -> Any:
        return deploy.deploy(self.context(fuse), deploy.Options(), lambda plan: None)

    def rollback(self, fuse: Fuse | None = None) -> Any:
        return rollback.rollback(self.context(fuse), rollback.Options(), lambda plan: None)

    def fix(self) -> Any:
        return revert.fix(self.context(), lambda plan: None, force=False)

    def check(self, target: Any, **given: Any) -> tuple[Check, ...]:
        """The front door: every page is what it should be and finds its assets, and the counter answers."""
        served = {key: body for key, (body, _, _) in self.account.objects().items()}
        whole = target.pages.keys() == served.keys() and not self.half_pages()
        return (
            Check("page", whole, "", 0.0),
            Check("counter", self.account.functions.alias is not None, "", 0.0),
        )

    def half_pages(self) -> list[str]:
        """Pages that are served without what they need."""
        served = {key: body.decode() for key, (body, _, _) in self.account.objects().items()}
        needs = {
            key: re.findall(r'src="/(.*?)"', text)
            for key, text in served.items()
            if key.endswith(".html")
        }
        return [key for key, assets in needs.items() if not set(assets) <= served.keys()]
