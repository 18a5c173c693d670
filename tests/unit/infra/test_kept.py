from __future__ import annotations

import io
import zipfile

import pytest

from resumectl.infra import kept
from resumectl.infra.module import Module

SECRET = "sk_live_canary_1"
FILES = {"site.tf": b"# site", "secret.auto.tfvars": f'token = "{SECRET}"'.encode()}
VARIABLES = {
    "project": "resume",
    "protected": True,
    "tags": {"Team": "web"},
    "keys": [{"stripe": SECRET, "rotated": 2}],
    "function": {"package": "/here/function.zip", "handler": "counter.handler", "memory_mb": 256},
}
MODULE = Module(FILES, VARIABLES)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


def test_a_module_comes_back_as_it_was():
    released = kept.unpack(kept.pack(MODULE), MODULE)
    assert released == kept.Kept(MODULE)
    assert released.exactly() == released.nearly(pytest.fail) == MODULE


def test_the_zip_of_the_function_is_that_of_this_machine():
    elsewhere = {**VARIABLES["function"], "package": "/elsewhere/function.zip"}
    data = kept.pack(Module(FILES, {**VARIABLES, "function": elsewhere}))
    assert kept.unpack(data, MODULE).exactly() == MODULE


def test_nothing_secret_is_kept():
    data = members(kept.pack(MODULE))
    assert data["site.tf"] == "# site"
    assert "secret.auto.tfvars" not in data
    assert [name for name, text in data.items() if SECRET in text or "web" in text] == []
    assert "counter.handler" in data["resumectl.variables.json"]


@pytest.mark.parametrize("name", ["terraform.tfvars", "a.auto.tfvars.json", "keys/tls.pem"])
def test_files_of_values_and_keys_are_private(name):
    assert kept.is_private(name)
    assert not kept.is_private("site.tf")


@pytest.mark.parametrize(
    ("change", "different"),
    [
        ({"keys": [{"stripe": "another", "rotated": 2}]}, "variable keys"),
        ({"keys": []}, "variable keys"),
        ({"tags": "none"}, "variable tags"),
    ],
)
def test_a_secret_that_the_worktree_changed_is_named_and_taken_from_there(change, different):
    worktree = Module(FILES, {**VARIABLES, **change})
    released = kept.unpack(kept.pack(MODULE), worktree)
    (name,) = change
    assert released.different == (different,)
    assert released.module.variables[name] == change[name]


def test_what_is_harmless_comes_from_the_release():
    worktree = Module(FILES, {**VARIABLES, "project": "other", "protected": False})
    released = kept.unpack(kept.pack(MODULE), worktree)
    assert released.different == ()
    assert (released.module.variables["project"], released.module.variables["protected"]) == (
        "resume",
        True,
    )


@pytest.mark.parametrize("files", [{}, {"secret.auto.tfvars": b"other"}])
def test_a_private_file_that_the_worktree_changed_is_named(files):
    worktree = Module({"site.tf": b"# new", **files}, VARIABLES)
    released = kept.unpack(kept.pack(MODULE), worktree)
    assert released.different == ("file secret.auto.tfvars",)
    assert released.module.files == {"site.tf": b"# site", **files}


def test_a_new_private_file_of_the_worktree_is_left_out():
    worktree = Module({**FILES, "new.auto.tfvars": b"x = 1"}, VARIABLES)
    assert "new.auto.tfvars" not in kept.unpack(kept.pack(MODULE), worktree).module.files


def test_the_zip_is_the_same_on_every_machine():
    elsewhere = {**VARIABLES["function"], "package": "/elsewhere/function.zip"}
    other = Module(dict(reversed(FILES.items())), {**VARIABLES, "function": elsewhere})
    assert members(kept.pack(other)) == members(kept.pack(MODULE))


def test_secrets_are_all_that_is_not_kept():
    assert kept.secrets(MODULE) == {SECRET, "web"}


@pytest.mark.parametrize("data", [None, b"", b"PK\x03\x04", kept.pack(MODULE)[:-40]])
def test_in_place_of_what_is_not_kept_or_damaged_is_the_worktree(data):
    assert kept.or_worktree(data, MODULE) == kept.Kept(MODULE)
