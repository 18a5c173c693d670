from __future__ import annotations

from typing import Any

import pytest

from resumectl.local import javascript

pytest.importorskip("quickjs")
errors = pytest.importorskip("ministack.core.cloudfront_js")

EVENT: dict[str, Any] = {
    "request": {"uri": "/\N{SNOWMAN}/", "headers": {"host": {"value": "a'\"b"}}}
}


@pytest.mark.parametrize("kind", ["function", "async function"])
def test_a_function_changes_its_request(kind: str) -> None:
    code = f"{kind} handler(event) {{ console.log('seen'); event.request.uri += 'index.html'; return event.request; }}"
    answer = javascript.evaluate(code.encode(), EVENT)
    assert answer == {**EVENT["request"], "uri": "/\N{SNOWMAN}/index.html"}


def test_nothing_returned() -> None:
    assert javascript.evaluate(b"function handler(event) {}", EVENT) is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("not javascript", "SyntaxError"),
        ("var x = 1;", "handler is not defined"),
        ("function handler() { throw new Error('no') }", "Error: no"),
        ("function handler() { return new Promise(() => {}) }", "never answered"),
    ],
)
def test_a_function_that_fails(code: str, why: str) -> None:
    with pytest.raises(errors.CloudFrontFunctionError, match=why):
        javascript.evaluate(code.encode(), EVENT)


def test_it_stands_in_only_without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    original = errors.evaluate
    monkeypatch.setattr(errors, "evaluate", original)  # restored afterwards
    javascript.provide(which=lambda _: "/usr/bin/node")
    assert errors.evaluate is original
    javascript.provide(which=lambda _: None)
    assert errors.evaluate is javascript.evaluate
