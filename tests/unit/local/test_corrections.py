from __future__ import annotations

import json

import pytest

from resumectl.local import corrections


@pytest.fixture
def cloudfront(monkeypatch):
    service = pytest.importorskip("ministack.services.cloudfront")
    monkeypatch.setattr(
        service, "_cf_update_function", lambda _name, headers, body: (200, headers, body)
    )
    corrections.install()
    return service


@pytest.mark.parametrize(
    ("headers", "corrected"),
    [({"ETag": "a1"}, {"ETag": "a1", "ETtag": "a1"}), ({"x": "y"}, {"x": "y"})],
)
def test_the_response_to_a_function_update_has_the_etag_that_clients_read(
    cloudfront, headers, corrected
):
    assert cloudfront._cf_update_function("index", headers, b"body") == (200, corrected, b"body")


@pytest.fixture
def api(monkeypatch):
    """An API with a stage and a tag, in MiniStack's API Gateway; gives the service and the id."""
    service = pytest.importorskip("ministack.services.apigateway")
    for name in ("_tag_resource", "_untag_resource"):
        monkeypatch.setattr(service, name, getattr(service, name))
    corrections.install()
    tags = {"a": "1"}
    id_ = body(service._create_api({"name": "counter", "tags": dict(tags)}))["apiId"]
    service._create_stage(id_, {"stageName": "$default", "tags": dict(tags)})
    yield service, id_
    service._delete_api(id_)


def body(response):
    return json.loads(response[2])


@pytest.mark.parametrize("path", ["/apis/{}", "/apis/{}/stages/$default"])
def test_changed_tags_are_shown(api, path):
    service, id_ = api
    arn = f"arn:aws:apigateway:{service.get_region()}::{path.format(id_)}"
    read = service._get_stage if "stages" in path else service._get_api
    arguments = (id_, "$default") if "stages" in path else (id_,)
    service._tag_resource(arn, {"tags": {"b": "2"}})
    assert body(read(*arguments))["tags"] == {"a": "1", "b": "2"}
    service._untag_resource(arn, ["a"])
    assert body(read(*arguments))["tags"] == {"b": "2"}


def test_the_tags_of_what_does_not_exist_are_refused_as_before(api):
    service, _ = api
    arn = f"arn:aws:apigateway:{service.get_region()}::/apis/none"
    assert service._tag_resource(arn, {"tags": {"b": "2"}})[0] == 404


@pytest.fixture
def s3(monkeypatch):
    """MiniStack's S3, with a bucket that has one object; it answers each copy with 200."""
    service = pytest.importorskip("ministack.services.s3")
    bucket = {"objects": {"a": {"etag": '"e"'}}}
    monkeypatch.setattr(service, "_copy_object", lambda *_: (200, {}, b""))
    monkeypatch.setattr(service, "_ensure_bucket", {"site": bucket}.get)
    corrections.install()
    return service


@pytest.mark.parametrize(
    ("key", "condition", "status"),
    [
        ("a", {"if-match": '"e"'}, 200),
        ("a", {"if-match": '"other"'}, 412),
        ("a", {"if-none-match": "*"}, 412),
        ("b", {"if-none-match": "*"}, 200),
        ("b", {"if-match": '"e"'}, 404),
        ("a", {}, 200),
    ],
)
def test_a_copy_depends_on_what_is_in_its_place(s3, key, condition, status):
    assert s3._copy_object("site", key, condition)[0] == status


def test_a_copy_to_no_bucket_is_answered_as_before(s3):
    assert s3._copy_object("none", "a", {})[0] == 200
