"""Stream a file to S3, and refuse it if it changed since it was scanned."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO, Self

from resumectl.site.scan import changed

if TYPE_CHECKING:
    from resumectl.errors import BuildError
    from resumectl.site.copies import Reader
    from resumectl.site.scan import SiteFile


class Body:
    """The body of one upload, as botocore wants it: it seeks to measure, to sign and to retry.

    The last chunk is only returned if the digest of the whole file is right, so S3 never receives a
    complete body with other bytes than the plan showed.
    """

    def __init__(self, file: SiteFile) -> None:
        self.problem: BuildError | None = None
        self._stream: BinaryIO | Reader
        self._file = file
        self._position = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        self._stream = self._file.copy.open() if self._file.copy else self._opened()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, amount: int | None = -1) -> bytes:
        """The next chunk."""
        left = self._file.size - self._position
        data = self._stream.read(left if amount is None or amount < 0 else min(amount, left))
        self._position += len(data)
        self._digest.update(data)
        truncated = not data and left and amount
        finished = data and self._position == self._file.size
        if truncated or (finished and self._digest.hexdigest() != self._file.sha256):
            raise self._changed()
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to the start or the end. Fails if the file has changed: a retry is pointless."""
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
        """The current position in bytes."""
        return self._position

    def _opened(self) -> BinaryIO:
        try:
            stream = self._file.path.open("rb")
        except OSError:
            raise self._changed() from None
        if os.fstat(stream.fileno()).st_size != self._file.size:
            stream.close()
            raise self._changed()
        return stream

    def _changed(self) -> BuildError:
        self.problem = changed(self._file.path)
        return self.problem
