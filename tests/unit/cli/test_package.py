from __future__ import annotations


def test_a_package_needs_no_aws(project, document):
    body = document("package", "--env", "prod", "--out", str(project / "out.zip"))
    assert (body["exit_code"], body["env"], body["files"]) == (0, "prod", ["counter.py"])
    assert (project / "out.zip").stat().st_size == body["size"]


def test_the_same_tree_is_the_same_package(project, document):
    first = document("package", "--out", str(project / "out.zip"))
    again = document("package", "--out", str(project / "again.zip"), RESUMECTL_ENV="prod")
    assert (again["env"], again["sha256"]) == ("prod", first["sha256"])


def test_it_has_a_place_of_its_own(project, document):
    path = document("package", "--env", "prod")["path"]
    assert path == str(project / ".resumectl" / "env" / "prod" / "function.zip")


def test_a_handler_that_does_not_load_is_refused(project, document):
    (project / "lambda_src" / "counter.py").write_text("import nothing_of_that_name\n")
    body = document("package")
    assert (body["exit_code"], body["error"]["code"]) == (1, "build")
