from __future__ import annotations

from resumectl.function.deployed import Configuration, Deployed
from resumectl.release.ledger import Release
from resumectl.site.manifest import LiveObject
from resumectl.steps import restore
from resumectl.steps.live import Live

PAGE = {"sha256": "a", "content_type": "text/html", "cache_control": "no-cache"}
ENTRY = {**PAGE, "size": 1, "version_id": "v1"}
CODE = Deployed(latest=Configuration("$LATEST", "new", {}), live=Configuration("2", "new", {}))
FUNCTION = {"version": "1", "sha256": "old", "settings": {}, "routing": {}, "latest": "old"}


def release(**what):
    return Release(1, "prod", "2026-11-22T09:00:00+00:00", "verified", {"name": "ada"}, **what)


def keys(live, to):
    return {
        (change.part, change.key, change.action) for change in restore.changes(live, to).changes
    }


def test_the_way_back_of_function_and_site():
    live = Live(function=CODE, objects={"new.html": LiveObject(PAGE, 1, "v2")})
    assert keys(live, release(function=FUNCTION, site={"index.html": ENTRY})) == {
        ("function", "live", "update"),
        ("function", "$LATEST", "update"),
        ("site", "index.html", "create"),
        ("site", "new.html", "delete"),
    }


def test_a_release_without_code_leaves_the_code_alone():
    assert keys(Live(function=CODE), release()) == set()
