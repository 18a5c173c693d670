"""A file on its way to S3: streamed from disk, and refused when it is no longer the file that was scanned."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Self

from resumectl.errors import BuildError

if TYPE_CHECKING:
    from types import TracebackType

    from resumectl.site.scan import SiteFile


class Body:
    """Reads one scanned file for botocore, which also seeks: to measure, to sign, to try again.

    The last piece is only handed out when the digest of all of it is right, so that S3 never gets a complete body with
    other bytes than the plan showed.
    """

    def __init__(self, file: SiteFile) -> None:
        self.problem: BuildError | None = None
        self._file = file
        self._position = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        try:
            self._stream = self._file.path.open("rb")
        except OSError:
            raise self._changed() from None
        if os.fstat(self._stream.fileno()).st_size != self._file.size:
            self._stream.close()
            raise self._changed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def read(self, amount: int | None = -1) -> bytes:
        """The next piece."""
        left = self._file.size - self._position
        data = self._stream.read(left if amount is None or amount < 0 else min(amount, left))
        self._position += len(data)
        self._digest.update(data)
        short = not data and left and amount
        finished = data and self._position == self._file.size
        if short or (finished and self._digest.hexdigest() != self._file.sha256):
            raise self._changed()
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to the start or to the end; after a problem there is no use in trying again."""
        if self.problem:
            raise self.problem
        self._position = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._position,
            os.SEEK_END: self._file.size,
        }[whence] + offset
        if self._position == 0:
            self._digest = hashlib.sha256()
        return self._stream.seek(self._position)

    def tell(self) -> int:
        """How far it was read."""
        return self._position

    def _changed(self) -> BuildError:
        self.problem = BuildError(
            f"{self._file.path} changed while the site was being deployed.",
            hint="Stop what writes there (a build in watch mode?) and run the same command again: it continues.",
            code="changed",
        )
        return self.problem
