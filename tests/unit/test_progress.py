from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from resumectl.steps.progress import Silent, Steps


class Notebook:
    """Writes down what it is told."""

    def __init__(self):
        self.told = []

    def start(self, name):
        self.told.append(("start", name))

    def update(self, name, detail):
        self.told.append(("update", name, detail))

    def finish(self, name, seconds, *, ok):
        self.told.append(("finish", name, seconds, ok))

    def note(self, line):
        self.told.append(("note", line))

    @contextmanager
    def paused(self):
        yield


@pytest.fixture
def notebook():
    return Notebook()


def ticking(*moments):
    """A clock that shows these times, one after the other."""
    return iter(moments).__next__


def test_a_step_is_told_from_start_to_end(notebook):
    steps = Steps(notebook, ticking(10.0, 12.5))
    with steps("Upload the site") as tell:
        tell("1 of 2")
        tell("2 of 2")
    assert notebook.told == [
        ("start", "Upload the site"),
        ("update", "Upload the site", "1 of 2"),
        ("update", "Upload the site", "2 of 2"),
        ("finish", "Upload the site", 2.5, True),
    ]
    assert steps.timings == {"Upload the site": 2.5}
    assert steps.failed is None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_step_that_raises_has_failed_and_ended(notebook, error):
    steps = Steps(notebook, ticking(0.0, 1.0))
    with pytest.raises(error), steps("Upload the site"):
        raise error
    assert notebook.told[-1] == ("finish", "Upload the site", 1.0, False)
    assert steps.failed == "Upload the site"
    assert steps.timings == {"Upload the site": 1.0}


def test_the_first_failure_is_the_one_that_counts(notebook):
    """An error passes through the steps around it, too."""
    steps = Steps(notebook)
    with pytest.raises(ValueError, match="x"), steps("outer"), steps("inner"):
        raise ValueError("x")
    with steps("later"):
        pass
    assert steps.failed == "inner"
    assert list(steps.timings) == ["inner", "outer", "later"]


def test_times_are_rounded_to_a_thousandth(notebook):
    steps = Steps(notebook, ticking(0.0, 1.23456))
    with steps("a"):
        pass
    assert steps.timings == {"a": 1.235}


def test_steps_run_side_by_side(notebook):
    steps = Steps(notebook)

    def work(number):
        with steps(f"step {number}") as tell:
            tell("going")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(50)))
    assert len(steps.timings) == 50
    assert len(notebook.told) == 150


def test_silence():
    steps = Steps(Silent())
    with steps.progress.paused(), steps("a") as tell:
        tell("nothing")
        steps.progress.note("nothing")
    assert list(steps.timings) == ["a"]
