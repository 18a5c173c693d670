"""A mutant: one wrong line, which some test must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path("resumectl")


@dataclass(frozen=True)
class Mutant:
    """A change of one file that makes it wrong.

    Attributes:
        file: below `resumectl/`.
        old: a text that occurs once in it.
        new: what replaces it.
        tests: more test files, from the top of the repository, than the one of the file's name.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """One line."""
        return f"{self.file}: {' '.join(self.old.split())[:60]}"

    @property
    def nearest(self) -> tuple[str, ...]:
        """The test files to run first."""
        path = Path(self.file)
        name = path.parent.name if path.stem == "__init__" else path.stem
        folder = path.parent.parent if path.stem == "__init__" else path.parent
        return (str(Path("tests/unit") / folder / f"test_{name}.py"), *self.tests)

    def check(self, root: Path) -> None:
        """Make sure that it can be tried: a test file that is missing would let it live.

        Raises:
            LookupError: the old text does not occur exactly once, or a test file is missing.
        """
        self.text(root)
        if missing := [name for name in self.tests if not (root / name).is_file()]:
            raise LookupError(f"no {', '.join(missing)}: {self.name}")

    def text(self, root: Path) -> str:
        """The file with the mutation.

        Raises:
            LookupError: the old text does not occur exactly once.
        """
        source = (root / PACKAGE / self.file).read_text()
        if source.count(self.old) != 1:
            raise LookupError(f"occurs {source.count(self.old)} times: {self.name}")
        return source.replace(self.old, self.new)
