"""Build a resume: resume.json and templates become the folder of a finished site.

    find files -> read resume.json -> fingerprint assets -> render pages -> copy the rest -> swap

The build knows nothing of AWS: it reads one folder and writes another.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from resumectl import files
from resumectl.errors import BuildError
from resumectl.resume import assets, pages
from resumectl.resume.document import RESUME, load

_PUBLIC: Final = ".well-known"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name != _PUBLIC


def is_resume(source: Path) -> bool:
    """Whether the folder holds page templates, and so must be built.

    Raises:
        BuildError: there are templates but no resume.json.
    """
    templates = sorted(path.name for path in source.glob(f"*.html{pages.SUFFIX}"))
    if templates and not (source / RESUME).is_file():
        raise BuildError(
            f"{templates[0]} is a template, but there is no {RESUME} in {source}.",
            hint=f"Add a {RESUME} (a JSON Resume), or remove the templates.",
        )
    return bool(templates)


def build(source: Path, out: Path, exclusion: files.Rule = _is_hidden) -> None:
    """Build the resume of a folder into `out`, which is replaced as a whole or left untouched.

    Files and folders that `exclusion` names are left out.

    Raises:
        BuildError: the resume, a template or another file is unusable.
        OSError: a file cannot be read or written.
    """
    source = source.resolve()
    if source.is_relative_to(out.resolve()):
        raise BuildError(
            f"Cannot build the site into {out}: it contains the source, {source}.",
            hint="Move the source to another folder.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as workspace:
        fresh, old = Path(workspace, "new"), Path(workspace, "old")
        _compose(source, fresh, exclusion)
        _swap(fresh, out, old)


def _compose(source: Path, fresh: Path, exclusion: files.Rule) -> None:
    paths = {file.name: file.path for file in files.walk(source, exclusion)}
    sources = {name for name in paths if name == RESUME or name.endswith(pages.SUFFIX)}
    plain = {name: path for name, path in paths.items() if name not in sources}
    hashed = assets.fingerprint(
        {name: plain[name].read_bytes() for name in plain if assets.is_fingerprinted(name)}
    )
    published = {name: hashed[name][0] if name in hashed else name for name in plain}
    rendered = pages.render(source, paths, resume=load(source / RESUME), published=published)
    copied = {name: path for name, path in plain.items() if name not in hashed}
    _check(rendered, copied, hashed)
    for name, content in (*rendered.items(), *hashed.values()):
        _with_parent(fresh / name).write_bytes(content)
    for name, path in copied.items():
        shutil.copyfile(path, _with_parent(fresh / name))


def _check(
    rendered: Mapping[str, bytes], copied: Mapping[str, Path], hashed: Iterable[str]
) -> None:
    """Refuse two files with one name, and pages that load an asset by its source name."""
    for name in sorted(rendered.keys() & copied.keys()):
        raise BuildError(
            f"Both {name} and {name}{pages.SUFFIX} exist.", hint="Remove or rename one of them."
        )
    finished = {name: path.read_bytes() for name, path in copied.items() if name.endswith(".html")}
    for name, content in {**rendered, **finished}.items():
        if asset := assets.named_plainly(content.decode(errors="replace"), hashed):
            _, _, path = asset.partition("/")
            raise BuildError(
                f"{name} loads {asset}, which is only published under a fingerprinted name.",
                hint=f"Write {{{{ asset('{path}') }}}} instead, in {name}{pages.SUFFIX}.",
            )


def _with_parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _swap(fresh: Path, out: Path, old: Path) -> None:
    """Two renames: `out` is missing for a moment, but never half a site."""
    if out.exists():
        out.rename(old)
    try:
        fresh.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
