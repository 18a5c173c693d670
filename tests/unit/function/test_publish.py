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


def test_the_first_release_publishes_what_terraform_uploaded(function, zipped):
    created = function(code=b"first")
    assert publish(created, zipped(b"first")) == "1"
    assert created.client.calls == ALL[1:]
    assert settled_at(created, zipped(b"first"))


def test_new_code_goes_through_every_step_in_order(live, zipped):
    assert publish(live, zipped(b"second")) == "2"
    assert live.client.calls == ALL
    assert live.client.steps == [
        "uploading",
        "waiting for Lambda",
        "publishing a version",
        "checking the version",
        "moving the alias",
    ]
    assert settled_at(live, zipped(b"second"))


def test_publishing_the_same_code_again_does_nothing(live, zipped):
    assert publish(live, zipped(b"first")) == "1"
    assert live.client.calls == []
    assert live.client.steps == []


def test_a_setting_reaches_the_alias_without_an_upload(live, zipped):
    live.client.configure(MemorySize=256)
    assert publish(live, zipped(b"first")) == "2"
    assert live.client.calls == ALL[1:]
    assert live.deployed().live.settings["memory_mb"] == 256


def test_traffic_that_was_sent_to_another_version_returns(live, zipped):
    live.client.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    assert publish(live, zipped(b"first")) == "1"
    assert live.client.calls == ["update_alias"]
    assert settled_at(live, zipped(b"first"))


def test_tampered_unpublished_code_is_replaced_without_a_new_version(live, zipped):
    live.client.replace_code(b"tampered")
    assert publish(live, zipped(b"first")) == "1"
    assert live.client.calls == ["update_function_code"]
    assert settled_at(live, zipped(b"first"))


def test_an_alias_that_was_moved_to_latest_returns_to_the_version(live, zipped):
    live.client.move("$LATEST")
    assert publish(live, zipped(b"first")) == "1"
    assert settled_at(live, zipped(b"first"))


def test_after_a_rollback_a_deploy_reuses_the_existing_version(live, zipped):
    publish(live, zipped(b"second"))
    serve(live, "1")
    assert publish(live, zipped(b"second")) == "2"
    assert list(live.client.versions) == ["1", "2"]


# --- waiting


def test_every_write_waits_until_lambda_is_ready(function, zipped, clock):
    created = function(code=b"first", busy=4)
    publish(created, zipped(b"second"))
    assert settled_at(created, zipped(b"second"))
    assert clock.now > 0


def test_a_running_update_is_waited_for(live, zipped):
    live.client.before["update_function_code"] = lambda: setattr(live.client, "_pending", 2)
    publish(live, zipped(b"second"))
    assert live.client.calls.count("update_function_code") == 2
    assert settled_at(live, zipped(b"second"))


def test_a_failed_update_names_the_reason_and_leaves_the_alias(live, zipped):
    update = live.client.update_function_code

    def failing(**arguments):
        update(**arguments)
        live.client.configure(LastUpdateStatus="Failed", LastUpdateStatusReason="the zip is broken")

    live.client.update_function_code = failing
    with pytest.raises(CloudError, match="the zip is broken"):
        publish(live, zipped(b"second"))
    assert live.client.calls == ["update_function_code"]
    assert live.deployed().live.version == "1"


def test_a_version_is_called_only_once_it_is_active(live, zipped):
    """One with SnapStart, or in a network, takes a while; until then a call is refused."""
    read, invoke, pending = live.client.get_function_configuration, live.client.invoke, [1, 2, 3]

    def slow(FunctionName, Qualifier="$LATEST"):
        waiting = Qualifier == "2" and pending and pending.pop()
        return {**read(FunctionName, Qualifier), **({"State": "Pending"} if waiting else {})}

    def strict(**arguments):
        assert not pending
        return invoke(**arguments)

    live.client.get_function_configuration, live.client.invoke = slow, strict
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))


# --- a version that does not work

BROKEN = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'x'"}


def breaking(live, archive, answer=BROKEN):
    live.client.answers[archive.code_sha256] = answer
    return archive


@pytest.mark.parametrize("answer", [BROKEN, {"statusCode": 500}])
def test_a_broken_version_gets_no_traffic_and_is_deleted(live, zipped, answer):
    archive = breaking(live, zipped(b"broken"), answer)
    with pytest.raises(SmokeFailed, match="does not work") as caught:
        publish(live, archive)
    assert caught.value.code == "unhealthy"
    assert live.deployed().live.version == "1"
    assert list(live.client.versions) == ["1"]
    assert live.client.steps[-1] == "taking the version back"


def test_the_previous_code_can_be_deployed_after_a_broken_one(live, zipped):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(live, zipped(b"broken")))
    assert not settled_at(live, zipped(b"first"))
    assert publish(live, zipped(b"first")) == "1"
    assert settled_at(live, zipped(b"first"))


def test_fixed_code_goes_live_after_broken_code(live, zipped):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(live, zipped(b"broken")))
    publish(live, zipped(b"fixed"))
    assert settled_at(live, zipped(b"fixed"))


def test_a_version_that_was_there_before_is_not_deleted(live, zipped):
    """It may be what a release recorded, even if it does not work now."""
    publish(live, zipped(b"second"))
    serve(live, "1")
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(live, zipped(b"second")))
    assert list(live.client.versions) == ["1", "2"]


def test_a_version_that_cannot_be_deleted_does_not_hide_the_reason(live, zipped):
    live.client.fail_at = "delete_function"
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(live, zipped(b"broken")))


def test_an_interrupted_check_deletes_the_version(live, zipped):
    live.client.fail_at, live.client.error = "invoke", KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        publish(live, zipped(b"second"))
    assert list(live.client.versions) == ["1"]


# --- somebody else


def test_an_alias_that_somebody_else_moved_is_left_alone(live, zipped):
    live.client.before["update_alias"] = lambda: live.client.move("1")
    with pytest.raises(CloudError, match="Somebody else moved the alias live") as caught:
        publish(live, zipped(b"second"))
    assert caught.value.code == "conflict"
    assert live.deployed().live.version == "1"
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))


def test_code_that_somebody_else_uploads_meanwhile_is_never_published(live, zipped):
    live.client.before["publish_version"] = lambda: live.client.replace_code(b"theirs")
    with pytest.raises(CloudError, match="Somebody else changed the code") as caught:
        publish(live, zipped(b"second"))
    assert caught.value.code == "conflict"
    assert list(live.client.versions) == ["1"]


def test_code_of_somebody_else_is_not_served_even_if_lambda_ignores_the_digest(live, zipped):
    """The embedded cloud publishes whatever is there."""
    strict = live.client.publish_version

    def lenient(FunctionName, CodeSha256):
        live.client.replace_code(b"theirs")
        return strict(FunctionName, live.client.latest["CodeSha256"])

    live.client.publish_version = lenient
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))
    assert list(live.client.versions) == ["1"]
    assert live.deployed().live.version == "1"


def test_a_version_of_somebody_else_is_not_deleted(live, zipped):
    strict = live.client.publish_version

    def lenient(FunctionName, CodeSha256):
        live.client.move("$LATEST")
        return {**strict(FunctionName, CodeSha256), **live.client.versions["1"]}

    live.client.publish_version = lenient
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))
    assert "1" in live.client.versions


def test_code_replaced_right_after_the_upload_is_noticed(live, zipped):
    update = live.client.update_function_code

    def raced(**arguments):
        update(**arguments)
        live.client.replace_code(b"theirs")

    live.client.update_function_code = raced
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))


def test_code_replaced_while_it_is_corrected_is_noticed(live, zipped):
    """No version is published then, so nothing else would notice."""
    live.client.replace_code(b"tampered")
    update = live.client.update_function_code

    def raced(**arguments):
        update(**arguments)
        live.client.replace_code(b"theirs")

    live.client.update_function_code = raced
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"first"))


def test_another_reason_for_invalid_parameters_is_raised(live, zipped, error_of):
    live.client.fail_at, live.client.error = (
        "publish_version",
        error_of("InvalidParameterValueException"),
    )
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        publish(live, zipped(b"second"))


# --- what is missing


def test_without_a_function_the_hint_says_who_creates_it(function, zipped):
    with pytest.raises(CloudError, match="There is no function f") as caught:
        publish(function(code=None), zipped(b"first"))
    assert (caught.value.code, "Terraform" in caught.value.hint) == ("absent", True)


def test_without_the_alias_nothing_is_written(function, zipped):
    created = function(code=b"first")
    created.client.alias = None
    with pytest.raises(CloudError, match="There is no alias live of f"):
        publish(created, zipped(b"second"))
    assert created.client.calls == []


# --- any step fails, and the next run ends in the same place


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("step", ALL)
@pytest.mark.parametrize("kind", ["refused", "cut"])
def test_after_a_failure_at_any_step_the_next_run_ends_in_the_same_place(
    live, zipped, error_of, step, lost, kind
):
    error = (
        error_of("ServiceException")
        if kind == "refused"
        else ReadTimeoutError(endpoint_url="https://lambda")
    )
    live.client.fail_at, live.client.lost, live.client.error = step, lost, error
    if not (step == "invoke" and lost):
        with pytest.raises(type(error)):
            publish(live, zipped(b"second"))
        served = live.deployed().live.sha256
        assert served == zipped(b"second" if step == "update_alias" and lost else b"first").sha256
    live.client.fail_at = None
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))
    assert len(live.client.versions) == 2
    live.client.calls.clear()
    publish(live, zipped(b"second"))
    assert live.client.calls == []


# --- an earlier version


def test_an_earlier_version_is_called_before_it_gets_the_traffic(live, zipped):
    publish(live, zipped(b"second"))
    live.client.calls.clear()
    serve(live, "1")
    assert live.client.calls == ["invoke", "update_alias"]
    assert live.deployed().live.sha256 == zipped(b"first").sha256


def test_the_version_that_is_live_is_left_alone(live):
    serve(live, "1")
    assert live.client.calls == []


def test_serving_the_live_version_takes_the_traffic_from_the_others(live):
    live.client.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    serve(live, "1")
    assert live.deployed().routing == {}


def test_a_version_that_stopped_working_gets_no_traffic_and_is_kept(live, zipped):
    publish(live, zipped(b"second"))
    breaking(live, zipped(b"first"))
    with pytest.raises(SmokeFailed, match="does not work"):
        serve(live, "1")
    assert live.deployed().live.version == "2"
    assert list(live.client.versions) == ["1", "2"]


def test_without_a_function_no_version_can_be_served(function):
    with pytest.raises(CloudError, match="There is no function f"):
        serve(function(code=None), "1")


def test_the_alias_is_moved_only_from_the_revision_that_was_read(live):
    with pytest.raises(CloudError, match="Somebody else moved"):
        move_alias(live, "$LATEST", "revision-of-long-ago")


def test_a_retried_move_whose_response_was_lost_succeeds(live, zipped):
    """boto3 retries, and finds the alias at the revision of its own first attempt."""
    live.client.before["update_alias"] = lambda: live.client.move("2")
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))


# --- the unpublished code, and old versions


def test_an_upload_reaches_no_visitor(live, zipped):
    latest = upload(live, zipped(b"second"))
    assert isinstance(latest, Configuration)
    assert latest.sha256 == zipped(b"second").sha256
    assert live.deployed().live.version == "1"
    assert list(live.client.versions) == ["1"]


def test_an_old_version_is_deleted(live, zipped):
    publish(live, zipped(b"second"))
    delete_version(live, "1", zipped(b"first").sha256)
    assert list(live.client.versions) == ["2"]


def test_a_version_number_that_means_other_code_now_is_not_deleted(live, zipped):
    publish(live, zipped(b"second"))
    delete_version(live, "1", zipped(b"another").sha256)
    assert list(live.client.versions) == ["1", "2"]


def test_a_version_behind_the_alias_is_not_deleted(live, zipped):
    delete_version(live, "1", zipped(b"first").sha256)
    assert list(live.client.versions) == ["1"]


def test_a_version_that_is_gone_need_not_be_deleted(live, zipped):
    delete_version(live, "7", zipped(b"first").sha256)
    assert live.client.calls == []


def test_a_denied_deletion_is_an_error(live, zipped, error_of):
    publish(live, zipped(b"second"))
    live.client.fail_at, live.client.error = "delete_function", error_of("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        delete_version(live, "1", zipped(b"first").sha256)
