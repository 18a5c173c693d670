from __future__ import annotations

from resumectl.report import package

PACKAGE = {"path": "/tmp/[a]/b c.zip", "sha256": "ab", "size": 3149, "files": ["counter.py"]}


def test_the_path_is_a_line_of_its_own(shown):
    text = shown(package.package, PACKAGE)
    assert text == "/tmp/[a]/b c.zip\n3.1 kB, 1 file\nsha256 ab\n"


def test_verbose_lists_the_files(shown):
    assert shown(package.package, PACKAGE, verbose=True).endswith("\n  counter.py\n")
