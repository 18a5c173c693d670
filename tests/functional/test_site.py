"""The site, deployed to moto: exactly what must be published is, and it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.functional.deployment import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.project import Run

DEPLOY = ("deploy", "-e", "prod", "--only", "site", "--yes", "--no-smoke", "--json")
ODD = (
    "with space.html",
    "café/ünï.html",
    "a+b.html",
    "100%.html",
    "%41.html",
    "it's (me) & you.html",
    "a,b;c=d.txt",
)
HIDDEN = (
    ".env",
    ".git/config",
    ".DS_Store",
    "index.html~",
    "notes.txt.bak",
    "#draft#",
    ".vscode/settings.json",
)


def objects(account: Callable[[str], Any]) -> dict[str, dict[str, Any]]:
    """What the site's bucket holds."""
    s3, bucket = account("s3"), OUTPUTS["site_bucket"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key) for key in keys}


def test_files_keep_their_names_bytes_and_kinds(
    resumectl: Callable[..., Run], project: Path, deployed: Callable[[str], Any]
) -> None:
    for name in (*ODD, *HIDDEN):
        path = project / "frontend" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"this is {name}")
    done = resumectl(*DEPLOY, "-m", "Ünï & Co")
    found = objects(deployed)

    assert done.code == 0, done
    assert done.json["release"]["status"] == "unverified"
    assert set(found) == {*ODD, "index.html", "404.html"}
    assert {name: found[name]["Body"].read().decode() for name in ODD} == {
        name: f"this is {name}" for name in ODD
    }
    assert {found[name]["ContentType"] for name in ODD if name.endswith("html")} == {
        "text/html; charset=utf-8"
    }
    assert found["index.html"]["CacheControl"] == "no-cache"
    (release,) = resumectl("history", "-e", "prod", "--json").json["releases"]
    assert (release["message"], release["site"]["objects"], release["live"]) == (
        "Ünï & Co",
        len(found),
        True,
    )


def test_a_second_deploy_writes_nothing(
    resumectl: Callable[..., Run], project: Path, deployed: Callable[[str], Any]
) -> None:
    (project / "frontend" / "with space.html").write_text("x")
    first = resumectl(*DEPLOY)
    before = {key: found["VersionId"] for key, found in objects(deployed).items()}
    plan = resumectl("plan", "-e", "prod", "--only", "site", "--exit-code", "--json")
    second = resumectl(*DEPLOY)

    assert (first.code, plan.code, second.code) == (0, 0, 0), second
    assert plan.json["changes"] == second.json["changes"] == []
    assert second.json["release"]["id"] == first.json["release"]["id"]
    assert {key: found["VersionId"] for key, found in objects(deployed).items()} == before


def test_only_what_differs_is_planned(
    resumectl: Callable[..., Run], project: Path, deployed: Callable[[str], Any]
) -> None:
    resumectl(*DEPLOY)
    (project / "frontend" / "index.html").write_text("changed")
    (project / "frontend" / "new.css").write_text("new")
    (project / "frontend" / "404.html").touch()
    deployed("s3").put_object(Bucket=OUTPUTS["site_bucket"], Key="theirs.html", Body=b"x")
    plan = resumectl("plan", "-e", "prod", "--only", "site", "--exit-code", "--json")

    assert plan.code == 3
    assert [(change["key"], change["action"]) for change in plan.json["changes"]] == [
        ("index.html", "update"),
        ("new.css", "create"),
        ("theirs.html", "delete"),
    ]


def test_deleting_most_of_the_site_needs_force(
    resumectl: Callable[..., Run], project: Path, deployed: Callable[[str], Any]
) -> None:
    for number in range(8):
        (project / "frontend" / f"{number}.html").write_text("x")
    resumectl(*DEPLOY)
    before = set(objects(deployed))
    for number in range(8):
        (project / "frontend" / f"{number}.html").unlink()
    refused = resumectl(*DEPLOY)

    assert (refused.code, refused.json["error"]["code"]) == (1, "data-loss"), refused
    assert refused.json["error"]["hint"] == "If that is what you want: --force."
    assert set(objects(deployed)) == before


def test_what_is_not_yes_is_no(
    resumectl: Callable[..., Run], project: Path, deployed: Callable[[str], Any]
) -> None:
    refused = resumectl("deploy", "-e", "prod", "--only", "site")

    assert refused.code == 1
    assert "hint: Add --yes to confirm in advance." in refused.err
    assert objects(deployed) == {}
    assert resumectl("history", "-e", "prod", "--json").json["releases"] == []
