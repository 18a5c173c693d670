from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from resumectl.commands.status import status, stopped
from resumectl.errors import CloudError, TerraformError
from resumectl.part import Unseen
from tests.fakes.context import GOOD, World
from tests.fakes.faults import Fault

KEYS = {
    *("release", "pin", "urls", "parts", "drift", "unseen", "checks", "lock"),
    *("visitors", "certificate_days", "missing"),
}


DENIED = CloudError("AWS denied it.", code="access-denied")


class Counter(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"count": 41}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site_url():
    """A site whose counter answers."""
    server = HTTPServer(("127.0.0.1", 0), Counter)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(site_url):
    world = World()
    world.part("infra").offers = {
        "site_url": site_url,
        "counter_url": f"{site_url}/api/count",
        "site_bucket": "resume-prod-site",
    }
    world.release("1")
    world.forget_calls()
    return world


def test_what_is_live_and_in_sync(world, site_url):
    body = status(world.context()).body
    assert body.keys() == KEYS
    assert (body["release"]["id"], body["checks"]) == (1, [GOOD.as_json()])
    assert body["urls"] == {"site": f"{site_url}/", "counter": f"{site_url}/api/count"}
    assert body["parts"] == {
        name: {"to_deploy": 0, "drifted": 0} for name in ("infra", "function", "site")
    }
    assert (body["drift"], body["missing"], body["lock"], body["pin"]) == ([], [], None, None)


def test_the_site_is_asked_as_a_visitor_would(world):
    body = status(world.context()).body
    assert (body["visitors"], body["certificate_days"]) == (41, None)


def test_a_site_that_does_not_answer_has_no_visitors(world):
    world.part("infra").offers["site_url"] = "http://127.0.0.1:9"
    assert status(world.context()).body["visitors"] is None


def test_what_drifted_and_what_waits_is_counted_by_part(world):
    world.part("site").cloud = {}
    world.write("2", "function")
    body = status(world.context()).body
    assert body["parts"]["site"] == {"to_deploy": 0, "drifted": 1}
    assert body["parts"]["function"] == {"to_deploy": 1, "drifted": 0}
    assert [(row["key"], row["kind"]) for row in body["drift"]] == [("index.html", "deleted")]
    assert [part.calls.count("drift") for part in world.parts] == [1, 1, 1]


def test_what_cannot_be_compared_is_named_and_fails_nothing(world):
    world.part("infra").fail("drift", TerraformError("Terraform is not installed."))
    outcome = status(world.context())
    assert outcome.exit_code == 0
    assert outcome.body["missing"] == ["infra not compared: Terraform is not installed."]
    assert outcome.body["parts"]["infra"] == {"to_deploy": 0, "drifted": None}
    assert outcome.body["parts"]["site"] == {"to_deploy": 0, "drifted": 0}


@pytest.mark.parametrize(
    ("key", "what"), [("locks/prod.json", "the lock"), ("pins/prod.json", "the pin")]
)
def test_a_denied_look_at_lock_or_pin_is_named_and_fails_nothing(world, key, what):
    world.fail(Fault("refuse", key=key, code="AccessDenied", lasting=True))
    body = status(world.context()).body
    (line,) = body["missing"]
    assert line.startswith(f"Could not read {what}: AWS denied")
    assert body["release"]["id"] == 1


def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_shown(world):
    world.part("site").fail("live", DENIED)
    body = status(world.context()).body
    assert body["missing"] == ["Could not read site: AWS denied it."]
    assert body["parts"]["site"]["drifted"] is None
    assert body["parts"]["function"]["drifted"] == 0
    assert body["urls"]


def test_an_environment_whose_infrastructure_cannot_be_read_is_not_called_new(world):
    world.part("infra").fail("live", DENIED)
    missing = status(world.context()).body["missing"]
    assert "Could not read infra: AWS denied it." in missing
    assert not [line for line in missing if "Not deployed" in line]


def test_without_credentials_there_is_no_status(world):
    error = CloudError("There are no usable AWS credentials.", code="credentials")
    world.part("infra").fail("live", error)
    with pytest.raises(CloudError, match="credentials"):
        status(world.context())


def test_what_could_not_be_looked_at_is_named(world):
    world.part("infra").unseen = (Unseen("role policies", "iam:ListRolePolicies", "denied"),)
    body = status(world.context()).body
    line = "Could not look at: role policies (iam:ListRolePolicies denied)"
    assert body["missing"] == [line]
    assert body["parts"]["infra"]["drifted"] is None
    assert [row["action"] for row in body["unseen"]] == ["iam:ListRolePolicies"]


def test_a_status_changes_nothing(world):
    journal = list(world.aws.journal)
    status(world.context())
    assert world.aws.journal == journal
    assert [part.writes for part in world.parts] == [[], [], []]


def test_lock_and_pin_are_shown(world):
    world.release("2")
    world.rollback(message="broken layout")
    with world.context(pid=2).locked("deploy"):
        body = status(world.context()).body
    assert body["pin"].startswith("pinned to release #1 by ada")
    assert body["pin"].endswith(": broken layout")
    assert body["lock"].startswith("ada on laptop (deploy, since 2026-11-22T09:00:00")


def test_before_the_first_deploy_it_says_what_to_type():
    body = status(World().context()).body
    assert body.keys() == KEYS
    assert body["missing"] == ["Not deployed yet: resumectl deploy --env prod"]
    assert body["parts"]["site"] == {"to_deploy": 1, "drifted": None}
    assert (body["release"], body["urls"]) == (None, {})


def test_an_embedded_cloud_that_is_not_running():
    body = stopped("local").body
    assert body.keys() == KEYS
    (missing,) = body["missing"]
    assert "resumectl local start, or resumectl deploy --env local" in missing
