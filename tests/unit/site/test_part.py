from __future__ import annotations

from resumectl.plan import diff
from resumectl.site import part
from resumectl.site.manifest import LiveObject


def test_worktree_and_release_of_the_same_bytes_and_headers_do_not_differ(site):
    files = site({"index.html": b"x", "a.css": b"y"})
    manifest = part.record(files, {}, dict.fromkeys(files, "v1"))
    assert diff("site", part.released(manifest), part.worktree(files)) == ()


def test_a_header_alone_is_a_difference(site):
    files = site({"index.html": b"x"})
    tampered = {
        key: LiveObject({**part.fields(file), "expires": "0"}, 1, "v2")
        for key, file in files.items()
    }
    (change,) = diff("site", part.live(tampered), part.worktree(files))
    assert change.fields == ("expires",)


def test_a_record_takes_new_versions_where_written_and_keeps_the_others(site):
    files = site({"a.txt": b"", "b.txt": b""})
    before = {key: LiveObject(part.fields(file), 0, f"old-{key}") for key, file in files.items()}
    recorded = part.record(files, before, {"b.txt": "new"})
    assert {key: entry.version_id for key, entry in recorded.items()} == {
        "a.txt": "old-a.txt",
        "b.txt": "new",
    }


def test_the_manifest_survives_the_ledger(site):
    manifest = part.record(site({"a b.txt": b"x"}), {}, {"a b.txt": "v1"})
    assert part.manifest_from_json(part.manifest_as_json(manifest)) == manifest
