from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import CloudError
from resumectl.function.settling import accepted, settled, succeeded


class Scripted:
    """Returns each configuration in turn, then the last one forever."""

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


@pytest.mark.parametrize("unsettled", [IN_PROGRESS, PENDING])
def test_settled_waits_until_the_update_is_finished(patience, unsettled):
    client = Scripted(unsettled, unsettled, DONE)
    assert settled(client, "f", patience()) == DONE
    assert client.reads == 3


def test_a_finished_update_is_read_once(patience, clock):
    client = Scripted(DONE)
    settled(client, "f", patience())
    assert (client.reads, clock.monotonic()) == (1, 0)


def test_settled_gives_up_when_the_budget_is_spent(patience, clock):
    with pytest.raises(CloudError, match="still updating f after 30 s") as caught:
        settled(Scripted(IN_PROGRESS), "f", patience(30))
    assert caught.value.hint
    assert clock.monotonic() == pytest.approx(30)


def test_a_failed_update_is_settled_so_that_it_can_be_replaced(patience):
    assert settled(Scripted(FAILED), "f", patience()) == FAILED


def test_a_failed_update_raises_with_lambdas_reason(patience):
    with pytest.raises(CloudError, match="could not update f: The image is\nbroken"):
        succeeded(Scripted(IN_PROGRESS, FAILED), "f", patience())
    with pytest.raises(CloudError, match="InvalidRuntime"):
        succeeded(
            Scripted({"State": "Failed", "StateReasonCode": "InvalidRuntime"}),
            "f",
            patience(),
        )
    with pytest.raises(CloudError, match="no reason given"):
        succeeded(Scripted({"LastUpdateStatus": "Failed"}), "f", patience())


def failing(times, error):
    left = iter(range(times))

    def write():
        if next(left, None) is not None:
            raise error
        return {"written": True}

    return write


def test_a_conflicting_write_is_retried_after_the_other_update(patience, error_of):
    client = Scripted(IN_PROGRESS, DONE)
    write = failing(2, error_of("ResourceConflictException"))
    assert accepted(client, "f", patience(), write) == {"written": True}
    assert client.reads == 3, "until it is done after the first conflict, once after the second"


def test_a_write_that_always_conflicts_fails_when_the_budget_is_spent(patience, error_of):
    with pytest.raises(CloudError, match="rejected changes of f for 10 s"):
        accepted(
            Scripted(DONE),
            "f",
            patience(10),
            failing(1000, error_of("ResourceConflictException")),
        )


@pytest.mark.parametrize(
    "code", ["ServiceException", "AccessDeniedException", "TooManyRequestsException"]
)
def test_any_other_error_is_raised_at_once(patience, clock, error_of, code):
    with pytest.raises(ClientError, match=code):
        accepted(Scripted(DONE), "f", patience(), failing(1, error_of(code)))
    assert clock.monotonic() == 0
