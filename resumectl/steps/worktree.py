"""What the repository wants: the function packaged, the site built. No AWS needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.function.archive import Archive, archive, write
from resumectl.function.handler import check_handler
from resumectl.site.scan import scan
from resumectl.site.source import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from resumectl.settings import Settings
    from resumectl.site.scan import SiteFile
    from resumectl.steps.progress import Steps


def package(settings: Settings, steps: Steps, out: Path) -> Archive:
    """Make the function's zip and write it to `out`.

    Raises:
        BuildError: the handler does not load, or the folder cannot be packaged.
    """
    with steps("Package the function") as tell:
        made = archive(settings.backend.source)
        check_handler(settings.backend.source, settings.backend.handler)
        write(made, out)
        tell(
            f"{len(made.files)} files, {made.size:,} bytes"
            if len(made.files) > 1
            else f"{made.size:,} bytes"
        )
    return made


def site(settings: Settings, steps: Steps, work: Path) -> Mapping[str, SiteFile]:
    """Build the site and look at every file of it.

    Raises:
        BuildError: it cannot be built, or holds something that must not be published.
    """
    with steps("Build the site") as tell:
        work.mkdir(parents=True, exist_ok=True)
        files = scan(
            build(settings.site, root=settings.root, out=work / "site"), settings.site.cache
        )
        tell(f"{len(files)} files, {sum(file.size for file in files.values()):,} bytes")
    return files
