"""The site as the repository builds it, in files that no other command writes.

A build command writes to one folder of the checkout, for whichever command and environment it runs.
So one command at a time builds and reads that folder, and takes a copy of what it read: what was
compared is what is uploaded, although another command builds again meanwhile.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resumectl import filelock, files
from resumectl.site.copies import Copies
from resumectl.site.scan import Exclusion, SiteFile, scan
from resumectl.site.source import build

if TYPE_CHECKING:
    from resumectl.progress import Tell
    from resumectl.settings import SiteSettings


@dataclass(frozen=True)
class BuiltSite:
    """Its files, by key. What was built for it is deleted together with this object."""

    objects: Mapping[str, SiteFile]


@dataclass(frozen=True)
class Builder:
    """Builds the site of a checkout.

    Attributes:
        root: the project's folder.
        run: the folder of this process.
        lock: held while the build command runs and its output is read.
    """

    settings: SiteSettings
    root: Path
    run: Path
    lock: Path

    def build(self, tell: Tell) -> BuiltSite:
        """Build, read and check it.

        Raises:
            BuildError: it cannot be built, or a file must not or cannot be published.
        """
        try:
            self.run.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="site-", dir=self.run))
        except OSError as error:
            raise files.unwritable(self.run, error) from error
        try:
            built = BuiltSite(self._built(folder, tell))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(built, shutil.rmtree, folder, ignore_errors=True)
        return built

    def _built(self, folder: Path, tell: Tell) -> dict[str, SiteFile]:
        exclusion = Exclusion()
        copies = Copies(folder) if self.settings.build else None
        with self._alone(tell):
            source = build(
                self.settings, root=self.root, out=folder / "resume", exclusion=exclusion
            )
            objects = scan(source, self.settings.cache, exclusion, copies)
        size = f"{len(objects)} files, {sum(file.size for file in objects.values()):,} bytes"
        tell("; ".join(filter(None, [size, str(exclusion)])))
        return objects

    def _alone(self, tell: Tell) -> AbstractContextManager[None]:
        if not self.settings.build:
            return nullcontext()
        return filelock.exclusive(
            self.lock, lambda: tell("waiting for another command that builds the site")
        )
