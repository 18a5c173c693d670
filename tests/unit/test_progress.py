from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from resumectl.errors import CloudError, Refused
from resumectl.progress import Silent, Step, Steps

UPLOAD = Step("upload-site", "Upload the site")


class Recorder:
    """Records every call."""

    def __init__(self):
        self.calls = []

    def start(self, step):
        self.calls.append(("start", step))

    def update(self, step, detail):
        self.calls.append(("update", step, detail))

    def finish(self, step, seconds, *, ok):
        self.calls.append(("finish", step, seconds, ok))

    def note(self, line):
        self.calls.append(("note", line))

    @contextmanager
    def paused(self):
        yield


@pytest.fixture
def recorder():
    return Recorder()


def ticking(*moments):
    """A clock that shows these times in turn."""
    return iter(moments).__next__


def test_a_step_is_reported_from_start_to_end(recorder):
    steps = Steps(recorder, ticking(10.0, 12.5))
    with steps(UPLOAD) as tell:
        tell("1 of 2")
        tell("2 of 2")
    assert recorder.calls == [
        ("start", UPLOAD),
        ("update", UPLOAD, "1 of 2"),
        ("update", UPLOAD, "2 of 2"),
        ("finish", UPLOAD, 2.5, True),
    ]


def test_timings_and_failures_are_kept_by_id(recorder):
    steps = Steps(recorder, ticking(10.0, 12.5, 12.5, 13.5))
    with steps(UPLOAD):
        pass
    assert (steps.timings, steps.failed) == ({"upload-site": 2.5}, None)
    with pytest.raises(ValueError, match="x"), steps(Step("plan", "Plan the infrastructure")):
        raise ValueError("x")
    assert (steps.timings, steps.failed) == ({"upload-site": 2.5, "plan": 1.0}, "plan")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_step_that_raises_ends_as_failed(recorder, error):
    steps = Steps(recorder, ticking(0.0, 1.0))
    with pytest.raises(error), steps(UPLOAD):
        raise error
    assert recorder.calls[-1] == ("finish", UPLOAD, 1.0, False)


def test_of_nested_steps_the_innermost_is_the_one_that_failed(recorder):
    outer, inner, later = (Step(name, name) for name in ("outer", "inner", "later"))
    steps = Steps(recorder)
    with pytest.raises(ValueError, match="x"), steps(outer), steps(inner):
        raise ValueError("x")
    with steps(later):
        pass
    assert steps.failed == "inner"
    assert list(steps.timings) == ["inner", "outer", "later"]


def test_timings_are_rounded_to_a_thousandth(recorder):
    steps = Steps(recorder, ticking(0.0, 1.23456))
    with steps(UPLOAD):
        pass
    assert steps.timings == {"upload-site": 1.235}


def test_steps_in_threads_are_all_recorded(recorder):
    steps = Steps(recorder)

    def work(number):
        with steps(Step(f"step-{number}", "Work")) as tell:
            tell("half")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(50)))
    assert len(steps.timings) == 50
    assert len(recorder.calls) == 150


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "as AWS says it"}}, "PutObject"),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_an_error_of_aws_becomes_ours_and_names_the_step(recorder, error):
    steps = Steps(recorder)
    with pytest.raises(CloudError, match="trying to upload the site"), steps(UPLOAD):
        raise error
    assert steps.failed == "upload-site"


def test_our_own_errors_stay_as_they_are(recorder):
    error = Refused("no")
    with pytest.raises(Refused) as caught, Steps(recorder)(UPLOAD):
        raise error
    assert caught.value is error


def test_a_note_is_passed_on(recorder):
    Steps(recorder).note("a note")
    assert recorder.calls == [("note", "a note")]


def test_silent_steps_are_timed_but_show_nothing(capsys):
    steps = Steps(Silent())
    with steps.progress.paused(), steps(UPLOAD) as tell:
        tell("half")
        steps.note("a note")
    assert list(steps.timings) == ["upload-site"]
    assert capsys.readouterr() == ("", "")
