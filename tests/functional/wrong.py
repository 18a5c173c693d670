"""Wrong input as data: how a project gets it, and what resumectl must say about it."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Prepare = Callable[[Path], object]
    Check = Callable[..., None]

SETTINGS = """\
[project]
name = "resume"
id = "1f2e3d4c"
[env.local]
emulator = true

[env.prod]
region = "eu-west-2"
"""


@dataclass(frozen=True)
class Case:
    """Something wrong.

    Attributes:
        name: what is wrong.
        args: the command.
        says: pieces of what is said.
        prepare: makes it wrong.
        hint: pieces of the hint.
        code: the word for programs.
        environ: variables that are set; `{root}` is the project's folder.
    """

    name: str
    args: tuple[str, ...]
    says: tuple[str, ...]
    prepare: Prepare = lambda _root: None
    hint: tuple[str, ...] = ()
    code: str = "build"
    environ: Mapping[str, str] = field(default_factory=dict)


def cases(listed: list[Case]) -> dict[str, Any]:
    """For `pytest.mark.parametrize`."""
    return {
        "argnames": "case",
        "argvalues": listed,
        "ids": [case.name.replace(" ", "-") for case in listed],
    }


def settings(text: str) -> Prepare:
    """Another resumectl.toml."""
    return put("resumectl.toml", text)


def put(name: str, content: str | bytes, mode: int = 0o644) -> Prepare:
    """A file more."""

    def write(root: Path) -> None:
        path = root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)

    return write


def link(name: str, target: str) -> Prepare:
    """A symbolic link."""
    return lambda root: (root / name).symlink_to(target)


def without(name: str) -> Prepare:
    """A file less."""
    return lambda root: (root / name).unlink()


def emptied(name: str) -> Prepare:
    """A folder with nothing in it."""
    return lambda root: [file.unlink() for file in (root / name).iterdir()]


def all_of(*steps: Prepare) -> Prepare:
    """One after the other."""
    return lambda root: [step(root) for step in steps]


def tree(root: Path) -> dict[str, tuple[int, object]]:
    """Every file of a project with its mode and content, without what resumectl makes."""

    def content(path: Path) -> object:
        if path.is_symlink():
            return path.readlink()
        return path.read_bytes() if path.is_file() else None

    files = (path for path in root.rglob("*") if ".resumectl" not in path.parts)
    return {str(path): (stat.S_IMODE(path.lstat().st_mode), content(path)) for path in files}
