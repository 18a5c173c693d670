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

from tests.e2e.project import TWO_MINUTES, ask, wait_until
from tests.e2e.weather import weather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.project import Project, Run
    from tests.e2e.weather import Weather

FUNCTION = "resume-local-counter"
VISITS, AT_ONCE = int(os.environ.get("VISITS", "100")), 20
UPDATE = {"service": "dynamodb", "operation": "UpdateItem", "sequence": {"fail": 1, "pass": 9}}
FAULTS: dict[str, dict[str, Any]] = {
    "lost before": {**UPDATE, "reset": True},
    "lost after": {**UPDATE, "response": {"abort_frac": 0.5}},
    "server error": {**UPDATE, "error": {"code": "InternalServerError"}},
    "slow": {**UPDATE, "latency": {"min": 1000, "max": 2500}},
}
"""What happens to one of ten updates."""


@pytest.fixture(scope="module")
def url(first: Run) -> str:
    return str(first.json["urls"]["counter"])


@pytest.fixture(scope="module")
def proxy(project: Project, url: str) -> Iterator[Weather]:
    """The function reaches its table only through the proxy."""
    functions = project.client("lambda")
    known = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    with weather(project, resign=True) as it:
        functions.update_function_configuration(
            FunctionName=FUNCTION,
            Environment={"Variables": {**known, "AWS_ENDPOINT_URL_DYNAMODB": it.url}},
        )
        version = functions.publish_version(FunctionName=FUNCTION)["Version"]
        functions.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
        warm_up(url)
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
    os.setsid()  # Linux shares the processors between sessions first
    while True:
        pass


def visit(url: str) -> Counter[str]:
    """Visit many times; returns how often each answer was given, those with a count as "200"."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: ask(url, "POST"), range(VISITS)))
    return Counter(
        "200" if each.status == 200 else f"{each.status} {each.body.decode()}" for each in answers
    )


def warm_up(url: str) -> None:
    """Start all execution environments: on a busy machine, CloudFront gives up before they have."""

    def answered(_: int) -> bool:
        return bool(wait_until(lambda: ask(url).status == 200, TWO_MINUTES))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(answered, range(AT_ONCE)))


def count(url: str) -> int:
    answer = ask(url)
    assert answer.status == 200, answer.body
    return int(json.loads(answer.body)["count"])


@pytest.mark.usefixtures("proxy")
def test_each_visit_is_answered_and_counted_once_on_a_busy_machine(url: str) -> None:
    before = count(url)
    with busy(4):
        answers = visit(url)
    assert (answers, count(url) - before) == ({"200": VISITS}, VISITS)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_visit_that_was_answered_is_counted_once(url: str, proxy: Weather, fault: str) -> None:
    """One that was not answered in time is counted once or not at all."""
    before = count(url)
    proxy.turn(FAULTS[fault])
    answers = visit(url)
    fired = proxy.fired()
    proxy.turn()
    assert fired >= VISITS // 10
    assert answers["200"] <= count(url) - before <= VISITS, answers
    assert answers["200"] > VISITS * 0.9, answers
