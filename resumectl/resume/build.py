"""The site's folder, made ready: what `build` returns is what gets published.

Three kinds of site: one that a command of the user's builds (Hugo, Eleventy, ...), a resume (resume.json and
templates), and a plain folder, published as it is. A resume is built like this:

    find the files -> read resume.json -> fingerprint the assets -> render the pages -> copy the rest -> swap
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resumectl.errors import BuildError
from resumectl.resume.document import RESUME, load
from resumectl.resume import assets, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from resumectl.settings import SiteSettings

_TAIL: Final = 20
_PUBLIC: Final = ".well-known"
_NOT_FOUND_BY_SHELL: Final = 127


def build(site: SiteSettings, *, root: Path, out: Path) -> Path:
    """Make the site, and return the folder that holds it.

    Args:
        site: where the site comes from.
        root: the project's folder; the user's build command runs there.
        out: where a resume is built. It is replaced as a whole, and left alone when anything fails.

    Raises:
        BuildError: there is nothing to publish, or it cannot be made.
    """
    try:
        if site.build and site.output:
            _run(site.build, root)
            return _filled(
                site.output,
                "The build command put nothing there: does site.output name where it writes?",
            )
        if site.source is None:
            raise BuildError(
                "The site has no source.", hint="Set site.source, or site.build and site.output."
            )
        source = _filled(
            site.source, "Put the site there, or name its folder as site.source in resumectl.toml."
        )
        return _built(source, out) if _is_resume(source) else source
    except OSError as error:
        name = error.filename or out
        raise BuildError(
            f"{name}: {error.strerror}.", hint="Look at its permissions and at the disk."
        ) from error


def _run(command: str, root: Path) -> None:
    """Run the user's own command line, in a shell as they would; what it prints is shown when it fails."""
    done = subprocess.run(  # noqa: S602 - people write shell here: `hugo --minify && ...`
        command,
        shell=True,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = "".join(f"\n  {line}" for line in done.stdout.splitlines()[-_TAIL:])
        missing = done.returncode == _NOT_FOUND_BY_SHELL
        raise BuildError(
            f"The build command failed with exit code {done.returncode}: {command}{said}",
            hint="Is the program installed, and on PATH?"
            if missing
            else f"Run it yourself in {root}.",
        )


def _filled(folder: Path, hint: str) -> Path:
    """The folder, if it holds at least one file that could be published."""
    if not folder.is_dir():
        state = "is not a folder" if folder.exists() else "does not exist"
        raise BuildError(f"The site's folder {folder} {state}.", hint=hint)
    if not any(True for _ in _visible(folder)):
        raise BuildError(f"The site's folder {folder} is empty.", hint=hint)
    return folder


def _visible(folder: Path) -> Iterator[Path]:
    """Every file that is not hidden, at any depth, in a fixed order; a link to a folder is not followed."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith(".") and entry.name != _PUBLIC:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _visible(Path(entry.path))
        else:
            yield Path(entry.path)


def _is_resume(source: Path) -> bool:
    templates = sorted(path.name for path in source.glob(f"*.html{pages.SUFFIX}"))
    if templates and not (source / RESUME).is_file():
        raise BuildError(
            f"{templates[0]} is a template, but there is no {RESUME} beside it in {source}.",
            hint=f"Add a {RESUME} (a JSON Resume), or publish finished pages only.",
        )
    return bool(templates)


def _built(source: Path, out: Path) -> Path:
    """Build beside `out` and swap: whatever interrupts it, `out` is never half a site."""
    if source.resolve().is_relative_to(out.resolve()):
        raise BuildError(
            f"The site cannot be built into {out}: its source is in there.", hint="Move the source."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as workspace:
        fresh, old = Path(workspace, "new"), Path(workspace, "old")
        _compose(source.resolve(), fresh)
        _swap(fresh, out, old)
    return out


def _compose(source: Path, fresh: Path) -> None:
    files = _files(source)
    plain = {
        name: path
        for name, path in files.items()
        if name != RESUME and not name.endswith(pages.SUFFIX)
    }
    hashed = assets.fingerprint(
        {name: plain[name].read_bytes() for name in plain if assets.is_fingerprinted(name)}
    )
    published = {name: hashed[name][0] if name in hashed else name for name in plain}
    made = pages.render(source, files, resume=load(source / RESUME), published=published)
    copied = {name: path for name, path in plain.items() if name not in hashed}
    _check(made, copied, hashed)
    for name, content in (*made.items(), *hashed.values()):
        _ready(fresh / name).write_bytes(content)
    for name, path in copied.items():
        shutil.copyfile(path, _ready(fresh / name))


def _files(source: Path) -> dict[str, Path]:
    """The files of a site by name. A link must lead to one of them: it publishes nothing that would not be anyway."""
    found = {path.relative_to(source).as_posix(): path for path in _visible(source)}
    real = {path for path in found.values() if not path.is_symlink()}
    for name, path in found.items():
        target = Path(os.path.realpath(path))
        if target not in real:
            raise BuildError(
                f"{name} is a link to {target}, which is no file of the site.",
                hint="Put a copy of the file there.",
            )
        if not target.is_file():
            raise BuildError(
                f"{name} is not a regular file.", hint="Remove it from the site's folder."
            )
    return found


def _check(made: Mapping[str, bytes], copied: Mapping[str, Path], hashed: Iterable[str]) -> None:
    """Refuse what would be published wrongly: two files of one name, a page that loads an asset by its old name."""
    for name in sorted(made.keys() & copied.keys()):
        raise BuildError(
            f"{name} and {name}{pages.SUFFIX} are both there.", hint="Remove or rename one of them."
        )
    finished = {name: path.read_bytes() for name, path in copied.items() if name.endswith(".html")}
    for name, content in {**made, **finished}.items():
        if lost := assets.named_plainly(content.decode(errors="replace"), hashed):
            raise BuildError(
                f"{name} loads {lost}, which is published under a name that changes with what is in it.",
                hint=f"Write {{{{ asset('{lost.partition('/')[2]}') }}}} instead, in {name}{pages.SUFFIX}.",
            )


def _ready(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _swap(fresh: Path, out: Path, old: Path) -> None:
    if out.exists():
        out.rename(old)
    try:
        fresh.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
