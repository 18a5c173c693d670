"""Pages: rendered from Jinja2 templates and a resume.

`x.html.j2` becomes `x.html`, and the same goes for any other `*.j2`. A template whose name starts
with `_` is only included or extended by others. Templates get `resume` (with every field, see
`document`), `page` (the address of the page, such as `/`), `asset('style.css')` (the published
address of `assets/style.css`) and the filter `month` ("2026-03" -> "Mar 2026"). They get no clock
and no random numbers: the same source gives the same bytes everywhere.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from resumectl.errors import BuildError
from resumectl.resume.assets import FOLDER

if TYPE_CHECKING:
    from jinja2 import Environment

SUFFIX: Final = ".j2"

_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_INDEX: Final = "index.html"


def render(
    source: Path, names: Iterable[str], *, resume: Mapping[str, Any], published: Mapping[str, str]
) -> dict[str, bytes]:
    """Render every page, by its path; `names` are the paths of all files in the source.

    `published` has the published path of every file that is not a template.

    Raises:
        BuildError: a template failed; names the file and the line.
    """
    environment = _environment(source, resume, published)
    return {
        name.removesuffix(SUFFIX): _rendered(environment, source, name)
        for name in names
        if name.endswith(SUFFIX) and not name.rpartition("/")[2].startswith("_")
    }


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

    page = _address(name.removesuffix(SUFFIX))
    try:
        return environment.get_template(name).render(page=page).encode()
    except TemplateSyntaxError as error:
        raise _failed(error.name or name, error.lineno, error.message or "syntax error") from error
    except Exception as error:
        template, line = _origin(error, source) or (name, None)
        raise _failed(template, line, str(error) or type(error).__name__) from error


def _origin(error: Exception, source: Path) -> tuple[str, int | None] | None:
    """The innermost template and line of a traceback: Jinja2 adds a frame for each template."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(source):
            return path.relative_to(source).as_posix(), frame.lineno
    return None


def _failed(template: str, line: int | None, reason: str) -> BuildError:
    place = template if line is None else f"{template}, line {line}"
    return BuildError(
        f"{place}: {reason.rstrip('.')}.",
        hint="Fields of JSON Resume are always defined. Test your own fields with 'is defined'.",
    )


def _finder(published: Mapping[str, str]) -> Callable[[str], str]:
    def asset(name: str) -> str:
        path = f"{FOLDER}/{name}"
        if path not in published:
            raise LookupError(f"asset({name!r}): there is no {path}")
        return "/" + quote(published[path])

    return asset


def _address(page: str) -> str:
    """`index.html` -> `/`, `talks/index.html` -> `/talks/`, `404.html` -> `/404.html`."""
    folder, slash, name = page.rpartition("/")
    return quote(f"/{folder}{slash}" if name == _INDEX else f"/{page}")


def _month(text: str) -> str:
    """`2026-03-31` and `2026-03` -> `Mar 2026`; `2026` -> `2026`."""
    year, _, rest = text.partition("-")
    return f"{_MONTHS[int(rest[:2]) - 1]} {year}" if rest else year
