"""Publishing: what is done, in which order, and that it can be repeated after any failure."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from resumectl.errors import CloudError, SmokeFailed
from resumectl.function import snapshot
from resumectl.function.deployed import Configuration
from resumectl.function.publish import delete_version, move_alias, publish, serve, upload
from resumectl.plan import diff

ALL = ["update_function_code", "publish_version", "invoke", "update_alias"]


def settled_at(function, archive):
    deployed = function.deployed()
    wanted = snapshot.worktree(archive, deployed.latest.settings)
    return diff("function", snapshot.live(deployed), wanted) == ()


# --- what is done


def test_the_first_release_publishes_what_terraform_uploaded(created, service, zipped):
    assert publish(created, zipped(b"first")) == "1"
    assert service.calls == ALL[1:]
    assert settled_at(created, zipped(b"first"))


def test_new_code_goes_through_every_step_in_order(live, service, zipped):
    assert publish(live, zipped(b"second")) == "2"
    assert service.calls == ALL
    assert service.steps == [
        "uploading",
        "waiting for Lambda",
        "publishing a version",
        "checking the version",
        "moving the alias",
    ]
    assert settled_at(live, zipped(b"second"))


def test_publishing_the_same_code_again_does_nothing(live, service, zipped):
    assert publish(live, zipped(b"first")) == "1"
    assert service.calls == []
    assert service.steps == []


def test_a_setting_reaches_the_alias_without_an_upload(live, service, zipped):
    service.configure(MemorySize=256)
    assert publish(live, zipped(b"first")) == "2"
    assert service.calls == ALL[1:]
    assert live.deployed().live.settings["memory_mb"] == 256


def test_traffic_that_was_sent_to_another_version_returns(live, service, zipped):
    service.divert(0.5)
    assert publish(live, zipped(b"first")) == "1"
    assert service.calls == ["update_alias"]
    assert settled_at(live, zipped(b"first"))


def test_tampered_unpublished_code_is_replaced_without_a_new_version(live, service, zipped):
    service.replace_code(b"tampered")
    assert publish(live, zipped(b"first")) == "1"
    assert service.calls == ["update_function_code"]
    assert settled_at(live, zipped(b"first"))


def test_an_alias_that_was_moved_to_latest_returns_to_the_version(live, service, zipped):
    service.move("$LATEST")
    assert publish(live, zipped(b"first")) == "1"
    assert settled_at(live, zipped(b"first"))


def test_after_a_rollback_a_deploy_reuses_the_existing_version(live, service, zipped):
    publish(live, zipped(b"second"))
    serve(live, "1")
    assert publish(live, zipped(b"second")) == "2"
    assert service.versions == ["1", "2"]


# --- waiting


def test_every_write_waits_until_lambda_is_ready(created, service, zipped, clock):
    service.aws.busy = 4
    publish(created, zipped(b"second"))
    assert settled_at(created, zipped(b"second"))
    assert clock.monotonic() > 0


def test_a_running_update_is_waited_for(live, service, zipped):
    service.before("update_function_code", lambda: service.update_slowly(reads=2))
    publish(live, zipped(b"second"))
    assert service.calls.count("update_function_code") == 2
    assert settled_at(live, zipped(b"second"))


def test_a_failed_update_names_the_reason_and_leaves_the_alias(live, service, zipped):
    service.function.failure = "the zip is broken"
    with pytest.raises(CloudError, match="the zip is broken"):
        publish(live, zipped(b"second"))
    assert service.calls == ["update_function_code"]
    assert live.deployed().live.version == "1"


def test_a_version_is_called_only_once_it_is_active(live, service, zipped):
    """One with SnapStart, or in a network, takes a while; until then a call is refused."""
    service.configure(SnapStart={"ApplyOn": "PublishedVersions"})
    service.aws.busy = 3
    publish(live, zipped(b"second"))
    assert service.calls.count("invoke") == 1
    assert settled_at(live, zipped(b"second"))


# --- a version that does not work

BROKEN = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'x'"}


@pytest.fixture
def breaking(service):
    """Breaks some code, which then answers so."""

    def break_code(archive, answer=BROKEN):
        service.set_answer(archive.code_sha256, answer)
        return archive

    return break_code


@pytest.mark.parametrize("answer", [BROKEN, {"statusCode": 500}])
def test_a_broken_version_gets_no_traffic_and_is_deleted(live, service, breaking, zipped, answer):
    archive = breaking(zipped(b"broken"), answer)
    with pytest.raises(SmokeFailed, match="does not work") as caught:
        publish(live, archive)
    assert caught.value.code == "unhealthy"
    assert live.deployed().live.version == "1"
    assert service.versions == ["1"]
    assert service.steps[-1] == "taking the version back"


def test_the_previous_code_can_be_deployed_after_a_broken_one(live, zipped, breaking):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(zipped(b"broken")))
    assert not settled_at(live, zipped(b"first"))
    assert publish(live, zipped(b"first")) == "1"
    assert settled_at(live, zipped(b"first"))


def test_fixed_code_goes_live_after_broken_code(live, zipped, breaking):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(zipped(b"broken")))
    publish(live, zipped(b"fixed"))
    assert settled_at(live, zipped(b"fixed"))


def test_a_version_that_was_there_before_is_not_deleted(live, service, breaking, zipped):
    """It may be what a release recorded, even if it does not work now."""
    publish(live, zipped(b"second"))
    serve(live, "1")
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(zipped(b"second")))
    assert service.versions == ["1", "2"]


def test_a_version_that_cannot_be_deleted_does_not_hide_the_reason(live, service, breaking, zipped):
    service.fault("refuse", "delete_function", code="ServiceException")
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(zipped(b"broken")))


def test_an_interrupted_check_deletes_the_version(live, service, zipped):
    service.fault("refuse", "invoke", error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        publish(live, zipped(b"second"))
    assert service.versions == ["1"]


# --- somebody else


def test_an_alias_that_somebody_else_moved_is_left_alone(live, service, zipped):
    service.before("update_alias", lambda: service.move("1"))
    with pytest.raises(CloudError, match="Somebody else moved the alias live") as caught:
        publish(live, zipped(b"second"))
    assert caught.value.code == "conflict"
    assert live.deployed().live.version == "1"
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))


def test_code_that_somebody_else_uploads_meanwhile_is_never_published(live, service, zipped):
    service.before("publish_version", lambda: service.replace_code(b"theirs"))
    with pytest.raises(CloudError, match="Somebody else changed the code") as caught:
        publish(live, zipped(b"second"))
    assert caught.value.code == "conflict"
    assert service.versions == ["1"]


def test_code_of_somebody_else_is_not_served_even_if_lambda_ignores_the_digest(
    live, service, zipped
):
    """The embedded cloud publishes whatever is there."""
    service.ignore_digests()
    service.before("publish_version", lambda: service.replace_code(b"theirs"))
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))
    assert service.versions == ["1"]
    assert live.deployed().live.version == "1"


def test_a_version_of_somebody_else_is_not_deleted(live, service, zipped):
    service.ignore_digests()

    def interfere():
        service.replace_code(b"first")  # publishing it gives version 1 again
        service.move("$LATEST")  # so that nothing keeps the version from being deleted

    service.before("publish_version", interfere)
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))
    assert "1" in service.versions


def test_code_replaced_right_after_the_upload_is_noticed(live, service, zipped):
    service.after("update_function_code", lambda: service.replace_code(b"theirs"))
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))


def test_code_replaced_while_it_is_corrected_is_noticed(live, service, zipped):
    """No version is published then, so nothing else would notice."""
    service.replace_code(b"tampered")
    service.after("update_function_code", lambda: service.replace_code(b"theirs"))
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"first"))
    assert service.calls == ["update_function_code"]


def test_another_reason_for_invalid_parameters_is_raised(live, service, zipped):
    service.fault("refuse", "publish_version", code="InvalidParameterValueException")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        publish(live, zipped(b"second"))


# --- what is missing


def test_without_a_function_the_hint_says_who_creates_it(function, zipped):
    with pytest.raises(CloudError, match="There is no function f") as caught:
        publish(function, zipped(b"first"))
    assert (caught.value.code, "Terraform" in caught.value.hint) == ("absent", True)


def test_without_the_alias_nothing_is_written(created, service, zipped):
    service.delete_alias()
    with pytest.raises(CloudError, match="There is no alias live of f"):
        publish(created, zipped(b"second"))
    assert service.calls == []


# --- any step fails, and the next run ends in the same place


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("step", ALL)
@pytest.mark.parametrize("kind", ["refused", "cut"])
def test_after_a_failure_at_any_step_the_next_run_ends_in_the_same_place(
    live, service, zipped, error_of, step, lost, kind
):
    error = (
        error_of("ServiceException")
        if kind == "refused"
        else ReadTimeoutError(endpoint_url="https://lambda")
    )
    service.fault("lose" if lost else "refuse", step, error=error)
    with pytest.raises(type(error)):
        publish(live, zipped(b"second"))
    served = live.deployed().live.sha256
    assert served == zipped(b"second" if step == "update_alias" and lost else b"first").sha256
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))
    assert len(service.versions) == 2
    service.forget()
    publish(live, zipped(b"second"))
    assert service.calls == []


# --- an earlier version


def test_an_earlier_version_is_called_before_it_gets_the_traffic(live, service, zipped):
    publish(live, zipped(b"second"))
    service.forget()
    serve(live, "1")
    assert service.calls == ["invoke", "update_alias"]
    assert live.deployed().live.sha256 == zipped(b"first").sha256


def test_the_version_that_is_live_is_left_alone(live, service):
    serve(live, "1")
    assert service.calls == []


def test_serving_the_live_version_takes_the_traffic_from_the_others(live, service):
    service.divert(0.5)
    serve(live, "1")
    assert live.deployed().routing == {}


def test_a_version_that_stopped_working_gets_no_traffic_and_is_kept(
    live, service, breaking, zipped
):
    publish(live, zipped(b"second"))
    breaking(zipped(b"first"))
    with pytest.raises(SmokeFailed, match="does not work"):
        serve(live, "1")
    assert live.deployed().live.version == "2"
    assert service.versions == ["1", "2"]


def test_without_a_function_no_version_can_be_served(function):
    with pytest.raises(CloudError, match="There is no function f"):
        serve(function, "1")


def test_the_alias_is_moved_only_from_the_revision_that_was_read(live):
    with pytest.raises(CloudError, match="Somebody else moved"):
        move_alias(live, "$LATEST", "revision-of-long-ago")


def test_a_retried_move_whose_response_was_lost_succeeds(live, service, zipped):
    """boto3 retries, and finds the alias at the revision of its own first attempt."""
    service.fault("repeat", "update_alias")
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))


# --- the unpublished code, and old versions


def test_an_upload_reaches_no_visitor(live, service, zipped):
    latest = upload(live, zipped(b"second"))
    assert isinstance(latest, Configuration)
    assert latest.sha256 == zipped(b"second").sha256
    assert live.deployed().live.version == "1"
    assert service.versions == ["1"]


def test_an_old_version_is_deleted(live, service, zipped):
    publish(live, zipped(b"second"))
    delete_version(live, "1", zipped(b"first").sha256)
    assert service.versions == ["2"]


def test_a_version_number_that_means_other_code_now_is_not_deleted(live, service, zipped):
    publish(live, zipped(b"second"))
    delete_version(live, "1", zipped(b"another").sha256)
    assert service.versions == ["1", "2"]


def test_a_version_behind_the_alias_is_not_deleted(live, service, zipped):
    delete_version(live, "1", zipped(b"first").sha256)
    assert service.versions == ["1"]


def test_a_version_that_is_gone_need_not_be_deleted(live, service, zipped):
    delete_version(live, "7", zipped(b"first").sha256)
    assert service.calls == []


def test_a_denied_deletion_is_an_error(live, service, zipped):
    publish(live, zipped(b"second"))
    service.fault("refuse", "delete_function", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        delete_version(live, "1", zipped(b"first").sha256)
