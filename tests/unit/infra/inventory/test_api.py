from __future__ import annotations

import pytest

from resumectl.errors import Refused
from tests.fakes.leftovers import OURS
from tests.fakes.undeclared import removal, undeclared

API = "aws_apigatewayv2_api.counter"


def test_our_api_is_found_among_others_of_the_same_name(leftovers):
    for id_, tags in (("a0", {}), ("a1", OURS)):
        leftovers.apis.apis.append({"Name": "resume-prod-api", "ApiId": id_, "Tags": tags})
    leftovers.apis.apis.append({"Name": "another", "ApiId": "a2", "Tags": OURS})
    assert leftovers.find(API) == {API: "a1"}


def test_two_apis_of_ours_are_refused(leftovers):
    for id_ in ("a1", "a2"):
        leftovers.apis.apis.append({"Name": "resume-prod-api", "ApiId": id_, "Tags": OURS})
    with pytest.raises(Refused, match="with our tag Deployment: a1, a2"):
        leftovers.find(API)


def test_a_part_that_the_api_does_not_have_is_not_found(leftovers):
    leftovers.fill()
    leftovers.apis.parts["get_routes"] = [{"RouteId": "r0", "RouteKey": "GET /x"}]
    assert "aws_apigatewayv2_route.all" not in leftovers.find()


def test_an_undeclared_route_is_found_and_removed():
    route = {"RouteId": "r2", "RouteKey": "GET /a", "Target": "integrations/i1"}
    (change,) = undeclared(get_routes={"Items": [route]})
    assert change.key == "route GET /a"
    assert change.after == {"resource": "route", "id": "r2", "target": "integrations/i1"}
    assert removal(change) == ("delete_route", {"ApiId": "a1", "RouteId": "r2"})


def test_an_undeclared_stage_is_found_and_removed():
    (change,) = undeclared(get_stages={"Items": [{"StageName": "test"}]})
    assert change.key == "stage test"
    assert removal(change) == ("delete_stage", {"ApiId": "a1", "StageName": "test"})


def test_an_undeclared_authorizer_is_found_and_removed():
    item = {"AuthorizerId": "z1", "Name": "jwt", "AuthorizerType": "JWT"}
    (change,) = undeclared(get_authorizers={"Items": [item]})
    assert (change.key, change.after["type"]) == ("authorizer jwt", "JWT")
    assert removal(change) == ("delete_authorizer", {"ApiId": "a1", "AuthorizerId": "z1"})


def test_an_undeclared_integration_is_found_and_removed():
    items = [{"IntegrationId": id_, "IntegrationType": "HTTP_PROXY"} for id_ in ("i1", "i2")]
    (change,) = undeclared(get_integrations={"Items": items})
    assert change.key == "integration i2"
    assert removal(change) == ("delete_integration", {"ApiId": "a1", "IntegrationId": "i2"})
