from __future__ import annotations

import os

import pytest

from resumectl.infra import configuration

VALUES = {
    "project": "resume",
    "function": {"package": "/home/me/function.zip", "handler": "counter.handler"},
}


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "terraform"
    (folder / "functions").mkdir(parents=True)
    (folder / "site.tf").write_text("# site")
    (folder / "functions" / "index.js").write_text("// rewrite")
    (folder / ".terraform.lock.hcl").write_text("# locked")
    return folder


def copied(folder, to):
    to.mkdir()
    for file in sorted((file for file in folder.rglob("*") if file.is_file()), reverse=True):
        (to / file.relative_to(folder)).parent.mkdir(exist_ok=True)
        (to / file.relative_to(folder)).write_bytes(file.read_bytes())
    return to


def test_the_digest_is_the_same_on_every_machine(module, tmp_path):
    other = copied(module, tmp_path / "elsewhere")
    os.utime(other / "site.tf", (0, 0))
    values = {**VALUES, "function": {**VALUES["function"], "package": "/elsewhere/function.zip"}}
    assert configuration.digest(other, values) == configuration.digest(module, VALUES)
    assert configuration.pack(other, values) == configuration.pack(module, VALUES)


@pytest.mark.parametrize(
    "name",
    [
        "site.tf",
        "new.tf",
        "new.tf.json",
        "terraform.tfvars",
        "x.auto.tfvars",
        "terraform.tfvars.json",
        "x.auto.tfvars.json",
        "functions/index.js",
        ".terraform.lock.hcl",
    ],
)
def test_every_file_that_terraform_reads_counts(module, name):
    before = configuration.digest(module, VALUES)
    (module / name).write_text("other")
    assert configuration.digest(module, VALUES) != before


@pytest.mark.parametrize(
    "name", ["README.md", "tests/site.tftest.hcl", "bootstrap/main.tf", ".terraform/x.tf"]
)
def test_what_terraform_does_not_read_does_not_count(module, name):
    before = configuration.digest(module, VALUES)
    (module / name).parent.mkdir(exist_ok=True)
    (module / name).write_text("other")
    assert configuration.digest(module, VALUES) == before


@pytest.mark.parametrize(
    "values", [{**VALUES, "project": "x"}, {**VALUES, "function": {"handler": "a.b"}}]
)
def test_every_variable_counts(module, values):
    assert configuration.digest(module, values) != configuration.digest(module, VALUES)


def test_moving_text_from_one_file_to_another_counts(module):
    before = configuration.digest(module, VALUES)
    (module / "site.tf").rename(module / "other.tf")
    assert configuration.digest(module, VALUES) != before


def test_a_module_comes_back_as_it_was(module, tmp_path):
    packed = configuration.pack(module, VALUES)
    back = tmp_path / "back"
    back.mkdir()
    (back / "left-over.tf").touch()
    values = configuration.unpack(packed, back)
    assert values == {"project": "resume", "function": {"handler": "counter.handler"}}
    assert configuration.digest(back, values) == configuration.digest(module, VALUES)
    assert not (back / "left-over.tf").exists()
