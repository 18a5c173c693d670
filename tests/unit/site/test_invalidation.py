"""Which paths are stale, how they are folded, and how they are invalidated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, WaiterError
from hypothesis import given
from hypothesis import strategies as st

from resumectl.errors import CloudError
from resumectl.plan import Change
from resumectl.site.invalidation import BUSY, LIMIT, fold, invalidate, paths, wait_invalidated

PAGE = {"sha256": "1", "content_type": "text/html; charset=utf-8", "cache_control": "no-cache"}
HASHED = {
    "sha256": "1",
    "content_type": "text/css",
    "cache_control": "public, max-age=31536000, immutable",
}


def edited(key, before=PAGE, **after):
    return Change("site", key, before, {**before, **(after or {"sha256": "2"})})


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("about/index.html", ["/about", "/about/", "/about/index.html"]),
        ("index.html", ["/", "/index.html"]),
        ("404.html", ["/404.html"]),
        ("a/b c.html", ["/a/b%20c.html"]),
        ("é/index.html", ["/%C3%A9", "/%C3%A9/", "/%C3%A9/index.html"]),
        ("100%.txt", ["/100%25.txt"]),
        ("a#b?.txt", ["/a%23b%3F.txt"]),
        ("a+b.txt", ["/a%2Bb.txt", "/a+b.txt"]),
        (
            "(a)/index.html",
            [f"/{name}{end}" for name in ("%28a%29", "(a)") for end in ("", "/", "/index.html")],
        ),
        ("js/runtime~main.js", ["/js/runtime*"]),
        ("pages/[slug].js", ["/pages/*"]),
        ("~me/index.html", ["/*"]),
        ("notindex.html", ["/notindex.html"]),
    ],
)
def test_an_edited_object_is_stale_in_every_spelling(key, expected):
    assert paths([edited(key)]) == expected


def test_a_deleted_object_is_stale():
    assert paths([Change("site", "a.css", HASHED, None)]) == ["/a.css"]


def test_a_new_object_is_not_stale():
    assert paths([Change("site", "index.html", None, PAGE)]) == []


def test_a_changed_header_makes_an_object_stale():
    assert paths([edited("a.css", HASHED, content_type="text/plain")]) == ["/a.css"]


def test_another_cache_time_of_an_immutable_object_makes_nothing_stale():
    assert paths([edited("a.css", HASHED, cache_control="no-cache")]) == []


def test_without_changes_nothing_is_stale():
    assert paths([]) == []


def test_up_to_fifteen_paths_are_listed_and_more_are_folded():
    names = [f"blog/{n}.html" for n in range(15)]
    assert len(paths(edited(name) for name in names)) == 15
    assert paths([*(edited(name) for name in names), edited("about.html")]) == [
        "/about.html",
        "/blog/*",
    ]


def test_the_deepest_folders_are_folded_first():
    deep = [edited(f"a/b/{n}.css") for n in range(14)]
    assert paths([*deep, edited("a/x.css"), edited("y.css")]) == ["/a/b/*", "/a/x.css", "/y.css"]


def test_a_folded_folder_covers_its_address_without_a_slash():
    names = [edited(f"{n}/index.html") for n in range(6)]
    assert paths(names) == [f"/{n}*" for n in range(6)]


def test_a_folder_with_one_path_keeps_its_name():
    spread = [edited(f"{n}/x.css") for n in range(10)]
    assert "/0/x.css" in paths([*spread, *(edited(f"many/{n}.css") for n in range(10))])


def test_too_many_paths_in_the_root_become_everything():
    assert paths(edited(f"{n}.html") for n in range(16)) == ["/*"]


SEGMENT = st.text("ab~", min_size=1, max_size=2)
KEYS = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


@given(
    st.lists(
        st.builds(lambda key, index: f"{key}/index.html" if index else key, KEYS, st.booleans()),
        max_size=40,
    )
)
def test_every_stale_path_is_covered_by_at_most_fifteen(keys):
    changes = [edited(key) for key in keys]
    each = {path for change in changes for path in paths([change])}
    folded = paths(changes)
    assert len(folded) <= LIMIT
    assert folded == sorted(set(folded))
    for path in each:
        assert any(
            path == known or (known.endswith("*") and path.startswith(known[:-1]))
            for known in folded
        )
    assert fold(folded) == folded


class FakeCloudFront:
    """Busy for the first calls; its waiter fails with the response `waited`, if there is one."""

    def __init__(self, busy=0, code="TooManyInvalidationsInProgress", waited=None):
        self.busy, self.code, self.waited, self.batches = busy, code, waited, []

    def create_invalidation(self, *, DistributionId, InvalidationBatch):
        self.batches.append((DistributionId, InvalidationBatch))
        if len(self.batches) <= self.busy:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "CreateInvalidation")
        return {"Invalidation": {"Id": "I1", "Status": "InProgress"}}

    def get_waiter(self, name):
        assert name == "invalidation_completed"
        return self

    def wait(self, *, DistributionId, Id, WaiterConfig):
        if self.waited is not None:
            raise WaiterError(name="InvalidationCompleted", reason="", last_response=self.waited)


def test_one_request_names_every_path():
    cloudfront = FakeCloudFront()
    assert invalidate(cloudfront, "D", ["/a", "/b"], "ref-1") == "I1"
    paths_sent = {"Quantity": 2, "Items": ["/a", "/b"]}
    assert cloudfront.batches == [("D", {"Paths": paths_sent, "CallerReference": "ref-1"})]


def test_without_stale_paths_there_is_no_request():
    assert invalidate(FakeCloudFront(busy=99), "D", [], "ref-1") is None


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def retry(pauses):
    """The real budget and pauses, on a clock that only advances while waiting."""
    return replace(BUSY, sleep=pauses.append, clock=lambda: float(sum(pauses)))


def test_a_busy_cloudfront_is_asked_again_with_the_same_reference(retry, pauses):
    cloudfront = FakeCloudFront(busy=6)
    assert invalidate(cloudfront, "D", ["/a"], "ref-1", retry=retry) == "I1"
    assert pauses == [2, 4, 8, 16, 30, 30]
    assert len({str(batch) for batch in cloudfront.batches}) == 1


def test_a_cloudfront_that_stays_busy_is_an_error_after_five_minutes(retry, pauses):
    with pytest.raises(CloudError, match="still busy") as caught:
        invalidate(FakeCloudFront(busy=99), "D", ["/a"], "ref-1", retry=retry)
    assert caught.value.code == "invalidation-busy"
    assert sum(pauses) == 300


def test_any_other_error_is_raised_at_once(retry, pauses):
    denied = FakeCloudFront(busy=1, code="AccessDenied")
    with pytest.raises(ClientError):
        invalidate(denied, "D", ["/a"], "ref-1", retry=retry)
    assert pauses == []


def test_waiting_ends_when_the_invalidation_is_complete():
    wait_invalidated(FakeCloudFront(), "D", "I1")


def test_an_invalidation_that_takes_too_long_is_an_error():
    with pytest.raises(CloudError, match="did not finish invalidation I1") as caught:
        wait_invalidated(FakeCloudFront(waited={"Invalidation": {}}), "D", "I1")
    assert caught.value.code == "invalidation-slow"


def test_a_denied_wait_is_not_a_slow_invalidation():
    with pytest.raises(ClientError, match="AccessDenied"):
        wait_invalidated(FakeCloudFront(waited={"Error": {"Code": "AccessDenied"}}), "D", "I1")
