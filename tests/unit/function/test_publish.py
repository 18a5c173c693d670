"""Publishing: what is done, in which order, and that any failure leaves a place to go on from."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from resumectl.errors import CloudError, SmokeFailed
from resumectl.function.deployed import worktree
from resumectl.function.publish import Lambda, move_alias, publish, restore
from resumectl.plan import diff

ALL = ["update_function_code", "publish_version", "invoke", "update_alias"]


@pytest.fixture
def function(fake, clock):
    """A function made of a fake, whose steps are remembered."""

    def make(client=None, **options):
        made = client or fake(**options)
        made.steps = []
        return Lambda(
            made, "f", update=clock.patience(), health=clock.patience(5), progress=made.steps.append
        )

    return make


@pytest.fixture
def live(function, zipped):
    """Version 1 of b"first" is live."""
    made = function(code=b"first")
    publish(made, zipped(b"first"))
    made.client.calls.clear()
    made.client.steps.clear()
    return made


def settled_at(function, archive):
    found = function.deployed()
    return diff("function", found.snapshot, worktree(archive, found.latest)) == ()


# --- what is done


def test_the_first_release_publishes_what_terraform_uploaded(function, zipped):
    made = function(code=b"first")
    result = publish(made, zipped(b"first"), description="first release")
    assert (result.version, result.sha256, result.changed) == ("1", zipped(b"first").sha256, True)
    assert made.client.calls == ALL[1:]
    assert made.client.versions["1"]["Description"] == "first release"
    assert settled_at(made, zipped(b"first"))


def test_new_code_goes_through_every_step_in_order(live, zipped):
    assert publish(live, zipped(b"second")).version == "2"
    assert live.client.calls == ALL
    assert live.client.steps == [
        "uploading",
        "waiting for Lambda",
        "publishing a version",
        "checking the version",
        "moving the alias",
    ]
    assert settled_at(live, zipped(b"second"))


def test_the_same_again_does_nothing(live, zipped):
    result = publish(live, zipped(b"first"))
    assert (result.version, result.changed) == ("1", False)
    assert live.client.calls == []
    assert live.client.steps == []


def test_a_setting_reaches_the_alias_without_an_upload(live, zipped):
    live.client.configure(MemorySize=256)
    assert publish(live, zipped(b"first")).version == "2"
    assert live.client.calls == ALL[1:]
    assert live.deployed().live.settings["memory_mb"] == 256


def test_traffic_sent_elsewhere_comes_back(live, zipped):
    live.client.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    result = publish(live, zipped(b"first"))
    assert (result.version, result.changed) == ("1", True)
    assert live.client.calls == ["update_alias"]
    assert settled_at(live, zipped(b"first"))


def test_latest_tampered_with_is_healed_without_a_new_version(live, zipped):
    live.client.replace_code(b"tampered")
    result = publish(live, zipped(b"first"))
    assert (result.version, result.changed) == ("1", False)
    assert live.client.calls == ["update_function_code"]
    assert settled_at(live, zipped(b"first"))


def test_an_alias_moved_by_hand_is_healed(live, zipped):
    live.client.move("$LATEST")
    assert publish(live, zipped(b"first")).version == "1"
    assert settled_at(live, zipped(b"first"))


def test_after_a_rollback_a_deploy_uses_the_version_that_is_there(live, zipped):
    publish(live, zipped(b"second"))
    restore(live, "1", zipped(b"first").sha256)
    assert publish(live, zipped(b"second")).version == "2"
    assert list(live.client.versions) == ["1", "2"]


def test_a_long_description_is_cut(function, zipped):
    made = function(code=b"first")
    publish(made, zipped(b"first"), description="x" * 1000)
    assert len(made.client.versions["1"]["Description"]) == 256


# --- waiting


def test_every_write_waits_until_lambda_is_ready(function, zipped, clock):
    made = function(code=b"first", busy=4)
    publish(made, zipped(b"second"))
    assert settled_at(made, zipped(b"second"))
    assert clock.now > 0


def test_a_change_under_way_is_waited_for(live, zipped):
    live.client.before["update_function_code"] = lambda: setattr(live.client, "_pending", 2)
    publish(live, zipped(b"second"))
    assert live.client.calls.count("update_function_code") == 2
    assert settled_at(live, zipped(b"second"))


def test_an_update_that_fails_says_why_and_moves_nothing(live, zipped):
    update = live.client.update_function_code

    def failing(**arguments):
        update(**arguments)
        live.client.configure(LastUpdateStatus="Failed", LastUpdateStatusReason="the zip is broken")

    live.client.update_function_code = failing
    with pytest.raises(CloudError, match="the zip is broken"):
        publish(live, zipped(b"second"))
    assert live.client.calls == ["update_function_code"]
    assert live.deployed().live.version == "1"


def test_a_version_is_called_only_when_lambda_has_made_it(live, zipped):
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
def test_a_broken_version_gets_no_traffic_and_leaves_nothing(live, zipped, answer):
    archive = breaking(live, zipped(b"broken"), answer)
    with pytest.raises(SmokeFailed, match="does not work") as caught:
        publish(live, archive)
    assert caught.value.code == "unhealthy"
    assert live.deployed().live.version == "1"
    assert list(live.client.versions) == ["1"]
    assert live.client.steps[-1] == "taking the version back"


def test_the_code_before_is_live_again_after_a_broken_one(live, zipped):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(live, zipped(b"broken")))
    assert not settled_at(live, zipped(b"first"))
    assert publish(live, zipped(b"first")).version == "1"
    assert settled_at(live, zipped(b"first"))


def test_a_fixed_one_goes_live_after_a_broken_one(live, zipped):
    with pytest.raises(SmokeFailed):
        publish(live, breaking(live, zipped(b"broken")))
    publish(live, zipped(b"fixed"))
    assert settled_at(live, zipped(b"fixed"))


def test_a_version_that_was_there_before_is_not_deleted(live, zipped):
    """It may be what a release recorded, even if it does not work now."""
    publish(live, zipped(b"second"))
    restore(live, "1", zipped(b"first").sha256)
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(live, zipped(b"second")))
    assert list(live.client.versions) == ["1", "2"]


def test_a_version_that_cannot_be_taken_back_does_not_hide_why(live, zipped):
    live.client.fail_at = "delete_function"
    with pytest.raises(SmokeFailed, match="does not work"):
        publish(live, breaking(live, zipped(b"broken")))


def test_an_interruption_while_checking_takes_the_version_back(live, zipped):
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


def test_nor_where_the_pin_is_not_enforced(live, zipped):
    """The embedded cloud publishes whatever is there."""
    strict = live.client.publish_version

    def lenient(FunctionName, CodeSha256, Description):
        live.client.replace_code(b"theirs")
        return strict(FunctionName, live.client.latest["CodeSha256"], Description)

    live.client.publish_version = lenient
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"second"))
    assert list(live.client.versions) == ["1"]
    assert live.deployed().live.version == "1"


def test_and_a_version_of_theirs_is_not_deleted(live, zipped):
    strict = live.client.publish_version

    def lenient(FunctionName, CodeSha256, Description):
        live.client.move("$LATEST")
        return {**strict(FunctionName, CodeSha256, Description), **live.client.versions["1"]}

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


def test_latest_raced_while_it_is_healed_is_noticed(live, zipped):
    """No version is made then, so nothing else would notice."""
    live.client.replace_code(b"tampered")
    update = live.client.update_function_code

    def raced(**arguments):
        update(**arguments)
        live.client.replace_code(b"theirs")

    live.client.update_function_code = raced
    with pytest.raises(CloudError, match="Somebody else changed the code"):
        publish(live, zipped(b"first"))


def test_another_reason_to_refuse_a_version_is_passed_on(live, zipped, error_of):
    live.client.fail_at, live.client.error = (
        "publish_version",
        error_of("InvalidParameterValueException"),
    )
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        publish(live, zipped(b"second"))


# --- what is missing


def test_without_a_function_it_says_who_makes_it(function, zipped):
    with pytest.raises(CloudError, match="There is no function f") as caught:
        publish(function(code=None), zipped(b"first"))
    assert (caught.value.code, "Terraform" in caught.value.hint) == ("absent", True)


def test_without_the_alias_too(function, zipped):
    made = function(code=b"first")
    made.client.alias = None
    with pytest.raises(CloudError, match="There is no alias live of f"):
        publish(made, zipped(b"second"))
    assert made.client.calls == []


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
    assert publish(live, zipped(b"second")).changed is False


# --- back


def test_restore_puts_a_released_version_back(live, zipped):
    publish(live, zipped(b"second"))
    live.client.calls.clear()
    result = restore(live, "1", zipped(b"first").sha256)
    assert (result.version, result.changed) == ("1", True)
    assert live.client.calls == ["invoke", "update_alias"]
    assert live.deployed().live.sha256 == zipped(b"first").sha256
    assert restore(live, "1", zipped(b"first").sha256).changed is False


def test_restore_of_a_version_that_is_gone_is_refused(live, zipped):
    with pytest.raises(CloudError, match="Version 7 of f is gone") as caught:
        restore(live, "7", zipped(b"first").sha256)
    assert "Check out" in caught.value.hint
    assert live.client.calls == []


def test_restore_of_a_number_that_means_other_code_now_is_refused(live, zipped):
    with pytest.raises(CloudError, match="not the released code any more"):
        restore(live, "1", zipped(b"another").sha256)
    assert live.client.calls == []


def test_restore_of_a_version_that_stopped_working_is_refused(live, zipped):
    publish(live, zipped(b"second"))
    with pytest.raises(SmokeFailed, match="does not work"):
        restore(live, "1", breaking(live, zipped(b"first")).sha256)
    assert live.deployed().live.version == "2"
    assert list(live.client.versions) == ["1", "2"]


def test_move_alias_is_pinned_to_the_revision_that_was_seen(live):
    with pytest.raises(CloudError, match="Somebody else moved"):
        move_alias(live, "$LATEST", "revision-of-long-ago")


def test_a_move_whose_answer_was_lost_is_ours(live, zipped):
    """boto3 tries again, and finds the alias at another revision: the one that it made itself."""
    live.client.before["update_alias"] = lambda: live.client.move("2")
    publish(live, zipped(b"second"))
    assert settled_at(live, zipped(b"second"))
