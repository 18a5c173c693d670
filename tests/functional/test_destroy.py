"""Deleting an environment from a checkout that cannot be deployed any more."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from resumectl.commands.destroy import destroy
from tests.functional.world import Agreed, World, site

if TYPE_CHECKING:
    from pathlib import Path


def test_neither_the_function_nor_the_site_is_needed(tmp_path: Path) -> None:
    world = World(tmp_path / "project")
    world.deploy()
    (world.root / "lambda_src" / "counter.py").write_text("def handler(:")
    shutil.rmtree(world.root / "frontend")
    shutil.rmtree(world.root / "terraform")
    with world.working() as ctx:
        outcome = destroy(ctx, Agreed())
    assert outcome.error is None
    assert outcome.body["changes"]
    assert site() not in world.aws.buckets
    newest = world.context().releases.ledger.heads().newest
    assert newest
    assert newest.status == "destroyed"
