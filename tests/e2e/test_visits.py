"""Visits through the front door, many at a time, on a busy machine and in bad weather."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.project import ask, wait_until
from tests.e2e.weather import weather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.project import Project, Run
    from tests.e2e.weather import Weather

FUNCTION = "resume-local-counter"
VISITS, AT_ONCE = int(os.environ.get("VISITS", "100")), 20
UPDATE = {"service": "dynamodb", "operation": "UpdateItem"}
FAULTS: dict[str, dict[str, Any]] = {
    "lost before": {**UPDATE, "probability": 0.1, "reset": True},
    "lost after": {**UPDATE, "probability": 0.1, "response": {"abort_frac": 0.5}},
    "server error": {**UPDATE, "probability": 0.1, "error": {"code": "InternalServerError"}},
    "slow": {**UPDATE, "probability": 0.1, "latency": {"min": 1000, "max": 2500}},
}


@pytest.fixture(scope="module")
def url(first: Run) -> str:
    return str(first.json["urls"]["counter"])


@pytest.fixture(scope="module")
def proxy(project: Project, url: str) -> Iterator[Weather]:
    """The function reaches its table only through the proxy."""
    functions = project.client("lambda")
    known = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    with weather(project) as it:
        functions.update_function_configuration(
            FunctionName=FUNCTION,
            Environment={"Variables": {**known, "AWS_ENDPOINT_URL_DYNAMODB": it.url}},
        )
        version = functions.publish_version(FunctionName=FUNCTION)["Version"]
        functions.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
        wait_until(lambda: ask(url).status == 200)  # its first request takes seconds
        yield it


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Other processes take the machine's time."""
    spinning = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(loops)]
    for process in spinning:
        process.start()
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.join()


def _spin() -> None:
    while True:
        pass


def visit(url: str) -> Counter[int]:
    """Visit many times; returns how often each status was the answer."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(lambda _: ask(url, "POST").status, range(VISITS)))


def count(url: str) -> int:
    answer = ask(url)
    assert answer.status == 200, answer.body
    return int(json.loads(answer.body)["count"])


def test_each_visit_is_counted_once_on_a_busy_machine(url: str) -> None:
    before = count(url)
    with busy(4):
        answers = visit(url)
    _each_is_counted_once(answers, count(url) - before)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_visit_that_was_answered_is_counted_once(url: str, proxy: Weather, fault: str) -> None:
    """One that was not answered in time is counted once or not at all."""
    before = count(url)
    proxy.turn(FAULTS[fault])
    with busy(2):
        answers = visit(url)
    fired = proxy.fired()
    proxy.turn()
    counted = count(url) - before
    assert fired > 0
    _each_is_counted_once(answers, counted)


def _each_is_counted_once(answers: Counter[int], counted: int) -> None:
    assert answers[200] <= counted <= VISITS, answers
    assert answers[200] > VISITS / 2, answers
