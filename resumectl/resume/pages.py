"""Pages: Jinja2 templates and a resume in, finished bytes out.

`x.html.j2` becomes `x.html`, and so does any other `*.j2`; a template whose name starts with `_` is only a part of
others. Templates get `resume` (complete: see `resume`), `page` (the page's own path, such as `/`), `asset('style.css')`
(the published path of `assets/style.css`) and the filter `month` ("2026-03" -> "Mar 2026"). There is no clock and no
chance in it: the same source gives the same bytes everywhere.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from resumectl.errors import BuildError
from resumectl.resume.assets import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import Environment

SUFFIX: Final = ".j2"

_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_INDEX: Final = "index.html"


def render(
    source: Path, names: Iterable[str], *, resume: Mapping[str, Any], published: Mapping[str, str]
) -> dict[str, bytes]:
    """Render every page among the files of a site.

    Args:
        source: the folder that the templates are in.
        names: the paths of all its files.
        resume: what `resume.load` returned.
        published: path -> published path, of every file that is not a template.

    Raises:
        BuildError: a template is wrong; names the file and the line.
    """
    templates = [
        name
        for name in names
        if name.endswith(SUFFIX) and not name.rpartition("/")[2].startswith("_")
    ]
    environment = _environment(source, resume, published)
    return {name.removesuffix(SUFFIX): _rendered(environment, source, name) for name in templates}


def _environment(
    source: Path, resume: Mapping[str, Any], published: Mapping[str, str]
) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    escaped = tuple(f"{kind}{SUFFIX}" for kind in ("html", "xml", "svg"))
    environment = Environment(
        loader=FileSystemLoader(source),
        autoescape=select_autoescape(escaped, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["month"] = _month
    environment.globals.update(resume=resume, asset=_finder(published))
    return environment


def _rendered(environment: Environment, source: Path, name: str) -> bytes:
    from jinja2 import TemplateSyntaxError

    try:
        return (
            environment.get_template(name).render(page=_address(name.removesuffix(SUFFIX))).encode()
        )
    except TemplateSyntaxError as error:
        raise _broken(error.name or name, error.lineno, error.message or "syntax error") from error
    except Exception as error:
        where, line = _raised_at(error, source) or (name, None)
        raise _broken(where, line, str(error) or type(error).__name__) from error


def _raised_at(error: Exception, source: Path) -> tuple[str, int | None] | None:
    """The innermost template, and its line, that an exception came through: Jinja2 puts them into the traceback."""
    frames = (
        (Path(frame.filename), frame.lineno)
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    inside = ((path, line) for path, line in frames if path.is_relative_to(source))
    return next(((path.relative_to(source).as_posix(), line) for path, line in inside), None)


def _broken(template: str, line: int | None, what: str) -> BuildError:
    at = template if line is None else f"{template}, line {line}"
    return BuildError(
        f"{at}: {what.rstrip('.')}.",
        hint="Known fields of the resume are always there, empty if not given; ask for your own with 'is defined'.",
    )


def _finder(published: Mapping[str, str]) -> Callable[[str], str]:
    def asset(name: str) -> str:
        """The address to load an asset from."""
        if f"{FOLDER}/{name}" not in published:
            raise LookupError(f"asset({name!r}): there is no {FOLDER}/{name}")
        return "/" + quote(published[f"{FOLDER}/{name}"])

    return asset


def _address(page: str) -> str:
    """`index.html` -> `/`, `talks/index.html` -> `/talks/`, `404.html` -> `/404.html`."""
    folder, _, name = page.rpartition("/")
    return quote("/" + (page if name != _INDEX else f"{folder}/" if folder else ""))


def _month(text: str) -> str:
    """`2026-03-31` and `2026-03` -> `Mar 2026`; `2026` stays."""
    year, _, rest = text.partition("-")
    return f"{_MONTHS[int(rest[:2]) - 1]} {year}" if rest else year
