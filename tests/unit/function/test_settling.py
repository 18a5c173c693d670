"""Lambda takes one change at a time; we wait for it, but not for ever."""

from __future__ import annotations

from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import CloudError
from resumectl.function.settling import accepted, settled, succeeded


class Scripted:
    """Answers with each configuration in turn, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.reads = 0

    def get_function_configuration(self, **_):
        self.reads += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


IN_PROGRESS = {"State": "Active", "LastUpdateStatus": "InProgress"}
PENDING = {"State": "Pending", "LastUpdateStatus": "Successful"}
DONE = {"State": "Active", "LastUpdateStatus": "Successful"}
FAILED = {
    "State": "Active",
    "LastUpdateStatus": "Failed",
    "LastUpdateStatusReason": "The image is\nbroken",
}


def test_a_first_attempt_is_made_at_once_and_the_last_when_time_is_up(clock):
    times = [clock.now for _ in clock.patience(5).attempts()]
    assert times[0] == 0
    assert times[-1] == pytest.approx(5)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert max(pauses) <= 2


def test_no_time_is_one_attempt(clock):
    assert len(list(clock.patience(0).attempts())) == 1


@pytest.mark.parametrize("unsettled", [IN_PROGRESS, PENDING])
def test_it_waits_until_lambda_is_done(clock, unsettled):
    client = Scripted(unsettled, unsettled, DONE)
    assert settled(client, "f", clock.patience()) == DONE
    assert client.reads == 3


def test_what_is_settled_is_asked_once(clock):
    client = Scripted(DONE)
    settled(client, "f", clock.patience())
    assert (client.reads, clock.now) == (1, 0)


def test_it_does_not_wait_for_ever(clock):
    with pytest.raises(CloudError, match="still updating f after 30 s") as caught:
        settled(Scripted(IN_PROGRESS), "f", clock.patience(30))
    assert caught.value.hint
    assert clock.now == pytest.approx(30)


def test_a_change_that_failed_is_settled_so_it_can_be_repaired(clock):
    assert settled(Scripted(FAILED), "f", clock.patience()) == FAILED


def test_but_it_did_not_succeed_and_lambda_says_why(clock):
    with pytest.raises(CloudError, match="could not update f: The image is\nbroken"):
        succeeded(Scripted(IN_PROGRESS, FAILED), "f", clock.patience())
    with pytest.raises(CloudError, match="InvalidRuntime"):
        succeeded(
            Scripted({"State": "Failed", "StateReasonCode": "InvalidRuntime"}),
            "f",
            clock.patience(),
        )
    with pytest.raises(CloudError, match="no reason given"):
        succeeded(Scripted({"LastUpdateStatus": "Failed"}), "f", clock.patience())


def failing(times, error):
    left = iter(range(times))

    def write():
        if next(left, None) is not None:
            raise error
        return {"written": True}

    return write


def test_a_write_that_conflicts_is_made_again_when_lambda_is_ready(clock, error_of):
    client = Scripted(IN_PROGRESS, DONE)
    write = failing(2, error_of("ResourceConflictException"))
    assert accepted(client, "f", clock.patience(), write) == {"written": True}
    assert clock.now > 0


def test_a_write_that_conflicts_for_ever_is_given_up(clock, error_of):
    with pytest.raises(CloudError, match="refused to change f for 10 s"):
        accepted(
            Scripted(DONE),
            "f",
            clock.patience(10),
            failing(1000, error_of("ResourceConflictException")),
        )


@pytest.mark.parametrize(
    "code", ["ServiceException", "AccessDeniedException", "TooManyRequestsException"]
)
def test_any_other_refusal_is_passed_on_at_once(clock, error_of, code):
    with pytest.raises(ClientError, match=code):
        accepted(Scripted(DONE), "f", clock.patience(), failing(1, error_of(code)))
    assert clock.now == 0
