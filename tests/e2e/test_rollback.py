"""The way back: a failed release is taken back, an earlier one restored, the ledger has both.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resumectl.errors import Exit
from tests.e2e.project import ask
from tests.e2e.served import NO_TERRAFORM, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.project import Project, Run

DEPLOY = ("deploy", "--yes", "--json")
UPLOAD = (*DEPLOY, "--only", "backend", "--only", "site")


def error(run: Run) -> tuple[int, str]:
    return run.code, run.json["error"]["code"]


@pytest.fixture(scope="module")
def site(project: Project, first: Run) -> Site:
    return Site(project)


@pytest.fixture(scope="module")
def old(site: Site) -> tuple[bytes, str]:
    """What release 1 serves."""
    return site.served()


def test_before_the_first_deploy_commands_say_that_there_is_none(
    new_project: Callable[[], Project],
) -> None:
    project = new_project()
    status = project.resumectl("status", "--json")
    assert (status.code, status.json["release"], status.json["parts"]) == (0, None, {}), status
    assert "embedded cloud" in status.json["missing"][0]
    assert project.resumectl("local", "start").code == 0
    status = project.resumectl("status", "--json", env=NO_TERRAFORM)
    assert status.code == 0, status
    assert "resumectl deploy --env local" in status.json["missing"][0]
    assert status.json["parts"]["site"] == {"to_deploy": 6, "drifted": None}
    assert project.resumectl("history", "--json").json["releases"] == []
    for command in ("drift", "rollback"):
        refused = project.resumectl(command, "--json")
        assert error(refused) == (Exit.FAILED, "refused"), refused
        assert "not deployed yet" in refused.json["error"]["message"]
    project.end()


def test_a_handler_that_answers_500_never_serves_a_visitor(
    site: Site, old: tuple[bytes, str]
) -> None:
    site.edit("Breaker of things", refuses=("GET", "POST"))
    refused = site.project.resumectl(*UPLOAD)
    newest = site.releases()[0]

    assert error(refused) == (Exit.SMOKE_FAILED, "unhealthy"), refused
    assert site.served() == old
    assert (newest["id"], newest["status"], newest["live"]) == (2, "failed", False)
    assert (newest["failed_step"], newest["taken_back_to"]) == ("publish-function", 1)
    assert site.differs() == []


def test_a_release_that_fails_the_smoke_test_is_taken_back(
    site: Site, old: tuple[bytes, str]
) -> None:
    site.edit("Breaker of counters", refuses=("POST",))
    refused = site.project.resumectl(*UPLOAD)
    newest = site.releases()[0]

    assert error(refused) == (Exit.SMOKE_FAILED, "smoke"), refused
    assert [check["name"] for check in refused.json["checks"] if not check["ok"]]
    assert site.served() == old
    assert (newest["id"], newest["status"], newest["taken_back_to"]) == (3, "failed", 1)
    assert newest["failed_step"] == "smoke"
    assert site.differs() == []


def test_no_rollback_leaves_a_failed_release_live(site: Site, old: tuple[bytes, str]) -> None:
    refused = site.project.resumectl(*UPLOAD, "--no-rollback")
    newest = site.releases()[0]

    assert error(refused) == (Exit.SMOKE_FAILED, "smoke"), refused
    assert (newest["id"], newest["status"], newest["taken_back_to"]) == (4, "failed", None)
    assert site.post() == 500
    assert b"Breaker of counters" in ask(site.urls["site"]).body
    assert ("live", "code") in site.differs()
    assert ("index.html", "object") in site.differs()

    plan = site.project.resumectl("rollback", "--plan", "--json")
    assert (plan.code, plan.json["target"]) == (0, 1), "the last verified release"


def test_a_good_release_follows_a_failed_one(site: Site, old: tuple[bytes, str]) -> None:
    site.edit("Platform engineer")
    done = site.project.resumectl(*UPLOAD, "-m", "New job")
    release = done.json["release"]
    page, code = site.served()

    assert (done.code, release["id"], release["status"]) == (0, 5, "verified"), done
    assert b"Platform engineer" in page
    assert code != old[1]
    assert site.differs() == []


def test_rollback_restores_the_last_good_release_and_pins_it(
    site: Site, old: tuple[bytes, str]
) -> None:
    plan = site.project.resumectl("rollback", "--plan", "--json", env=NO_TERRAFORM)
    assert (plan.code, plan.json["target"], plan.json["release"]) == (0, 1, None), plan
    assert {(change["part"], change["key"]) for change in plan.json["changes"]} == {
        ("function", "live"),
        ("site", "index.html"),
    }
    refused = site.project.resumectl("rollback", "--json", env=NO_TERRAFORM)
    assert error(refused) == (Exit.FAILED, "no-terminal"), refused
    rollback = ("rollback", "--yes", "--json", "-m", "Wrong job")
    back = site.project.resumectl(*rollback, env=NO_TERRAFORM)

    assert (back.code, back.json["target"]) == (0, 1), back
    assert back.json["changes"] == plan.json["changes"]
    assert (back.json["release"]["rollback_of"], back.json["release"]["status"]) == (1, "verified")
    assert site.served() == old
    status = site.project.resumectl("status", "--json", env=NO_TERRAFORM)
    assert (status.code, status.json["release"]["id"]) == (0, 6), status
    assert "#1" in status.json["pin"]
    assert status.json["pin"].endswith("Wrong job")
    assert "infra" in status.json["missing"][0]
    assert status.json["parts"]["infra"]["drifted"] is None
    assert status.json["parts"]["site"] == {"to_deploy": 1, "drifted": 0}
    assert site.drift() == []

    before = site.everything()
    pinned = site.project.resumectl(*DEPLOY)
    assert error(pinned) == (Exit.FAILED, "pinned"), pinned
    assert status.json["pin"] in pinned.json["error"]["message"]
    assert "resumectl unpin" in pinned.json["error"]["hint"]
    assert (site.everything(), site.served()) == (before, old)


@pytest.mark.parametrize(
    ("number", "code"), [("99", "unknown-release"), ("2", "refused"), ("4", "refused")]
)
def test_a_release_that_does_not_exist_or_failed_is_not_restored(
    site: Site, number: str, code: str
) -> None:
    before = site.everything()
    refused = site.project.resumectl("rollback", number, "--yes", "--json", env=NO_TERRAFORM)

    assert error(refused) == (Exit.FAILED, code), refused
    assert site.everything() == before


def test_rollback_needs_an_earlier_verified_release(site: Site) -> None:
    before = site.everything()
    refused = site.project.resumectl("rollback", "--yes", "--json")

    assert error(refused) == (Exit.FAILED, "refused"), refused
    assert site.everything() == before


def test_a_deleted_version_is_published_again_from_the_kept_zip(site: Site) -> None:
    function = site.account.release(5)["function"]
    name = site.account.outputs["function_name"]
    site.account["lambda"].delete_function(FunctionName=name, Qualifier=function["version"])
    back = site.project.resumectl("rollback", "5", "--yes", "--json", env=NO_TERRAFORM)
    release = back.json["release"]

    assert (back.code, back.json["target"], release["id"]) == (0, 5, 7), back
    assert release["function"]["sha256"] == function["sha256"]
    assert release["function"]["version"] != function["version"]
    assert b"Platform engineer" in site.served()[0]
    assert site.differs() == []


def test_unpin_lets_deploys_through(site: Site) -> None:
    unpinned = site.project.resumectl("unpin", "--json")
    assert (unpinned.code, unpinned.json["unpinned"]) == (0, True), unpinned
    assert unpinned.json["release"] == 5
    assert site.project.resumectl("unpin", "--json").json["unpinned"] is False
    for only, job, note in (
        ("site", "Head of platform", "Platform engineer"),
        ("backend", "Head of platform", ""),
    ):
        site.edit(job, note=note)
        done = site.project.resumectl(*DEPLOY, "--only", only)
        assert (done.code, len(done.json["changes"])) == (0, 1), done
        assert site.differs() == []
    assert b"Head of platform" in site.served()[0]


@pytest.mark.parametrize(("what", "code"), [("page", "version-gone"), ("code", "artifacts-gone")])
def test_a_release_whose_page_or_code_is_gone_is_refused(site: Site, what: str, code: str) -> None:
    s3, release = site.account["s3"], site.account.release({"page": 5, "code": 1}[what])
    if what == "page":
        version = release["site"]["index.html"]["version_id"]
        s3.delete_object(Bucket=site.account.site_bucket, Key="index.html", VersionId=version)
    else:
        name = site.account.outputs["function_name"]
        site.account["lambda"].delete_function(
            FunctionName=name, Qualifier=release["function"]["version"]
        )
        zipped = f"artifacts/local/function/{release['function']['sha256']}.zip"
        s3.delete_object(Bucket=site.account.project_bucket, Key=zipped)
    before, served = site.everything(), site.served()
    command = ("rollback", str(release["id"]), "--yes", "--json")
    refused = site.project.resumectl(*command, env=NO_TERRAFORM)

    assert error(refused) == (Exit.FAILED, code), refused
    assert (site.everything(), site.served()) == (before, served)


def test_history_lists_every_release_with_its_outcome(site: Site) -> None:
    fields = ("id", "status", "rollback_of", "taken_back_to", "live")
    releases = [tuple(release[field] for field in fields) for release in reversed(site.releases())]
    assert releases == [
        (1, "verified", None, None, False),
        (2, "failed", None, 1, False),
        (3, "failed", None, 1, False),
        (4, "failed", None, None, False),
        (5, "verified", None, None, False),
        (6, "verified", 1, None, False),
        (7, "verified", 5, None, False),
        (8, "verified", None, None, False),
        (9, "verified", None, None, True),
    ]
    assert site.releases()[4]["message"] == "New job"


def test_status_says_that_the_embedded_cloud_is_stopped(site: Site) -> None:
    assert site.project.resumectl("local", "stop").code == 0
    status = site.project.resumectl("status", "--json")
    assert (status.code, status.json["release"]) == (0, None), status
    assert "resumectl local start" in status.json["missing"][0]
