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
def test_a_function_can_rewrite_its_request(kind: str) -> None:
    body = "console.log('seen'); event.request.uri += 'index.html'; return event.request;"
    code = f"{kind} handler(event) {{ {body} }}"
    answer = javascript.evaluate(code.encode(), EVENT)
    assert answer == {**EVENT["request"], "uri": "/\N{SNOWMAN}/index.html"}


def test_a_function_without_a_return_value_returns_none() -> None:
    assert javascript.evaluate(b"function handler(event) {}", EVENT) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("not javascript", "SyntaxError"),
        ("var x = 1;", "handler is not defined"),
        ("function handler() { throw new Error('no') }", "Error: no"),
        ("function handler() { return new Promise(() => {}) }", "never returned"),
    ],
)
def test_a_failing_function_raises_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(errors.CloudFrontFunctionError, match=reason):
        javascript.evaluate(code.encode(), EVENT)


def test_quickjs_is_used_only_without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    original = errors.evaluate
    monkeypatch.setattr(errors, "evaluate", original)  # restored afterwards
    javascript.install(which=lambda _: "/usr/bin/node")
    assert errors.evaluate is original
    javascript.install(which=lambda _: None)
    assert errors.evaluate is javascript.evaluate
