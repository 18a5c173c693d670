"""Copies of many files in one file without a name: it ends with the last object that needs it.

To create 1,000 files takes up to 0.7 s, to write as many bytes to one takes 10 ms. A hard link to
each would take no longer, but a build that overwrites a file in place would change that, too.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

from resumectl import files


class Copies:
    """The file of all copies; its methods may be called from several threads.

    Args:
        folder: where there is room for it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            descriptor, name = tempfile.mkstemp(dir=folder)
            Path(name).unlink()
        except OSError as error:
            raise files.unwritable(folder, error) from error
        self._descriptor = descriptor
        self._end = 0
        self._turn = threading.Lock()
        weakref.finalize(self, os.close, descriptor)

    def reserve(self, size: int) -> Copy:
        """Room for the copy of one file."""
        with self._turn:
            offset, self._end = self._end, self._end + size
        return Copy(self, offset, size)

    def write(self, data: bytes, position: int) -> None:
        """Write at a position.

        Raises:
            BuildError: it cannot be written.
        """
        try:
            while data:
                written = os.pwrite(self._descriptor, data, position)
                data, position = data[written:], position + written
        except OSError as error:
            raise files.unwritable(self._folder, error) from error

    def read(self, amount: int, position: int) -> bytes:
        """Up to so many bytes from a position."""
        return os.pread(self._descriptor, amount, position)


@dataclass(frozen=True, eq=False)
class Copy:
    """The copy of one file."""

    copies: Copies
    offset: int
    size: int

    def write(self, data: bytes, position: int) -> bool:
        """Write a piece of it; returns whether there was room: the file may have grown."""
        if position + len(data) > self.size:
            return False
        self.copies.write(data, self.offset + position)
        return True

    def open(self) -> Reader:
        """To read it from its start."""
        return Reader(self)


class Reader:
    """Reads one copy, like a binary file."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._position = 0

    def read(self, amount: int) -> bytes:
        """The next bytes, at most so many."""
        copy = self._copy
        left = min(amount, copy.size - self._position)
        data = copy.copies.read(left, copy.offset + self._position)
        self._position += len(data)
        return data

    def seek(self, position: int) -> int:
        """Go on reading from a position."""
        self._position = position
        return position

    def close(self) -> None:
        """There is nothing to close: the copy stays."""
