from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, WaiterError
from hypothesis import given
from hypothesis import strategies as st

from resumectl.errors import CloudError
from resumectl.plan import Change
from resumectl.site.invalidation import LIMIT, fold, invalidate, paths, wait_invalidated

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
        ("about/index.html", ["/about/", "/about/index.html"]),
        ("index.html", ["/", "/index.html"]),
        ("404.html", ["/404.html"]),
        ("a/b c.html", ["/a/b%20c.html"]),
        ("é/index.html", ["/%C3%A9/", "/%C3%A9/index.html"]),
        ("100%.txt", ["/100%25.txt"]),
        ("a#b?.txt", ["/a%23b%3F.txt"]),
        ("a+b.txt", ["/a%2Bb.txt", "/a+b.txt"]),
        ("(a)/index.html", ["/%28a%29/", "/%28a%29/index.html", "/(a)/", "/(a)/index.html"]),
        ("js/runtime~main.js", ["/js/runtime*"]),
        ("pages/[slug].js", ["/pages/*"]),
        ("~me/index.html", ["/*"]),
        ("notindex.html", ["/notindex.html"]),
    ],
)
def test_one_edited_object(key, expected):
    assert paths([edited(key)]) == expected


def test_a_deleted_object_is_forgotten():
    assert paths([Change("site", "a.css", HASHED, None)]) == ["/a.css"]


def test_a_created_object_was_never_cached():
    assert paths([Change("site", "index.html", None, PAGE)]) == []


def test_a_header_alone_is_worth_it():
    assert paths([edited("a.css", HASHED, content_type="text/plain")]) == ["/a.css"]


def test_an_immutable_object_that_is_only_kept_for_another_time_is_the_same():
    assert paths([edited("a.css", HASHED, cache_control="no-cache")]) == []


def test_nothing_changed():
    assert paths([]) == []


def test_fifteen_paths_are_named_and_more_are_folded():
    names = [f"blog/{n}.html" for n in range(15)]
    assert len(paths(edited(name) for name in names)) == 15
    assert paths([*(edited(name) for name in names), edited("about.html")]) == [
        "/about.html",
        "/blog/*",
    ]


def test_the_deepest_folders_are_folded_first():
    deep = [edited(f"a/b/{n}.css") for n in range(14)]
    assert paths([*deep, edited("a/x.css"), edited("y.css")]) == ["/a/b/*", "/a/x.css", "/y.css"]


def test_a_folder_with_one_path_keeps_its_name():
    spread = [edited(f"{n}/x.css") for n in range(10)]
    assert "/0/x.css" in paths([*spread, *(edited(f"many/{n}.css") for n in range(10))])


def test_too_many_at_the_root_are_everything():
    assert paths(edited(f"{n}.html") for n in range(16)) == ["/*"]


SEGMENT = st.text("ab~", min_size=1, max_size=2)
KEYS = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


@given(
    st.lists(
        st.builds(lambda key, index: f"{key}/index.html" if index else key, KEYS, st.booleans()),
        max_size=40,
    )
)
def test_whatever_changed_is_covered_by_at_most_fifteen(keys):
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
    """Busy for the first calls; its waiter answers what it is told to."""

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


def test_the_request_names_everything_once():
    cloudfront = FakeCloudFront()
    assert invalidate(cloudfront, "D", ["/a", "/b"], "ref-1") == "I1"
    paths_sent = {"Quantity": 2, "Items": ["/a", "/b"]}
    assert cloudfront.batches == [("D", {"Paths": paths_sent, "CallerReference": "ref-1"})]


def test_nothing_to_invalidate_is_no_request():
    assert invalidate(FakeCloudFront(busy=99), "D", [], "ref-1") is None


def test_a_busy_cloudfront_is_asked_again_with_the_same_reference():
    cloudfront, pauses = FakeCloudFront(busy=6), []
    assert invalidate(cloudfront, "D", ["/a"], "ref-1", pause=pauses.append) == "I1"
    assert pauses == [2, 4, 8, 16, 30, 30]
    assert len({str(batch) for batch in cloudfront.batches}) == 1


def test_patience_ends_after_five_minutes():
    pauses = []
    with pytest.raises(CloudError, match="still busy"):
        invalidate(FakeCloudFront(busy=99), "D", ["/a"], "ref-1", pause=pauses.append)
    assert 300 <= sum(pauses) < 330


def test_other_errors_pass():
    with pytest.raises(ClientError):
        invalidate(
            FakeCloudFront(busy=1, code="AccessDenied"), "D", ["/a"], "ref-1", pause=pytest.fail
        )


def test_waiting():
    wait_invalidated(FakeCloudFront(), "D", "I1")
    with pytest.raises(CloudError, match="not finished invalidation I1"):
        wait_invalidated(FakeCloudFront(waited={"Invalidation": {}}), "D", "I1")
    with pytest.raises(WaiterError):
        wait_invalidated(FakeCloudFront(waited={"Error": {"Code": "AccessDenied"}}), "D", "I1")
