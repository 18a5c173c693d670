"""Files on this machine: walking a folder, and replacing a file atomically."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from resumectl.errors import BuildError

if TYPE_CHECKING:
    Rule = Callable[[str], bool]


_OWNERS: Final = 0o700


class File(NamedTuple):
    """One file of a folder: its name is relative to the folder, with slashes.

    In its path, the folder is resolved, but links inside the folder are not.
    """

    name: str
    path: Path


def walk(folder: Path, is_excluded: Rule) -> Iterator[File]:
    """Every file below an existing folder, in the same order on every machine.

    Links are followed if their target is in the same folder and not excluded. Files and folders
    with an excluded name are skipped.

    Raises:
        BuildError: something is unreadable, neither file nor folder, or a link that must not be
            followed: broken, out of the folder, to something excluded, or to a folder around it.
    """
    root = folder.resolve()
    return _below(root, "", (root,), is_excluded)


def unreadable(path: Path | str, error: OSError) -> BuildError:
    """The error for a file or folder that cannot be read."""
    return BuildError(
        f"Cannot read {path}: {error.strerror}.", hint="Make it readable, or remove it."
    )


def unwritable(path: Path | str, error: OSError) -> BuildError:
    """The error for a file or folder that cannot be written."""
    return BuildError(
        f"Cannot write {path}: {error.strerror}.",
        hint="Check its permissions and the free disk space.",
    )


def _below(
    folder: Path, prefix: str, parents: tuple[Path, ...], is_excluded: Rule
) -> Iterator[File]:
    """`parents` are the real paths of the folder and of those around it, from the root down."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(folder, error) from error
    for entry in entries:
        if is_excluded(entry.name):
            continue
        path, name = Path(entry.path), prefix + entry.name
        real = parents[-1] / entry.name
        if entry.is_symlink():
            real = _target(path, parents, is_excluded)
        if entry.is_dir():
            yield from _below(path, f"{name}/", (*parents, real), is_excluded)
        elif entry.is_file():
            yield File(name, path)
        else:
            raise BuildError(f"{path} is neither a file nor a folder.", hint="Remove it.")


def _target(link: Path, parents: tuple[Path, ...], is_excluded: Rule) -> Path:
    """The target of a link that may be followed."""
    root = parents[0]
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that form a loop
        raise BuildError(
            f"{link} is a broken link.", hint="Remove it, or restore its target."
        ) from error
    if not target.is_relative_to(root):
        raise BuildError(
            f"{link} is a link to {target}, outside {root}.",
            hint="Replace the link with a copy if the file belongs here.",
        )
    if any(is_excluded(part) for part in target.relative_to(root).parts):
        raise BuildError(
            f"{link} is a link to {target}, which is excluded.", hint="Remove the link."
        )
    if any(parent.is_relative_to(target) for parent in parents):
        raise BuildError(f"{link} is a link to a folder that contains it.", hint="Remove the link.")
    return target


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter; returns it.

    One that cannot be made or changed is left to whoever writes into it, and says why.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != _OWNERS:
            folder.chmod(_OWNERS)
    return folder


def replace(path: Path, data: bytes | str, mode: int = 0o644) -> None:
    """Write a file atomically: readers see the old content or the new, never half of it.

    Missing folders are created. If writing fails, the old content is untouched.

    Raises:
        OSError: the file cannot be written.
    """
    content = data.encode() if isinstance(data, str) else data
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the PID: threads share it, and containers on one checkout may have the same.
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
        draft.chmod(mode)
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk has none, and nobody knows the draft
        raise


def private(path: Path) -> BinaryIO:
    """Open a file to write it anew; only its owner can read it, also if it was there before.

    Raises:
        OSError: the file cannot be written.
    """
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    path.chmod(0o600)
    return file
