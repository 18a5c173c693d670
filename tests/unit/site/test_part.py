"""The site as a part: what is uploaded, restored, invalidated and recorded, and what is not."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import BuildError, CloudError
from resumectl.plan import Change
from resumectl.progress import Silent, Steps
from resumectl.release.ledger import Heads
from resumectl.release.record import Release
from resumectl.settings import CacheRule, SiteSettings
from resumectl.site.built import Builder
from resumectl.site.part import SiteLive, SitePart
from resumectl.site.record import SiteRecord
from tests.fakes.faults import Fault
from tests.unit.site.account import ACCOUNT

if TYPE_CHECKING:
    from tests.fakes.aws.cloudfront import Distribution
    from tests.unit.site.account import Account

OUTPUTS = {"site_bucket": "site", "distribution_id": "E1"}
PAGES = {"index.html": b"<p>1", "a.css": b"a", "b.css": b"b"}
NEW_BUCKET = Change("infra", "aws_s3_bucket.site", None, {"bucket": "site"})
REPLACED_BUCKET = Change("infra", "aws_s3_bucket.site", {"a": 1}, {"a": 2, "(replace)": True})
CHANGED_BUCKET = Change("infra", "aws_s3_bucket.site", {"tags": {}}, {"tags": {"a": "b"}})
NEW_POLICY = Change("infra", "aws_s3_bucket_policy.site", None, {"policy": "{}"})


@dataclass
class Project:
    """A site with its source folder, its bucket, and a distribution in front of it."""

    part: SitePart
    account: Account
    edge: Distribution
    releases: list = field(default_factory=list)
    _invalidated: int = 0

    @property
    def stale(self):
        """The paths of every invalidation since the last apply began."""
        return [list(each.paths) for each in self.edge.invalidations[self._invalidated :]]

    @property
    def waited(self):
        """The invalidations that were asked about, each until it was complete."""
        sent = self.account.process.sent
        return [given["Id"] for name, given in sent if name == "get_invalidation"]

    @property
    def released(self):
        return self.releases[-1] if self.releases else None

    @property
    def heads(self):
        return Heads(self.released, self.released)

    @property
    def live(self):
        return self.part.live(OUTPUTS, self.released)

    @property
    def served(self):
        return self.account.served

    @property
    def writes(self):
        return self.account.writes

    @property
    def ran(self):
        return list(self.part.steps.timings)

    def edit(self, files):
        source = self.part.builder.settings.source
        shutil.rmtree(source, ignore_errors=True)
        for name, data in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)

    def compare(self, wanted=None, *earlier, live=None):
        """By default with the worktree."""
        wanted = self.part.worktree() if wanted is None else wanted
        live = self.live if live is None else live
        return self.part.compare(live, wanted, earlier, threading.Event())

    def apply(self, comparison):
        """Apply it a minute later; calls, paths and steps from before are forgotten."""
        self.account.aws.clock.advance(60)
        self.account.forget_calls()
        self._invalidated = len(self.edge.invalidations)
        self.part.steps.timings.clear()
        return self.part.apply(comparison, OUTPUTS).record

    def deploy(self, files):
        self.edit(files)
        return self.release(self.apply(self.compare()))

    def release(self, record):
        parts = {"site": record} if record else {}
        number = len(self.releases) + 1
        release = Release(number, "prod", "2026-11-22T09:00:00Z", "verified", {}, parts=parts)
        self.releases.append(release)
        return release

    def drift(self):
        return self.part.drift(self.heads, self.live, threading.Event())

    def revert(self, *ignored):
        """Revert everything that drifted but these keys; returns what is recorded then."""
        drift = self.drift().changes
        left = tuple(change for change in drift if change.key not in ignored)
        kept = tuple(change for change in drift if change.key in ignored)
        comparison = self.part.revert(self.heads, self.live, left, kept)
        self.part.check(comparison, OUTPUTS)
        return self.apply(comparison)


@pytest.fixture
def project(tmp_path, account):
    edge = account.make_distribution("E1")
    part = SitePart(
        Builder(
            SiteSettings(tmp_path / "src"), tmp_path, tmp_path / "run", tmp_path / "build.lock"
        ),
        client=account.process.client,
        owner=lambda: ACCOUNT,
        now=account.aws.clock.now,
        steps=Steps(Silent()),
    )
    return Project(part, account, edge)


def recorded(record):
    return {key: entry.version_id for key, entry in record.objects.items()}


def actions(comparison):
    return {change.key: change.action for change in comparison.changes}


# --- deploying it


def test_the_first_deploy_uploads_and_records_every_file(project):
    record = project.deploy(PAGES).parts["site"]
    assert project.served == PAGES
    assert recorded(record) == project.account.versions
    assert project.ran == ["upload-site"]


def test_a_deploy_uploads_what_differs_and_deletes_what_is_gone(project):
    project.deploy(PAGES)
    record = project.deploy({"index.html": b"<p>2", "a.css": b"a"}).parts["site"]
    assert project.writes == [("put_object", "index.html"), ("delete_objects", ("b.css",))]
    assert recorded(record) == project.account.versions


def test_an_unchanged_site_is_not_written(project):
    first = project.deploy(PAGES)
    assert project.compare().changes == ()
    assert project.deploy(PAGES).parts == first.parts
    assert (project.writes, project.ran, project.stale) == ([], [], [])


def test_a_site_that_was_not_chosen_is_not_touched(project):
    project.deploy(PAGES)
    comparison = project.part.compare(project.live, None, (NEW_BUCKET,), threading.Event())
    assert comparison.changes == ()
    assert project.apply(comparison) is None
    assert project.account.calls == []


def test_the_record_is_what_was_written_not_what_is_served_later(project):
    """Somebody replaces the page right after the upload: that is drift, not the release."""
    project.account.put("old.css", b"deleted after the upload")
    race = partial(project.account.put, "index.html", b"evil")
    project.account.fail(Fault("delay", call="delete_objects", meanwhile=race))
    record = project.deploy(PAGES).parts["site"]
    assert project.served["index.html"] == b"evil"
    assert recorded(record)["index.html"] != project.account.versions["index.html"]
    assert [change.key for change in project.drift().changes] == ["index.html"]


def test_a_site_that_cannot_be_built_is_an_error(project):
    with pytest.raises(BuildError):
        project.part.worktree()
    assert project.part.steps.failed == "build-site"


def test_before_the_first_deploy_s3_is_not_asked(project):
    blind = replace(project.part, client={}.__getitem__)
    assert blind.live({}, None) == SiteLive()


# --- a bucket that is new


@pytest.mark.parametrize("change", [NEW_BUCKET, REPLACED_BUCKET])
def test_in_a_new_bucket_every_file_is_created(project, change):
    project.deploy(PAGES)
    assert actions(project.compare(None, change)) == dict.fromkeys(PAGES, "create")


@pytest.mark.parametrize("change", [CHANGED_BUCKET, NEW_POLICY])
def test_other_changes_of_the_infrastructure_leave_the_comparison(project, change):
    project.deploy(PAGES)
    assert project.compare(None, change).changes == ()


def test_a_bucket_that_terraform_just_created_gets_every_file(project):
    project.edit(PAGES)
    comparison = project.compare(live=SiteLive())
    assert actions(comparison) == dict.fromkeys(PAGES, "create")
    record = project.apply(comparison)
    assert project.served == PAGES
    assert recorded(record) == project.account.versions
    assert "list-site" in project.ran


def test_a_replaced_bucket_gets_every_file_again(project):
    project.deploy(PAGES)
    comparison = project.compare(None, REPLACED_BUCKET)
    project.account.make_bucket()
    record = project.apply(comparison)
    assert project.served == PAGES
    assert recorded(record) == project.account.versions


def test_what_the_bucket_already_holds_is_not_uploaded_again(project):
    """The bucket was unknown when the plan was made: Terraform's state had been lost."""
    first = project.deploy(PAGES)
    project.edit({**PAGES, "index.html": b"<p>2"})
    record = project.apply(project.compare(live=SiteLive(released=project.live.released)))
    assert project.writes == [("put_object", "index.html")]
    assert recorded(record) == project.account.versions
    assert recorded(record)["a.css"] == recorded(first.parts["site"])["a.css"]


def test_a_page_that_the_bucket_already_holds_is_invalidated_if_it_changes(project):
    project.deploy(PAGES)
    project.edit({**PAGES, "index.html": b"<p>2"})
    project.apply(project.compare(live=SiteLive()))
    assert project.stale == [["/", "/index.html"]]


def test_nothing_is_deleted_that_was_not_announced(project):
    project.deploy({**PAGES, "precious.pdf": b"%PDF"})
    project.edit(PAGES)
    project.apply(project.compare(live=SiteLive()))
    assert project.served["precious.pdf"] == b"%PDF"
    assert actions(project.compare()) == {"precious.pdf": "delete"}


# --- invalidation


def test_edited_pages_are_invalidated_and_waited_for(project):
    project.deploy(PAGES)
    project.deploy({**PAGES, "index.html": b"<p>2"})
    assert project.stale == [["/", "/index.html"]]
    (invalidation,) = project.edge.invalidations
    assert project.waited == [invalidation.id]
    assert invalidation.reference == "resumectl-20261127T100200000000"
    assert project.ran == ["upload-site", "invalidate-site"]


@pytest.mark.parametrize("versioned", [True, False])
def test_what_a_crashed_run_uploaded_is_invalidated_by_the_next(project, versioned):
    """Also if somebody suspended the versioning: then no version says that it was rewritten."""
    project.account.make_bucket(versioned=versioned)
    project.deploy(PAGES)
    project.edit({**PAGES, "index.html": b"<p>2"})
    project.apply(project.compare())  # it crashes before it invalidates and records
    again = project.compare()
    assert again.changes == ()
    project.apply(again)
    assert (project.writes, project.stale) == ([], [["/", "/index.html"]])


def test_what_a_crashed_run_put_back_is_invalidated_by_the_next(project):
    """The bucket holds the released bytes again, the edge does not."""
    project.deploy(PAGES)
    project.account.put("index.html", b"evil")
    assert project.edge.get(project.account.aws, "/index.html") == b"evil"
    project.account.fail(Fault("refuse", call="create_invalidation", code="AccessDenied"))
    with pytest.raises(CloudError, match="invalidate the cache"):
        project.revert()
    again = project.compare()
    assert again.changes == ()
    project.apply(again)
    assert (project.writes, project.stale) == ([], [["/", "/index.html"]])
    assert project.edge.get(project.account.aws, "/index.html") == PAGES["index.html"]


def test_a_failed_upload_invalidates_nothing(project):
    project.deploy(PAGES)
    project.account.fail(Fault("refuse", call="put_object", key="index.html"))
    with pytest.raises(CloudError):
        project.deploy({**PAGES, "index.html": b"<p>2"})
    assert project.stale == []
    assert project.part.steps.failed == "upload-site"


# --- losses


def losses(project, files):
    project.edit(files)
    return project.part.losses(project.compare())


def test_deleting_more_than_half_of_the_objects_is_a_loss(project):
    project.deploy({f"{name}.html": b"" for name in "abcd"})
    assert losses(project, {"a.html": b""}) == ["3 of the site's 4 objects would be deleted"]


def test_deleting_half_of_the_objects_is_no_loss(project):
    project.deploy({f"{name}.html": b"" for name in "abcd"})
    assert losses(project, {"a.html": b"", "b.html": b"", "new.html": b""}) == ()


def test_replacing_every_object_is_no_loss(project):
    project.deploy(PAGES)
    assert losses(project, dict.fromkeys(PAGES, b"new")) == ()


def test_an_empty_bucket_has_nothing_to_lose(project):
    assert losses(project, PAGES) == ()


# --- what is recorded


def test_a_release_that_says_what_is_live_is_recorded(project):
    project.deploy(PAGES)
    assert project.part.is_recorded(project.compare(), project.heads)
    project.account.put("index.html", PAGES["index.html"])
    assert not project.part.is_recorded(project.compare(), project.heads)


def test_a_crashed_first_deploy_is_not_recorded(project):
    project.edit(PAGES)
    project.apply(project.compare())
    assert not project.part.is_recorded(project.compare(), Heads())


def test_a_site_that_was_not_chosen_counts_as_recorded(project):
    project.account.put("theirs.txt", b"t")
    comparison = project.part.compare(project.live, None, (), threading.Event())
    assert project.part.is_recorded(comparison, Heads())


def test_a_record_is_read_as_it_was_written(project):
    record = project.deploy(PAGES).parts["site"]
    assert project.part.record(record.as_json()) == record


# --- pending


def test_pending_counts_the_files_that_differ_from_the_release(project):
    project.deploy(PAGES)
    assert project.part.pending(project.heads) == 0
    project.edit({"index.html": b"<p>2", "a.css": b"a", "c.css": b"c"})
    assert project.part.pending(project.heads) == 3


def test_pending_asks_aws_nothing_and_reports_no_step(project):
    project.edit(PAGES)
    blind = replace(project.part, client={}.__getitem__)
    assert blind.pending(Heads()) == 3
    assert project.ran == []


def test_pending_is_unknown_if_the_site_cannot_be_built(project):
    project.deploy(PAGES)
    project.edit({})
    assert project.part.pending(project.heads) is None
    assert project.part.steps.failed is None


# --- back to a release


def test_a_release_is_served_again_without_an_upload(project):
    first = project.deploy(PAGES)
    project.deploy({"index.html": b"<p>2", "a.css": b"a", "new.css": b"n"})
    comparison = project.compare(project.part.released(first))
    assert actions(comparison) == {"index.html": "update", "b.css": "create", "new.css": "delete"}
    project.part.check(comparison, OUTPUTS)
    record = project.apply(comparison)
    assert project.served == PAGES
    assert {operation for operation, _ in project.writes} == {"copy_object", "delete_objects"}
    assert recorded(record) == project.account.versions
    assert project.ran == ["restore-site", "invalidate-site"]
    assert project.stale == [["/", "/index.html", "/new.css"]]


def test_a_version_that_is_gone_is_refused_before_anything_changes(project):
    first = project.deploy(PAGES)
    project.deploy({**PAGES, "index.html": b"<p>2"})
    gone = first.parts["site"].objects["index.html"].version_id
    project.account.delete("index.html", VersionId=gone)
    comparison = project.compare(project.part.released(first))
    project.account.forget_calls()
    with pytest.raises(CloudError, match=r"index\.html cannot be restored") as refused:
        project.part.check(comparison, OUTPUTS)
    assert refused.value.code == "version-gone"
    assert project.writes == []


def test_versions_that_need_not_be_copied_are_not_checked(project):
    first = project.deploy(PAGES)
    project.deploy({**PAGES, "index.html": b"<p>2"})
    comparison = project.compare(project.part.released(first))
    project.account.forget_calls()
    project.part.check(comparison, OUTPUTS)
    assert project.account.calls == [("get_object", "index.html")]


def test_a_bucket_without_objects_must_still_exist(project):
    project.edit(PAGES)
    comparison = project.compare()
    project.part.check(comparison, OUTPUTS)
    project.account.others.delete_bucket(Bucket=comparison.live.bucket)
    with pytest.raises(CloudError, match="does not exist any more") as refused:
        project.part.check(comparison, OUTPUTS)
    assert "leave out --only" in refused.value.hint


def test_otherwise_the_worktree_needs_no_check(project):
    project.deploy(PAGES)
    project.edit({**PAGES, "new.html": b"<p>new"})
    comparison = project.compare()
    project.account.forget_calls()
    project.part.check(comparison, OUTPUTS)
    assert project.account.calls == []


# --- drift


def test_a_site_as_released_has_not_drifted(project):
    project.deploy(PAGES)
    assert project.drift().changes == ()


def test_drift_has_its_kinds(project):
    project.deploy({**PAGES, "c.css": b"c"})
    page = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
    project.account.put("index.html", b"evil", **page)
    project.account.put("a.css", b"a", ContentType="text/plain")
    project.account.put("new.txt", b"n")
    project.account.delete("b.css")
    assert {change.key: change.kind for change in project.drift().changes} == {
        "index.html": "object",
        "a.css": "headers",
        "b.css": "deleted",
        "new.txt": "unmanaged",
    }


def test_drift_says_since_when_an_object_is_different(project):
    project.deploy(PAGES)
    project.account.aws.clock.advance(3600)
    project.account.put("index.html", b"evil")
    project.account.put("a.css", b"a", ContentType="text/css")
    project.account.delete("b.css")
    since = project.drift().since
    assert since["index.html"] == "2026-11-27T11:01:00+00:00"
    assert "b.css" not in since


def test_what_drifted_is_reverted(project):
    project.deploy(PAGES)
    project.account.put("index.html", b"evil")
    project.account.put("new.txt", b"n")
    record = project.revert()
    assert project.served == PAGES
    assert recorded(record) == project.account.versions


def test_an_ignored_object_is_left_and_stays_as_recorded(project):
    released = project.deploy(PAGES).parts["site"]
    project.account.put("index.html", b"theirs")
    project.account.put("a.css", b"evil")
    record = project.revert("index.html")
    assert (project.served["index.html"], project.served["a.css"]) == (b"theirs", b"a")
    assert record.objects["index.html"] == released.objects["index.html"]
    assert recorded(record)["a.css"] == project.account.versions["a.css"]
    project.release(record)
    assert [change.key for change in project.drift().changes] == ["index.html"]


def test_an_ignored_object_of_somebody_else_is_neither_deleted_nor_recorded(project):
    project.deploy(PAGES)
    project.account.put("theirs.txt", b"t")
    record = project.revert("theirs.txt")
    assert project.served["theirs.txt"] == b"t"
    assert "theirs.txt" not in record.objects


# --- settings, pruning


def test_cache_rules_of_the_settings_apply(project):
    builder = project.part.builder
    settings = replace(builder.settings, cache=(CacheRule("*.css", "max-age=7"),))
    project.part = replace(project.part, builder=replace(builder, settings=settings))
    record = project.deploy(PAGES).parts["site"]
    assert record.objects["a.css"].cache_control == "max-age=7"


def test_exactly_the_named_versions_are_pruned(project):
    old, new = (project.account.put("a.css", body) for body in (b"1", b"2"))
    other = project.account.put("b.css", b"b")
    project.part.prune({("a.css", old)}, OUTPUTS)
    left = project.account.others.list_object_versions(Bucket="site")
    rows = [(entry["Key"], entry["VersionId"]) for entry in left["Versions"]]
    assert rows == [("a.css", new), ("b.css", other)]
    assert "DeleteMarkers" not in left


def test_a_denied_listing_does_not_mean_an_empty_bucket(project):
    project.account.fail(Fault("refuse", call="list_object_versions", code="AccessDenied"))
    with pytest.raises(ClientError, match="AccessDenied"):
        project.part.live(OUTPUTS, None)


def test_a_release_without_a_site_has_no_objects(project):
    assert project.part.released(project.release(None)) == SiteRecord({})


# --- what a failed upload wrote


def test_what_was_written_before_a_failure_is_left(project):
    project.deploy(PAGES)
    key, other = sorted(PAGES)[:2]
    project.edit({**PAGES, key: b"<p>changed", other: b"<p>changed"})
    intent = json.loads(json.dumps(project.part.intent(project.compare())))
    assert left(project, intent) == frozenset()
    version = project.account.put(key, b"<p>changed")
    project.account.put(other, b"<p>by somebody else")
    assert left(project, intent) == {(key, version)}


def test_an_object_that_had_the_bytes_before_was_not_uploaded(project):
    project.edit(PAGES)
    key = min(PAGES)
    project.account.put(key, PAGES[key], ContentType="text/plain")
    intent = project.part.intent(project.compare())
    assert (key in intent["objects"], left(project, intent)) == (True, frozenset())


def test_without_a_look_nothing_is_left(project):
    project.edit(PAGES)
    intent = project.part.intent(project.compare())
    assert project.part.left(intent, None, {}) == frozenset()


def test_without_an_object_to_write_there_is_no_intent(project):
    project.deploy(PAGES)
    key = min(PAGES)
    project.edit({name: data for name, data in PAGES.items() if name != key})
    comparison = project.compare()
    assert [change.action for change in comparison.changes] == ["delete"]
    assert project.part.intent(comparison) is None
    assert project.part.intent(replace(comparison, wanted=None, changes=())) is None


def left(project, intent):
    return project.part.left(intent, project.part.live(OUTPUTS, None), OUTPUTS)
