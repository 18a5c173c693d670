from __future__ import annotations

from types import SimpleNamespace

import pytest

from resumectl.commands.package import package
from resumectl.errors import BuildError


def test_the_zip_is_written_where_it_was_asked_for(tmp_path):
    out = tmp_path / "out.zip"

    def zip_function(path):
        path.write_bytes(b"zip")
        return SimpleNamespace(sha256="abc", size=3, files=("counter.py",))

    assert package(zip_function, out).body == {
        "path": str(out),
        "sha256": "abc",
        "size": 3,
        "files": ["counter.py"],
    }
    assert out.read_bytes() == b"zip"


def test_a_function_that_cannot_be_packaged_is_an_error(tmp_path):
    def zip_function(path):
        raise BuildError("There is no handler.")

    with pytest.raises(BuildError, match="no handler"):
        package(zip_function, tmp_path / "out.zip")
