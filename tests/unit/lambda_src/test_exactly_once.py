"""A visit is counted once, whatever happens to the requests of the counter and their responses."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from types import SimpleNamespace

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from .test_counter import TABLE, call, dynamodb, load, log, table  # noqa: F401

URL = "https://dynamodb.eu-west-2.amazonaws.com/"
PATIENT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


class Weather:
    """What happens to the requests of one client, in turn, and `meanwhile` when one is lost."""

    one_by_one = threading.Lock()
    """The table in memory is not atomic by itself."""

    def __init__(self, client, *events: str) -> None:
        self.events, self.sent = list(events), 0
        self.meanwhile = lambda: None
        register = client.meta.events
        register.register_first("before-send", self.before)
        register.register_last("before-send", self.after)

    def before(self, request, **_):
        self.sent += 1
        self.now = self.events.pop(0) if self.events else ""
        if self.now == "unsent":
            raise ConnectTimeoutError(endpoint_url=URL)
        if self.now == "refused":
            raise EndpointConnectionError(endpoint_url=URL)
        if self.now in CODES:
            request.url = "https://elsewhere.invalid/"  # not a table's: nothing is applied
            return failed(*CODES[self.now])
        self.one_by_one.acquire()
        return None

    def after(self, **_):
        """The table has changed by now."""
        if self.now in CODES:
            return
        self.one_by_one.release()
        if self.now == "lost":
            self.meanwhile()
            raise ReadTimeoutError(endpoint_url=URL)


CODES = {
    "throttled": (400, "ProvisionedThroughputExceededException"),
    "contended": (400, "TransactionConflictException"),
    "down": (500, "InternalServerError"),
    "denied": (400, "AccessDeniedException"),
}


def failed(status: int, code: str) -> AWSResponse:
    response = AWSResponse(URL, status, {}, None)
    response._content = f'{{"__type": "{code}", "message": "no"}}'.encode()
    return response


def marks(table) -> list[str]:  # noqa: F811
    [item] = table.scan(TableName=TABLE)["Items"]
    return [name for name in item if name.startswith("~")]


@pytest.fixture
def counter(table):  # noqa: F811
    return load()


@pytest.mark.parametrize("trouble", ["unsent", "refused", "lost", "throttled", "contended", "down"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_visit_in_trouble_is_counted_once(counter, trouble, times):
    call(counter, "POST")
    weather = Weather(counter._dynamodb(), *[trouble] * times)
    status, body = call(counter, "POST", context=PATIENT)
    assert (status, body["count"], weather.sent) == (200, 2, times + 1)
    assert call(counter, "GET")[1]["count"] == 2


@pytest.mark.parametrize("events", list(product(["lost", "unsent", "down"], repeat=2)))
def test_any_mix_of_troubles_counts_once(counter, events):
    Weather(counter._dynamodb(), *events)
    assert call(counter, "POST", context=PATIENT)[1]["count"] == 1
    assert call(counter, "GET")[1]["count"] == 1


def test_after_a_lost_response_the_visits_of_others_are_in_the_count(counter):
    other = load()
    Weather(counter._dynamodb(), "lost").meanwhile = lambda: call(other, "POST")
    assert call(counter, "POST", context=PATIENT)[1]["count"] == 2


def test_a_request_that_arrives_late_is_not_counted_again(counter):
    """The network delivers the first attempt of a visit after the next visit of its environment."""
    first = []
    events = counter._dynamodb().meta.events
    events.register("before-call.dynamodb", lambda params, **_: first.append(params["body"]))
    call(counter, "POST")
    call(counter, "POST")
    late = counter.json.loads(first[0])
    with pytest.raises(counter._dynamodb().exceptions.ConditionalCheckFailedException):
        counter._dynamodb().update_item(**late)
    assert call(counter, "GET")[1]["count"] == 2


def test_a_clock_that_goes_back_loses_no_visit(counter):
    call(counter, "POST")
    counter._environment().number += 3_600_000
    assert [call(counter, "POST")[1]["count"] for _ in range(3)] == [2, 3, 4]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_is_not_repeated(counter, method):
    weather = Weather(counter._dynamodb(), "denied")
    assert (call(counter, method)[0], weather.sent) == (500, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_attempts_end_before_the_time_of_the_function(counter, method, capsys):
    weather = Weather(counter._dynamodb(), *["unsent"] * 99)
    started = time.monotonic()
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 2500)
    assert call(counter, method, context=context)[0] == 500
    assert 1 < weather.sent < 20
    assert time.monotonic() - started < 2.5
    assert log(capsys)[0]["error"].startswith("ConnectTimeoutError")


def test_an_attempt_fits_into_the_time_that_is_kept_for_it(counter):
    config = counter._dynamodb().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout < counter.ATTEMPT
    assert config.connect_timeout + config.read_timeout < counter.ATTEMPT + counter.MARGIN + 0.1


def test_environments_that_ended_leave_a_bounded_memory(table):  # noqa: F811
    counters = [load() for _ in range(60)]
    for old in counters[:50]:
        call(old, "POST")
    assert len(marks(table)) == 50  # nobody knows yet whether their requests have ended
    names = {f"#m{i}": name for i, name in enumerate(marks(table))}
    table.update_item(
        TableName=TABLE,
        Key={"page": {"S": "/"}},
        UpdateExpression="SET " + ", ".join(f"{name} = :old" for name in names),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={":old": {"N": str(int(time.time() * 1000) - 121_000)}},
    )
    for new in counters[50:]:
        call(new, "POST")
    assert sorted(marks(table)) == sorted(new._environment().mark for new in counters[50:])
    assert call(counters[0], "POST")[1]["count"] == 61


def test_a_memory_that_cannot_be_cleaned_still_counts(table):  # noqa: F811
    for _ in range(21):
        call(load(), "POST")
    counter = load()
    counter.FORGOTTEN = -1  # every other environment counts as ended
    weather = Weather(counter._dynamodb(), "", "denied")
    assert (call(counter, "POST")[1]["count"], weather.sent) == (22, 2)


def test_many_visits_side_by_side_in_bad_weather_are_all_counted(table):  # noqa: F811
    random.seed(16)

    def visit(number: int) -> int:
        counter = load_once(number % 20)
        return call(counter, "POST", context=PATIENT)[1]["count"]

    counters = [load() for _ in range(20)]
    for each in counters:
        events = random.choices(["", "lost", "unsent", "down"], [6, 2, 1, 1], k=200)
        Weather(each._dynamodb(), *events)
    load_once = counters.__getitem__
    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(visit, range(200)))
    assert max(seen) == call(counters[0], "GET")[1]["count"] == 200
