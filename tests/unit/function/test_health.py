from __future__ import annotations

import json

import pytest

from resumectl.errors import SmokeFailed
from resumectl.function.health import EVENT, check_health


@pytest.fixture
def client(fake):
    service = fake(code=b"first")
    service.publish_version("f", service.latest["CodeSha256"])
    return service


def answering(client, answer):
    client.answers[client.latest["CodeSha256"]] = answer
    return client


def refusal(client, clock, seconds=5):
    with pytest.raises(SmokeFailed) as caught:
        check_health(client, "f", "1", clock.patience(seconds))
    assert caught.value.code == "unhealthy"
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 200},
        {"statusCode": "200"},
        {"statusCode": 404},
        {"page": "/"},
        "text",
        None,
        [],
    ],
)
def test_what_api_gateway_would_serve_is_healthy_at_the_first_call(client, clock, answer):
    check_health(answering(client, answer), "f", "1", clock.patience())
    assert client.calls.count("invoke") == 1


def test_a_handler_that_raises_is_broken_at_once(client, clock):
    answering(client, {"errorType": "KeyError", "errorMessage": "'TABLE_NAME'", "stackTrace": []})
    assert refusal(client, clock) == "Version 1 of f does not work: KeyError: 'TABLE_NAME'"
    assert client.calls.count("invoke") == 1


def test_a_long_reason_is_cut_to_one_line(client, clock):
    answering(client, {"errorType": "Runtime.ImportModuleError", "errorMessage": "no\n" * 1000})
    message = refusal(client, clock)
    assert "\n" not in message
    assert len(message) < 400


def test_a_5xx_is_retried(client, clock):
    answering(client, iter([{"statusCode": 500}, {"statusCode": 503}, {"statusCode": 200}]))
    check_health(client, "f", "1", clock.patience())
    assert client.calls.count("invoke") == 3


@pytest.mark.parametrize(
    ("status", "code"), [(500, 500), (502, 502), ("503", 503), ("fine", 500), (None, 500)]
)
def test_a_lasting_5xx_fails_when_the_budget_is_spent(client, clock, status, code):
    answering(client, {"statusCode": status})
    assert refusal(client, clock) == f"Version 1 of f does not work: it returned {code}"
    assert clock.now == pytest.approx(5)


def test_the_reason_comes_from_the_versions_log(client, clock):
    answering(client, {"statusCode": 500})
    line = json.dumps({"level": "ERROR", "error": "AccessDeniedException: not authorized"})
    earlier = json.dumps({"level": "ERROR", "error": "of another request"})
    client.log_tail = f"START RequestId\n{earlier}\n{line}\n[1, 2]\nEND RequestId\n"
    assert (
        refusal(client, clock)
        == "Version 1 of f does not work: AccessDeniedException: not authorized"
    )


def test_the_event_has_the_shape_that_api_gateway_sends():
    assert EVENT["version"] == "2.0"
    assert EVENT["requestContext"]["http"]["path"] == EVENT["rawPath"]
    json.dumps(EVENT)
