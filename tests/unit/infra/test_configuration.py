from __future__ import annotations

import os

import pytest

from resumectl.errors import BuildError
from resumectl.infra import configuration
from resumectl.infra.configuration import ERRORED, LOCK, PLUGINS

VALUES = {
    "project": "resume",
    "function": {"package": "/home/me/function.zip", "handler": "counter.handler"},
}
LOCKED = """\
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.100"
  hashes = [
    "h1:H3mU/7URhP0uCRGK8jeQRKxx2XFzEqLiOq/L2Bbiaxs=",
    "zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
  ]
}
"""
MORE_CHECKSUMS = LOCKED.replace('    "zh:', '    "h1:of another machine",\n    "zh:')
NO_CHECKSUMS = LOCKED[: LOCKED.index("  hashes")] + "}\n"
OTHER_VERSION = LOCKED.replace("5.100.0", "5.101.0")


@pytest.fixture
def terraform(tmp_path):
    """A project's `terraform/`."""
    folder = tmp_path / "terraform"
    write(folder, "site.tf", "# site")
    write(folder, "functions/index.js", "// rewrite")
    write(folder, LOCK, LOCKED)
    return folder


def write(folder, name, content):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


def digest(folder, values=VALUES):
    return configuration.digest(configuration.read(folder), values)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- what belongs to it


@pytest.mark.parametrize(
    "name",
    [
        "site.tf",
        "new.tf",
        "new.tf.json",
        "terraform.tfvars",
        "x.auto.tfvars.json",
        "functions/index.js",
        "policies/role.json",
        "modules/dns/main.tf",
        "modules/dns/tests/page.html",
        "template.html.tftpl",
        LOCK,
    ],
)
def test_every_file_under_terraform_belongs_to_it(terraform, name):
    before = digest(terraform)
    write(terraform, name, "other")
    assert digest(terraform) != before
    assert configuration.read(terraform)[name] == b"other"


@pytest.mark.parametrize(
    "name",
    [
        "tests/site.tftest.hcl",
        "tests/mocks/aws.tfmock.hcl",
        ERRORED,
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "terraform.tfstate.1700000000.backup",
        "crash.log",
        ".terraform/modules/modules.json",
        ".terraform.tfstate.lock.info",
        ".checkov.yaml",
        "site.tf~",
        f"{PLUGINS}/registry.terraform.io/hashicorp/aws/index.json",
    ],
)
def test_tests_states_and_other_leftovers_do_not_belong_to_it(terraform, name):
    before = digest(terraform)
    write(terraform, name, "other")
    assert digest(terraform) == before
    assert name not in configuration.read(terraform)


@pytest.mark.parametrize(
    "values", [{**VALUES, "project": "x"}, {**VALUES, "function": {"handler": "a.b"}}]
)
def test_every_variable_counts(terraform, values):
    assert digest(terraform, values) != digest(terraform)


def test_moving_text_from_one_file_to_another_counts(terraform):
    before = digest(terraform)
    (terraform / "site.tf").rename(terraform / "other.tf")
    assert digest(terraform) != before


def test_the_digest_is_the_same_on_every_machine(terraform, tmp_path):
    other = tmp_path / "elsewhere"
    for name, text in reversed(content(terraform).items()):
        write(other, name, text)
    os.utime(other / "site.tf", (0, 0))
    values = {**VALUES, "function": {**VALUES["function"], "package": "/elsewhere/function.zip"}}
    assert digest(other, values) == digest(terraform)


@pytest.mark.parametrize(
    ("lock", "same"), [(MORE_CHECKSUMS, True), (NO_CHECKSUMS, True), (OTHER_VERSION, False)]
)
def test_of_the_lock_file_versions_count_and_checksums_do_not(terraform, lock, same):
    before = digest(terraform)
    write(terraform, LOCK, lock)
    assert (digest(terraform) == before) is same


def test_an_unreadable_file_is_the_users_to_mend(terraform):
    (terraform / "shared.tf").symlink_to("gone.tf")
    with pytest.raises(BuildError, match=r"Cannot read .*shared\.tf"):
        configuration.read(terraform)


# --- laying it out


def test_a_folder_holds_exactly_the_module(tmp_path):
    write(tmp_path, "old.tf", "# of another configuration")
    write(tmp_path, "modules/dns/old.tf", "")
    files = {"site.tf": b"# site", "modules/dns/main.tf": b"# dns"}
    configuration.lay_out(files, tmp_path, tmp_path / "no.lock")
    assert content(tmp_path) == {"site.tf": "# site", "modules/dns/main.tf": "# dns"}


def test_what_terraform_left_in_the_folder_stays(tmp_path):
    write(tmp_path, ERRORED, "a state")
    write(tmp_path, ".terraform/x", "")
    configuration.lay_out({"site.tf": b""}, tmp_path, tmp_path / "no.lock")
    assert content(tmp_path).keys() == {ERRORED, ".terraform/x", "site.tf"}


def test_an_unchanged_file_is_not_written_again(tmp_path):
    configuration.lay_out({"site.tf": b"# site"}, tmp_path, tmp_path / LOCK)
    os.utime(tmp_path / "site.tf", (1, 1))
    configuration.lay_out({"site.tf": b"# site"}, tmp_path, tmp_path / LOCK)
    assert (tmp_path / "site.tf").stat().st_mtime == 1


@pytest.mark.parametrize(
    ("own", "here", "chosen"),
    [
        (LOCKED, MORE_CHECKSUMS, MORE_CHECKSUMS),
        (OTHER_VERSION, MORE_CHECKSUMS, OTHER_VERSION),
        (None, MORE_CHECKSUMS, MORE_CHECKSUMS),
        (LOCKED, None, LOCKED),
        (None, None, None),
    ],
)
def test_a_lock_file_of_this_machine_is_used_if_it_names_the_same_versions(
    tmp_path, own, here, chosen
):
    """`init` has added the checksums of this machine to it."""
    if here:
        write(tmp_path, "here", here)
    files = {LOCK: own.encode()} if own else {}
    configuration.lay_out(files, tmp_path / "module", tmp_path / "here")
    assert content(tmp_path / "module").get(LOCK) == chosen


def test_a_mirror_in_the_projects_terraform_folder_is_found_also_after_a_move(tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for project in ("old", "new"):
        write(tmp_path / project / PLUGINS, "provider.zip", project)
        configuration.link_plugins(tmp_path / project, copy)
        configuration.link_plugins(tmp_path / project, copy)
        assert (copy / PLUGINS / "provider.zip").read_text() == project
        (tmp_path / project / PLUGINS / "provider.zip").unlink()
        (tmp_path / project / PLUGINS).rmdir()


def test_laying_out_a_module_leaves_the_linked_mirror_alone(tmp_path):
    write(tmp_path / "terraform" / PLUGINS, "provider.tf", "")
    copy = tmp_path / "copy"
    copy.mkdir()
    configuration.link_plugins(tmp_path / "terraform", copy)
    configuration.lay_out({"site.tf": b""}, copy, copy / LOCK)
    assert (tmp_path / "terraform" / PLUGINS / "provider.tf").exists()


def test_without_a_mirror_nothing_is_linked(tmp_path):
    (tmp_path / "copy").mkdir()
    configuration.link_plugins(tmp_path / "terraform", tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []
