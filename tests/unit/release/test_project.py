from __future__ import annotations

import json

import pytest

from resumectl.errors import Refused
from resumectl.release.project import SCHEMA, Checkout, Project, normalized

BUCKET = "resume-resumectl-123456789012-eu-west-2"
ORIGIN = "github.com/ada/resume"


@pytest.fixture
def checkout(tmp_path):
    """Makes the project of a checkout; those with the same number are in the same folder."""

    def make(number=1, id_=None, origin=""):
        memory = tmp_path / str(number) / ".resumectl" / "projects"
        return Project(Checkout("resume", id_, lambda: origin, memory), BUCKET)

    return make


def document(id_="1f2e3d4c", origin="", **more):
    return json.dumps({"schema": SCHEMA, "id": id_, "origin": origin, **more}).encode()


# --- the id


def test_a_new_project_gets_a_random_id_that_stays(checkout):
    first, second = checkout(1), checkout(2)
    assert first.id == first.id != second.id
    assert len(first.id) == 8


def test_a_new_bucket_takes_the_id_of_the_settings(checkout):
    assert checkout(id_="my-resume").id == "my-resume"


def test_a_bucket_that_was_lost_gets_its_id_again(checkout):
    """Its resources are found by it."""
    first = checkout()
    first.remember()
    assert checkout().id == checkout().remembered == first.id


def test_an_unwritable_folder_is_no_error(checkout, tmp_path):
    (tmp_path / "1").write_text("not a folder")
    project = checkout()
    project.remember()
    assert project.remembered is None


def test_a_damaged_memory_proves_nothing(checkout, tmp_path):
    memory = tmp_path / "1" / ".resumectl" / "projects" / BUCKET
    memory.parent.mkdir(parents=True)
    memory.write_bytes(b"\xff\xfe")
    assert checkout().remembered is None


# --- the proof


def test_the_bucket_says_what_the_id_is(checkout):
    project = checkout(origin=ORIGIN)
    project.prove(document("1f2e3d4c", ORIGIN))
    assert project.id == "1f2e3d4c"


PROOFS = {
    "the id of the settings": {"id_": "1f2e3d4c"},
    "the id of the settings in another repository": {"id_": "1f2e3d4c", "origin": "x.com/y"},
    "the same origin": {"origin": ORIGIN},
}
NO_PROOFS = {
    "nothing": {},
    "another origin": {"origin": "github.com/eve/resume"},
    "another id": {"id_": "0a0b0c0d"},
    "another id in the same repository": {"id_": "0a0b0c0d", "origin": ORIGIN},
}


@pytest.mark.parametrize("given", PROOFS.values(), ids=PROOFS)
def test_a_fresh_clone_proves_itself(checkout, given):
    project = checkout(**given)
    project.prove(document(origin=ORIGIN))
    assert project.id == "1f2e3d4c"


@pytest.mark.parametrize("given", NO_PROOFS.values(), ids=NO_PROOFS)
def test_without_a_proof_the_bucket_is_refused_with_the_way_out(checkout, given):
    with pytest.raises(Refused) as caught:
        checkout(**given).prove(document(origin=ORIGIN))
    assert caught.value.code == "other-project"
    assert f"belongs to another project (id 1f2e3d4c, {ORIGIN};" in caught.value.message
    assert 'set id = "1f2e3d4c" under [project]' in caught.value.hint
    assert "choose another name" in caught.value.hint


def test_two_checkouts_without_an_origin_are_two_projects(checkout):
    with pytest.raises(Refused):
        checkout(origin="").prove(document(origin=""))


def test_a_checkout_that_deployed_before_is_known(checkout):
    """The repository may have moved to another address since."""
    first = checkout(origin=ORIGIN)
    first.remember()
    checkout(origin="gitlab.com/ada/resume").prove(document(first.id, ORIGIN))


def test_a_remembered_id_does_not_outdo_the_settings(checkout):
    first = checkout()
    first.remember()
    with pytest.raises(Refused, match="this one: id other-one"):
        checkout(id_="other-one").prove(document(first.id))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"id": 7}', b'{"id": ""}', b"\xff"])
def test_a_damaged_document_stops_everything(checkout, body):
    with pytest.raises(Refused, match="damaged") as caught:
        checkout(id_="1f2e3d4c").prove(body)
    assert "list-object-versions" in caught.value.hint


# --- what the bucket should say


def test_a_new_document_names_the_project_and_where_it_comes_from(checkout):
    project = checkout(origin=ORIGIN)
    written = json.loads(project.document())
    assert written == {"schema": SCHEMA, "id": project.id, "name": "resume", "origin": ORIGIN}


def test_a_complete_document_is_not_written_again(checkout):
    project = checkout(origin=ORIGIN)
    project.prove(project.document())
    assert project.document() is None


def test_an_origin_that_came_later_is_added(checkout):
    """So that CI can deploy what was first deployed before it was pushed anywhere."""
    first = checkout()
    stored = first.document()
    first.prove(stored)
    first.remember()
    later = checkout(origin=ORIGIN)
    later.prove(stored)
    assert json.loads(later.document()) == {**json.loads(stored), "origin": ORIGIN}


def test_an_origin_is_never_replaced_and_unknown_keys_are_kept(checkout):
    project = checkout(id_="1f2e3d4c", origin="x.com/y")
    project.prove(document(origin=ORIGIN, name="resume", later="kept"))
    assert project.document() is None
    project.prove(document(origin="", name="resume", later="kept"))
    assert json.loads(project.document())["later"] == "kept"


@pytest.mark.parametrize(
    ("given", "portable"), [({}, False), ({"id_": "my-id"}, True), ({"origin": ORIGIN}, True)]
)
def test_a_project_is_portable_if_another_checkout_can_prove_it(checkout, given, portable):
    assert checkout(**given).is_portable == portable


# --- origins


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/Ada/resume.git",
        "https://github.com/ada/resume",
        "https://github.com/ada/resume/",
        "https://ada:ghp_secret@github.com/ada/resume.git",
        "https://x-access-token:ghs_secret@github.com/ada/resume",
        "http://github.com/ada/resume",
        "git@github.com:ada/resume.git",
        "github.com:ada/resume",
        "ssh://git@github.com/ada/resume.git",
        "ssh://git@github.com:22/ada/resume.git",
        "git://github.com/ada/resume.git",
        " https://GitHub.com/ada/resume.git\n",
    ],
)
def test_every_form_of_an_origin_is_the_same(origin):
    assert normalized(origin) == ORIGIN


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://gitlab.com/group/sub/resume.git", "gitlab.com/group/sub/resume"),
        ("/srv/git/resume.git", "/srv/git/resume.git"),
        ("../resume", "../resume"),
        ("", ""),
    ],
)
def test_other_origins(origin, expected):
    assert normalized(origin) == expected
