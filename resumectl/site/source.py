"""Where the published files come from: the user's build command, a resume, or a plain folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from resumectl import files
from resumectl.errors import BuildError
from resumectl.resume import build as resume
from resumectl.site.scan import is_excluded

if TYPE_CHECKING:
    from resumectl.settings import SiteSettings

_OUTPUT_LINES: Final = 20
_COMMAND_NOT_FOUND: Final = 127  # the shell's exit code


def build(
    site: SiteSettings, *, root: Path, out: Path, exclusion: files.Rule = is_excluded
) -> Path:
    """Build the site if it needs to be built, and return the folder to publish.

    A build command runs in `root`, the project's folder. A resume is built into `out`, which is
    replaced as a whole, or untouched if the build fails; what `exclusion` names is left out.

    Raises:
        BuildError: the build failed, or there is nothing to publish.
    """
    try:
        if site.build and site.output:
            _run(site.build, root)
            return _checked(site.output, "Set site.output to the folder that site.build writes to.")
        if site.source is None:
            raise BuildError(
                "The site has no source.", hint="Set site.source, or site.build and site.output."
            )
        source = _checked(site.source, "Put the site there, or set site.source to its folder.")
        if not resume.is_resume(source):
            return source
        resume.build(source, out, exclusion)
    except OSError as error:
        raise BuildError(  # of a copy, the first name is the source, which is not to blame
            f"{error.filename2 or error.filename or out}: {error.strerror}.",
            hint="Check its permissions and the free disk space.",
        ) from error
    return out


def _run(command: str, root: Path) -> None:
    """Run the user's own command line in a shell; a failure shows the last lines of its output."""
    import subprocess

    run = subprocess.run(  # noqa: S602 - a shell command line is what people write here
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
    if not run.returncode:
        return
    output = "".join(f"\n  {line}" for line in run.stdout.splitlines()[-_OUTPUT_LINES:])
    hint = f"Run the command yourself in {root}."
    if run.returncode == _COMMAND_NOT_FOUND:
        hint = "Install the program, or add its folder to PATH."
    raise BuildError(
        f"The build command failed with exit code {run.returncode}: {command}{output}", hint=hint
    )


def _checked(folder: Path, hint: str) -> Path:
    """The folder, if it holds at least one file to publish."""
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise BuildError(f"The site's folder {folder} {problem}.", hint=hint)
    if next(files.walk(folder, is_excluded), None) is None:
        raise BuildError(f"The site's folder {folder} is empty.", hint=hint)
    return folder
