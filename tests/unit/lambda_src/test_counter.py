"""The counter, called as API Gateway calls it, with DynamoDB in memory."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

SOURCE = Path(__file__).parents[3] / "lambda_src" / "counter.py"
TABLE = "resume-test-visits"
PAGE_RULE = re.compile(r"/[A-Za-z0-9/_.\-]{0,199}")


def load():
    """Load a fresh module for each test, because the module caches its client."""
    spec = importlib.util.spec_from_file_location("counter", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["counter"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def dynamodb():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_LAMBDA_FUNCTION_NAME"):
            patch.delenv(name, raising=False)
        yield boto3.client("dynamodb")


@pytest.fixture
def table(dynamodb, monkeypatch):
    runtime = {
        "TABLE_NAME": TABLE,
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    for name, value in runtime.items():
        monkeypatch.setenv(name, value)
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "page", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "page", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield dynamodb
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def counter(table):
    return load()


def event(method="GET", path="/api/count", query=None, stage="$default"):
    fields = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": stage,
            "requestId": "gateway-1",
        },
        "isBase64Encoded": False,
    }
    return fields if query is None else {**fields, "queryStringParameters": query}


def call(counter, *args, context=None, **kwargs):
    response = counter.handler(event(*args, **kwargs), context)
    assert response["headers"]["Content-Type"] == "application/json"
    assert response["headers"]["Cache-Control"] == "no-store"
    return response["statusCode"], json.loads(response["body"])


def log(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- counting


def test_an_unvisited_page_has_zero_and_no_item(counter, table):
    assert call(counter, query={"page": "/new"}) == (200, {"page": "/new", "count": 0})
    assert table.scan(TableName=TABLE)["Items"] == []


def test_post_adds_one_and_get_reads_it(counter):
    assert call(counter, "POST", query={"page": "/"}) == (200, {"page": "/", "count": 1})
    assert call(counter, "POST", query={"page": "/"}) == (200, {"page": "/", "count": 2})
    assert call(counter, "GET", query={"page": "/"}) == (200, {"page": "/", "count": 2})


def test_each_page_has_its_own_count(counter):
    call(counter, "POST", query={"page": "/_smoke"})
    assert call(counter, query={"page": "/"})[1]["count"] == 0


@pytest.mark.parametrize("query", [None, {}, {"other": "x"}])
def test_the_default_page_is_the_root(counter, query):
    assert call(counter, "POST", query=query) == (200, {"page": "/", "count": 1})


def test_the_item_fits_the_key_of_the_table(counter, table):
    call(counter, "POST", query={"page": "/a"})
    [item] = table.scan(TableName=TABLE)["Items"]
    assert (item.pop("page"), item.pop("count")) == ({"S": "/a"}, {"N": "1"})
    [(mark, number)] = item.items()
    assert re.fullmatch("~[0-9a-f]{12}", mark)
    assert abs(int(number["N"]) / 1000 - time.time()) < 60


def test_a_visit_is_one_request(counter):
    calls = []
    counter._dynamodb().meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )
    call(counter, "POST")
    call(counter, "POST")
    assert calls == ["UpdateItem", "UpdateItem"]


def test_a_get_reads_consistently(counter):
    bodies = []
    events = counter._dynamodb().meta.events
    events.register(
        "before-call.dynamodb", lambda model, params, **_: bodies.append(json.loads(params["body"]))
    )
    call(counter, "GET")
    assert bodies[0]["ConsistentRead"] is True


# --- requests that are refused


@pytest.mark.parametrize(
    "path",
    ["/", "", "/api", "/api/count/", "/api/counts", "/API/count", "api/count", "/x/api/count"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_other_path_is_404(counter, method, path):
    assert call(counter, method, path) == (404, {"error": "not found"})


def test_the_prefix_of_a_named_stage_is_removed_from_the_path(counter):
    assert call(counter, path="/v1/api/count", stage="v1")[0] == 200
    assert call(counter, path="/api/count", stage="v1")[0] == 200
    assert call(counter, path="/v1/api/count", stage="v2")[0] == 404
    assert call(counter, path="/$default/api/count")[0] == 200


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "get", "", "TRACE"]
)
def test_every_other_method_is_405(counter, method):
    response = counter.handler(event(method), None)
    assert response["statusCode"] == 405
    assert response["headers"]["Allow"] == "GET, POST"
    assert json.loads(response["body"]) == {"error": "method not allowed"}


@pytest.mark.parametrize(
    "page", ["/", "/a", "/a/b.html", "/A-Z_0.9/", "//", "/..", "/" + "a" * 199]
)
def test_a_page_can_be_any_path(counter, page):
    assert call(counter, "POST", query={"page": page}) == (200, {"page": page, "count": 1})


@pytest.mark.parametrize(
    "page",
    [
        "",
        "a",
        "about.html",
        "/" + "a" * 200,
        "/a b",
        "/a\n",
        "/é",
        "/a?b",
        "/a,/b",
        "/%2e",
        "/<script>",
        "/\x00",
        "/\ud800",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_that_is_not_a_path_is_400(counter, table, method, page):
    status, body = call(counter, method, query={"page": page})
    assert status == 400
    assert list(body) == ["error"]
    assert table.scan(TableName=TABLE)["Items"] == []


@pytest.mark.parametrize("page", [None, 1, math.nan, True, ["/"], {"a": "/"}, b"/"])
def test_a_page_that_is_not_text_is_400(counter, page):
    assert call(counter, query={"page": page})[0] == 400


@pytest.mark.parametrize("query", ["page=/", ["page"], 1, True])
def test_a_malformed_query_is_400(counter, query):
    assert call(counter, query=query)[0] == 400


# --- failures


def failures():
    yield "no table", lambda table, monkeypatch: table.delete_table(TableName=TABLE)
    yield "no setting", lambda table, monkeypatch: monkeypatch.delenv("TABLE_NAME")
    item = {"page": {"S": "/"}, "count": {"S": "many"}}
    yield "not a number", lambda table, monkeypatch: table.put_item(TableName=TABLE, Item=item)


@pytest.mark.parametrize(
    "break_it", [pytest.param(break_it, id=name) for name, break_it in failures()]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_failure_is_detailed_in_the_log_and_nowhere_else(
    counter, table, monkeypatch, capsys, method, break_it
):
    break_it(table, monkeypatch)
    response = counter.handler(event(method), SimpleNamespace(aws_request_id="request-7"))
    assert response["statusCode"] == 500
    assert response["body"] == '{"error": "internal error"}'
    assert response["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    [line] = log(capsys)
    assert (line["level"], line["message"], line["request_id"]) == ("ERROR", "failed", "request-7")
    assert line["error"].split(":")[0].isidentifier()
    assert "Traceback (most recent call last)" in line["traceback"]


def test_all_requests_share_one_client(counter):
    assert counter._dynamodb() is counter._dynamodb()


def test_on_lambda_the_import_creates_the_client(table, monkeypatch):
    assert load()._dynamodb.cache_info().currsize == 0
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "resume-test")
    assert load()._dynamodb.cache_info().currsize == 1


def test_a_client_that_cannot_be_created_gives_a_500(table, monkeypatch, capsys):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "resume-test")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert call(load())[0] == 500
    assert log(capsys)[0]["error"].startswith("NoRegionError")


# --- the log


def test_each_request_is_one_line_in_the_log(counter, capsys):
    call(counter, "POST", query={"page": "/a"}, context=SimpleNamespace(aws_request_id="request-1"))
    call(counter, "GET", path="/nothing")
    counted, missed = log(capsys)
    assert counted.pop("duration_ms") >= 0
    assert counted == {
        "level": "INFO",
        "message": "answered",
        "request_id": "request-1",
        "method": "POST",
        "path": "/api/count",
        "page": "/a",
        "status": 200,
    }
    assert (missed["status"], missed["request_id"]) == (404, "gateway-1")


def test_a_client_cannot_flood_or_forge_the_log(counter, capsys):
    counter.handler(event("X" * 5000, "/\n{}" * 5000, {"page": "/\n" * 5000}), None)
    [line] = log(capsys)
    assert len(line["method"]) == len(line["path"]) == 200
    assert line["page"] is None


class Closed:
    def write(self, _):
        raise ValueError("I/O operation on closed file")


def test_a_closed_stdout_does_not_lose_the_response(counter, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Closed())
    assert counter.handler(event("POST"), None)["statusCode"] == 200


# --- arbitrary events

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.binary(max_size=30),
    st.just("x" * 100_000),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)
LIKELY = st.sampled_from(["GET", "POST", "/api/count", "/", "v1", "$default", "/v1/api/count"])
FIELD = LIKELY | ANYTHING


def maybe(**fields):
    return st.fixed_dictionaries({}, optional=fields)


EVENTS = ANYTHING | maybe(
    rawPath=FIELD,
    queryStringParameters=maybe(page=FIELD) | ANYTHING,
    requestContext=maybe(http=maybe(method=FIELD) | ANYTHING, stage=FIELD, requestId=FIELD)
    | ANYTHING,
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hostile=EVENTS, context=ANYTHING)
def test_no_event_makes_the_handler_raise_or_leak(counter, capsys, hostile, context):
    response = counter.handler(hostile, context)
    json.dumps(response, allow_nan=False)
    body = json.loads(response["body"])
    assert response["headers"]["Cache-Control"] == "no-store"
    assert response["statusCode"] in (200, 400, 404, 405)
    if response["statusCode"] == 200:
        assert PAGE_RULE.fullmatch(body["page"])
        assert body["count"] >= 0
    else:
        assert list(body) == ["error"]
    assert len(log(capsys)) == 1


def test_a_deeply_nested_event_gets_a_response(counter):
    deep = {}
    for _ in range(50_000):
        deep = {"requestContext": deep}
    assert counter.handler(deep, None)["statusCode"] == 404
