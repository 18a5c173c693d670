from __future__ import annotations

import json

import pytest

from resumectl.errors import SmokeFailed
from resumectl.function.health import EVENT, check_health
from tests.fakes.aws.function import code_sha256


@pytest.fixture
def answering(service):
    """Publishes version 1, which answers so."""
    service.create(b"first")
    service.publish()
    return lambda answer: service.set_answer(code_sha256(b"first"), answer)


@pytest.fixture
def refusal(client, patience):
    """Checks version 1 and returns the message with which it is refused."""

    def refuse():
        with pytest.raises(SmokeFailed) as caught:
            check_health(client, "f", "1", patience(5))
        assert caught.value.code == "unhealthy"
        assert caught.value.hint
        return caught.value.message

    return refuse


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
def test_what_api_gateway_would_serve_is_healthy_at_the_first_call(
    service, client, answering, patience, answer
):
    answering(answer)
    check_health(client, "f", "1", patience())
    assert service.calls.count("invoke") == 1


def test_a_handler_that_raises_is_broken_at_once(service, answering, refusal):
    answering({"errorType": "KeyError", "errorMessage": "'TABLE_NAME'", "stackTrace": []})
    assert refusal() == "Version 1 of f does not work: KeyError: 'TABLE_NAME'"
    assert service.calls.count("invoke") == 1


def test_a_long_reason_is_cut_to_one_line(answering, refusal):
    answering({"errorType": "Runtime.ImportModuleError", "errorMessage": "no\n" * 1000})
    message = refusal()
    assert "\n" not in message
    assert len(message) < 400


def test_a_5xx_is_retried(service, client, answering, patience):
    answering(iter([{"statusCode": 500}, {"statusCode": 503}, {"statusCode": 200}]))
    check_health(client, "f", "1", patience())
    assert service.calls.count("invoke") == 3


@pytest.mark.parametrize(
    ("status", "code"), [(500, 500), (502, 502), ("503", 503), ("fine", 500), (None, 500)]
)
def test_a_lasting_5xx_fails_when_the_budget_is_spent(clock, status, code, answering, refusal):
    answering({"statusCode": status})
    assert refusal() == f"Version 1 of f does not work: it returned {code}"
    assert clock.monotonic() == pytest.approx(5)


def test_the_reason_comes_from_the_versions_log(service, answering, refusal):
    answering({"statusCode": 500})
    line = json.dumps({"level": "ERROR", "error": "AccessDeniedException: not authorized"})
    earlier = json.dumps({"level": "ERROR", "error": "of another request"})
    service.log(f"START RequestId\n{earlier}\n{line}\n[1, 2]\nEND RequestId\n")
    assert refusal() == "Version 1 of f does not work: AccessDeniedException: not authorized"


def test_the_count_of_the_reserved_page_is_read(client, answering, patience):
    events = []
    answering(lambda event: events.append(event) or {"statusCode": 200})
    check_health(client, "f", "1", patience())
    (event,) = events
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["queryStringParameters"] == {"page": "/_smoke"}


def test_the_event_has_the_shape_that_api_gateway_sends():
    assert EVENT["version"] == "2.0"
    assert EVENT["requestContext"]["http"]["path"] == EVENT["rawPath"]
    json.dumps(EVENT)


def test_a_variable_of_the_function_is_not_quoted(service, client, patience):
    secret = "sk_live_4eC39HqLyjWDarjtT1"
    variables = {"STRIPE_KEY": secret, "TABLE_NAME": "resume-prod-counter"}
    service.create(b"first")
    service.configure(Environment={"Variables": variables})
    service.publish()
    said = f"resume-prod-counter: No such API key: '{secret}'"
    service.set_answer(code_sha256(b"first"), {"errorType": "Invalid", "errorMessage": said})
    with pytest.raises(SmokeFailed) as caught:
        check_health(client, "f", "1", patience())
    assert secret not in caught.value.message
    assert "Invalid: resume-prod-counter: No such API key: '(sensitive " in caught.value.message


def test_a_reason_is_not_quoted_if_the_variables_cannot_be_read(service, answering, refusal):
    answering({"errorType": "KeyError", "errorMessage": "secret"})
    service.fault("refuse", "get_function_configuration", code="AccessDenied", lasting=True)
    assert refusal() == "Version 1 of f does not work: the reason is in its log"
