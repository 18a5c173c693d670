"""The function as a part: which code is published when, and what is recorded of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import pytest

from resumectl.errors import BuildError, CloudError, Refused, SmokeFailed
from resumectl.function import archive
from resumectl.function.deployed import Deployed
from resumectl.function.part import FunctionPart
from resumectl.function.record import FunctionRecord
from resumectl.plan import UNKNOWN, UNPUBLISHED, Change
from resumectl.progress import Silent, Steps
from resumectl.release.ledger import Heads
from resumectl.release.record import Release
from resumectl.settings import BackendSettings

OUTPUTS = {"function_name": "f", "function_alias": "live"}
FUNCTION = "aws_lambda_function.counter"
NEW_MEMORY = Change("infra", FUNCTION, {"memory_size": 128}, {"memory_size": 256})
CREATED = Change("infra", FUNCTION, None, {"name": "f"})
REPLACED = Change("infra", FUNCTION, {"name": "f"}, {"name": "f", "(replace)": True})
DELETED = Change("infra", FUNCTION, {"name": "f"}, None)
OTHER = Change("infra", "aws_dynamodb_table.counter", {"tags": {}}, {"tags": {"a": "b"}})


@dataclass
class Project:
    """A function with its source folder; `edit` changes the handler."""

    part: FunctionPart
    service: object
    edit: object
    kept: dict
    releases: list = field(default_factory=list)

    @property
    def live(self):
        return self.part.live(OUTPUTS, None)

    @property
    def heads(self):
        return Heads(self.releases[-1], self.releases[-1])

    @property
    def ran(self):
        return list(self.part.steps.timings)

    def compare(self, wanted, *earlier):
        return self.part.compare(self.live, wanted, earlier, threading.Event())

    def deploy(self, text):
        """Deploy this handler; returns the release."""
        self.edit(text)
        applied = self.part.apply(self.compare(self.part.worktree()), OUTPUTS)
        return self.release(applied.record)

    def release(self, record):
        parts = {"function": record} if record else {}
        number = len(self.releases) + 1
        release = Release(number, "prod", "2026-11-22T09:00:00Z", "verified", {}, parts=parts)
        self.releases.append(release)
        self.service.forget()
        self.part.steps.timings.clear()
        return release

    def revert(self, *ignored):
        """Revert everything that drifted but these keys; returns what is recorded then."""
        drift = self.part.drift(self.heads, self.live, threading.Event()).changes
        left = tuple(change for change in drift if change.key not in ignored)
        kept = tuple(change for change in drift if change.key in ignored)
        comparison = self.part.revert(self.heads, self.live, left, kept)
        self.part.check(comparison, OUTPUTS)
        return self.part.apply(comparison, OUTPUTS).record


@pytest.fixture
def project(tmp_path, service, packaged, kept, patience):
    """A project whose function Terraform has just created from its first code."""
    service.create(packaged("first").data)
    part = FunctionPart(
        BackendSettings(tmp_path / "src"),
        zip_file=tmp_path / "function.zip",
        run=tmp_path / "run",
        artifacts=kept,
        client=service.client,
        steps=Steps(Silent()),
        check_handler=lambda *_: None,
        update=patience(),
        health=patience(5),
    )
    return Project(part, service, packaged, kept)


def serve(project, **settings):
    """The digest of the live code, and whether the alias has these settings."""
    live = project.live.live
    return live.sha256, {name: live.settings[name] for name in settings} == settings


# --- the worktree


def test_the_zip_is_written_for_terraform(project):
    zipped = project.part.worktree()
    assert project.part.zip_file.read_bytes() == zipped.data
    assert project.ran == ["package-function"]


def test_a_handler_that_does_not_load_leaves_the_old_zip(project):
    old = project.part.worktree().data
    project.edit("broken")

    def refuse(source, handler):
        assert (source / "counter.py").read_text() == "broken"
        raise BuildError(f"{handler} does not load.")

    with pytest.raises(BuildError, match=r"counter\.handler"):
        replace(project.part, check_handler=refuse).worktree()
    assert project.part.zip_file.read_bytes() == old


def test_pending_counts_an_edited_handler(project):
    assert project.part.pending(Heads()) == 1
    project.deploy("first")
    assert project.part.pending(project.heads) == 0
    project.edit("second")
    assert project.part.pending(project.heads) == 1


def test_pending_is_unknown_if_the_code_cannot_be_packaged(project):
    project.deploy("first")
    (project.part.settings.source / "counter.py").unlink()
    assert project.part.pending(project.heads) is None


def test_before_the_first_deploy_lambda_is_not_asked(project):
    blind = replace(project.part, client={}.__getitem__)
    assert blind.live({}, None) == Deployed()


# --- deploying it


def test_the_first_deploy_publishes_what_terraform_uploaded(project):
    zipped = project.edit("first")
    release = project.deploy("first")
    assert serve(project) == (zipped.sha256, True)
    assert release.parts["function"] == FunctionRecord.of(project.live)


def test_new_code_is_shown_once(project):
    project.deploy("first")
    project.edit("second")
    (change,) = project.compare(project.part.worktree()).changes
    assert (change.key, change.action, change.fields) == ("live", "update", ("sha256",))
    assert change.kind is None


def test_an_unchanged_function_is_not_written_but_its_zip_is_kept(project):
    release = project.deploy("first")
    project.kept.clear()
    comparison = project.compare(project.part.worktree())
    applied = project.part.apply(comparison, OUTPUTS)
    assert (comparison.changes, project.service.calls) == ((), [])
    assert applied.record == release.parts["function"]
    assert list(project.kept) == [applied.record.sha256]


def test_the_record_is_what_was_read_back(project):
    """Somebody changes a setting after the comparison: the published version has it."""
    comparison = project.compare(project.part.worktree())
    project.service.configure(MemorySize=512)
    record = project.part.apply(comparison, OUTPUTS).record
    assert record.settings["memory_mb"] == 512
    assert record == FunctionRecord.of(project.live)


def test_code_that_does_not_work_is_neither_live_nor_kept(project):
    project.deploy("first")
    served = serve(project)
    broken = project.edit("broken")
    project.service.set_answer(broken.code_sha256, {"statusCode": 500})
    with pytest.raises(SmokeFailed):
        project.deploy("broken")
    assert serve(project) == served
    assert broken.sha256 not in project.kept
    assert project.part.steps.failed == "publish-function"


def test_unpublished_code_is_shown_only_by_itself(project):
    """No visitor gets it, so it has a kind of its own; publishing replaces it anyway."""
    project.deploy("first")
    project.service.replace_code(b"somebody else's")
    (change,) = project.compare(project.part.worktree()).changes
    assert (change.key, change.kind) == ("$LATEST", UNPUBLISHED)
    project.edit("second")
    (change,) = project.compare(project.part.worktree()).changes
    assert (change.key, change.kind) == ("live", None)


def test_unpublished_code_is_replaced_without_a_new_version(project):
    release = project.deploy("first")
    project.service.replace_code(b"somebody else's")
    project.deploy("first")
    assert project.releases[-1].parts == release.parts
    assert project.service.versions == ["1"]


def test_settings_are_unknown_while_terraform_is_about_to_change_them(project):
    project.deploy("first")
    (change,) = project.compare(project.part.worktree(), NEW_MEMORY).changes
    assert (change.key, change.fields) == ("live", ("settings",))
    assert change.after["settings"] == UNKNOWN


def test_before_terraform_has_run_the_function_is_created(project):
    comparison = project.part.compare(Deployed(), project.part.worktree(), (), threading.Event())
    (change,) = comparison.changes
    assert (change.key, change.action) == ("live", "create")


def test_a_release_that_says_what_is_live_is_recorded(project):
    project.deploy("first")
    comparison = project.compare(project.part.worktree())
    assert project.part.is_recorded(comparison, project.heads)
    project.service.divert()
    comparison = project.compare(project.part.worktree())
    assert not project.part.is_recorded(comparison, project.heads)


def test_a_function_that_was_not_chosen_counts_as_recorded(project):
    project.deploy("first")
    project.service.move("$LATEST")
    assert project.part.is_recorded(project.compare(None), project.heads)


# --- deploying only the infrastructure


def test_an_edited_handler_is_not_published_with_only_infra(project):
    project.deploy("first")
    project.edit("second")
    comparison = project.compare(None, OTHER)
    assert comparison.changes == ()
    project.part.check(comparison, OUTPUTS)
    assert project.part.apply(comparison, OUTPUTS).record is None
    assert project.service.calls == []


def test_new_settings_reach_the_alias_with_the_live_code(project):
    first = project.edit("first")
    project.deploy("first")
    project.edit("second")
    comparison = project.compare(None, NEW_MEMORY)
    (change,) = comparison.changes
    assert (change.key, change.fields) == ("live", ("settings",))
    project.service.configure(MemorySize=256)
    record = project.part.apply(comparison, OUTPUTS).record
    assert serve(project, memory_mb=256) == (first.sha256, True)
    assert record == FunctionRecord.of(project.live)
    assert "update_function_code" not in project.service.calls


def test_new_settings_need_no_zip_while_the_live_code_is_uploaded(project):
    first = project.edit("first")
    project.deploy("first")
    project.kept.clear()
    comparison = project.compare(None, NEW_MEMORY)
    project.part.check(comparison, OUTPUTS)
    project.service.configure(MemorySize=256)
    project.part.apply(comparison, OUTPUTS)
    assert serve(project, memory_mb=256) == (first.sha256, True)
    assert project.kept == {}


def test_the_live_code_is_uploaded_from_its_zip_if_other_code_replaced_it(project):
    first = project.edit("first")
    project.deploy("first")
    project.edit("second")
    project.service.replace_code(b"somebody else's")
    comparison = project.compare(None, NEW_MEMORY)
    project.service.configure(MemorySize=256)
    project.part.apply(comparison, OUTPUTS)
    assert serve(project, memory_mb=256) == (first.sha256, True)
    assert project.live.latest.sha256 == first.sha256


def test_the_live_code_survives_a_function_that_terraform_replaces(project):
    first = project.edit("first")
    project.deploy("first")
    second = project.edit("second")
    comparison = project.compare(None, REPLACED)
    project.service.create(second.data)
    project.part.apply(comparison, OUTPUTS)
    assert serve(project) == (first.sha256, True)


def test_new_settings_are_refused_if_the_zip_of_the_live_code_is_gone(project):
    project.deploy("first")
    project.service.replace_code(b"somebody else's")
    project.kept.clear()
    comparison = project.compare(None, NEW_MEMORY)
    for refuse in (project.part.check, project.part.apply):
        with pytest.raises(Refused, match="zip of its live code is gone") as refused:
            refuse(comparison, OUTPUTS)
        assert refused.value.code == "artifacts-gone"
        assert "--only" in refused.value.hint
    assert project.service.calls == []


@pytest.mark.parametrize("change", [OTHER, DELETED])
def test_other_changes_of_the_infrastructure_publish_nothing(project, change):
    project.deploy("first")
    assert project.compare(None, change).changes == ()


def test_only_the_infrastructure_cannot_create_the_function(project):
    """It would be made from whatever zip is there, or from none."""
    with pytest.raises(Refused, match="its code is not part of this deploy") as refused:
        project.part.compare(Deployed(), None, (CREATED,), threading.Event())
    assert refused.value.code == "no-code"
    project.part.compare(Deployed(), project.part.worktree(), (CREATED,), threading.Event())


# --- back to a release


def test_a_release_is_served_again_by_its_version(project):
    first = project.deploy("first")
    project.deploy("second")
    comparison = project.compare(project.part.released(first))
    assert {change.key for change in comparison.changes} == {"live", "$LATEST"}
    project.part.check(comparison, OUTPUTS)
    assert project.part.apply(comparison, OUTPUTS).record == first.parts["function"]
    assert project.ran == ["restore-function"]


def test_only_what_is_left_in_the_comparison_is_restored(project):
    """A rollback leaves out what no visitor notices."""
    first = project.deploy("first")
    second = project.deploy("second").parts["function"]
    comparison = project.compare(project.part.released(first))
    visible = tuple(change for change in comparison.changes if change.kind != UNPUBLISHED)
    record = project.part.apply(replace(comparison, changes=visible), OUTPUTS).record
    assert record == replace(first.parts["function"], latest=second.latest)
    assert "update_function_code" not in project.service.calls


def test_a_release_without_a_function_leaves_the_function_alone(project):
    bare = project.release(None)
    project.deploy("first")
    comparison = project.compare(project.part.released(bare))
    project.part.check(comparison, OUTPUTS)
    assert comparison.changes == ()
    assert project.part.apply(comparison, OUTPUTS).record is None
    assert project.service.calls == []


def test_a_release_whose_version_and_zip_are_gone_is_refused_before_anything_changes(project):
    first = project.deploy("first")
    project.deploy("second")
    project.service.delete_version("1")
    del project.kept[first.parts["function"].sha256]
    comparison = project.compare(project.part.released(first))
    with pytest.raises(Refused, match="its function's code is gone"):
        project.part.check(comparison, OUTPUTS)
    assert project.service.calls == []


def test_the_zip_of_a_release_is_written_for_terraform(project):
    first = project.deploy("first")
    project.edit("second")
    file = project.part.released_zip(first)
    assert archive.of(file.read_bytes()).sha256 == first.parts["function"].sha256
    assert file != project.part.zip_file


def test_a_release_without_a_kept_zip_has_none_for_terraform(project):
    first = project.deploy("first")
    project.kept.clear()
    assert project.part.released_zip(first) is None
    assert project.part.released_zip(project.release(None)) is None


# --- drift


def drift(project):
    return project.part.drift(project.heads, project.live, threading.Event())


def test_a_function_as_released_has_not_drifted(project):
    project.deploy("first")
    assert drift(project).changes == ()


def test_drift_of_code_and_of_settings_have_their_kinds(project):
    project.deploy("first")
    project.service.configure(MemorySize=1024)
    project.service.move(project.service.publish())
    project.service.replace_code(b"somebody else's")
    changes = {change.key: change.kind for change in drift(project).changes}
    assert changes == {"live": "settings", "$LATEST": "code"}
    project.service.move("$LATEST")
    changes = {change.key: change.kind for change in drift(project).changes}
    assert changes == {"live": "code", "$LATEST": "code"}


def test_drift_of_the_unpublished_code_says_since_when(project):
    project.deploy("first")
    project.service.aws.clock.advance(90)
    project.service.replace_code(b"somebody else's")
    assert drift(project).since == {"$LATEST": "2026-11-27T10:01:30.000+0000"}


def test_a_missing_function_or_alias_is_left_to_the_infrastructure(project):
    project.deploy("first")
    project.service.delete_alias()
    assert drift(project).changes == ()
    project.service.delete()
    assert drift(project).changes == ()


def test_a_function_that_no_release_recorded_has_not_drifted(project):
    project.deploy("first")
    project.release(None)
    assert drift(project).changes == ()


def test_what_drifted_is_reverted(project):
    released = project.deploy("first").parts["function"]
    project.service.replace_code(b"somebody else's")
    project.service.move("$LATEST")
    assert project.revert() == released
    assert drift(project).changes == ()


def test_ignored_unpublished_code_is_left_and_stays_as_recorded(project):
    released = project.deploy("first").parts["function"]
    project.service.replace_code(b"somebody else's")
    project.service.divert()
    assert project.revert("$LATEST") == released
    assert "update_function_code" not in project.service.calls
    assert [change.key for change in drift(project).changes] == ["$LATEST"]


def test_an_ignored_alias_is_left_and_stays_as_recorded(project):
    released = project.deploy("first").parts["function"]
    project.service.replace_code(b"somebody else's")
    project.service.divert()
    assert project.revert("live") == released
    assert project.service.calls == ["update_function_code"]


def test_drift_that_is_ignored_altogether_changes_nothing(project):
    released = project.deploy("first").parts["function"]
    project.service.replace_code(b"somebody else's")
    assert project.revert("$LATEST") == released
    assert project.service.calls == []


def test_without_a_release_there_is_nothing_to_revert_to(project):
    comparison = project.part.revert(Heads(), project.live, (), ())
    assert (comparison.wanted, comparison.changes) == (None, ())


# --- pruning


def test_exactly_what_is_named_is_pruned(project):
    first, second, _ = (project.deploy(text).parts["function"] for text in "abc")
    project.part.prune({("version", "1", first.sha256), ("package", second.sha256)}, OUTPUTS)
    assert project.service.versions == ["2", "3"]
    assert second.sha256 not in project.kept
    assert first.sha256 in project.kept


def test_a_version_number_that_means_other_code_now_is_not_pruned(project):
    project.deploy("a")
    project.deploy("b")
    project.part.prune({("version", "1", "other")}, OUTPUTS)
    assert project.service.versions == ["1", "2"]


def test_a_record_is_read_as_it_was_written(project):
    record = project.deploy("first").parts["function"]
    assert project.part.record(record.as_json()) == record


def test_a_function_that_is_gone_is_named_when_it_should_be_published(project):
    comparison = project.compare(project.part.worktree())
    project.service.delete()
    with pytest.raises(CloudError, match="There is no function f"):
        project.part.apply(comparison, OUTPUTS)


# --- what an `apply` that did not end has uploaded


def left(project, intent):
    return project.part.left(intent, project.live, OUTPUTS)


def test_a_version_that_was_published_and_not_recorded_is_left(project):
    first = project.deploy("first").parts["function"]
    project.edit("second")
    comparison = project.compare(project.part.worktree())
    intent = project.part.intent(comparison)
    assert left(project, intent) == frozenset()
    record = project.part.apply(comparison, OUTPUTS).record
    assert left(project, intent) == record.needs() - {("package", first.latest)}
    assert ("version", first.version, first.sha256) not in left(project, intent)


def test_settings_publish_the_live_code_again(project):
    record = project.deploy("first").parts["function"]
    intent = project.part.intent(project.compare(None, NEW_MEMORY))
    assert intent == {"sha256": record.sha256}


def test_a_restored_release_publishes_its_own_code(project):
    first = project.deploy("first")
    project.deploy("second")
    intent = project.part.intent(project.compare(project.part.released(first)))
    assert intent == {"sha256": first.parts["function"].sha256}


def test_without_a_change_there_is_no_intent(project):
    project.deploy("first")
    assert project.part.intent(project.compare(project.part.worktree())) is None
    assert project.part.intent(project.compare(None, OTHER)) is None


def test_before_there_is_a_function_only_its_zip_can_be_left(project):
    digest = project.part.worktree().sha256
    assert project.part.left({"sha256": digest}, None, {}) == frozenset()
    project.kept[digest] = b"zip"
    assert project.part.left({"sha256": digest}, None, {}) == {("package", digest)}
