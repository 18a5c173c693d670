"""The three snapshots of the site."""

from __future__ import annotations

from resumectl.plan import diff
from resumectl.settings import CacheRule
from resumectl.site import snapshot
from resumectl.site.manifest import LiveObject, ReleasedObject


def test_files_and_a_release_with_the_same_bytes_and_headers_do_not_differ(site):
    files = site({"index.html": b"x", "a.css": b"y"})
    released = {key: ReleasedObject.of(file, "v1") for key, file in files.items()}
    assert diff("site", snapshot.described(released), snapshot.described(files)) == ()


def test_the_version_id_of_an_object_is_no_difference(site):
    (file,) = site({"index.html": b"x"}).values()
    old, new = (ReleasedObject.of(file, version) for version in ("v1", "v2"))
    assert snapshot.fields(old) == snapshot.fields(new)


def test_a_header_alone_is_a_difference(site):
    before = site({"a.css": b"x"})
    after = site({"a.css": b"x"}, [CacheRule("*", "max-age=7")])
    (change,) = diff("site", snapshot.described(before), snapshot.described(after))
    assert change.fields == ("cache_control",)


def test_a_header_that_we_never_set_is_a_difference(site):
    files = site({"index.html": b"x"})
    tampered = {
        key: LiveObject({**snapshot.fields(file), "expires": "0"}, 1, "v2", "e")
        for key, file in files.items()
    }
    (change,) = diff("site", snapshot.live(tampered), snapshot.described(files))
    assert change.fields == ("expires",)
