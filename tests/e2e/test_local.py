"""The embedded cloud: a small site with a counter survives whatever happens to the process."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import ResumectlError
from resumectl.local import folder, ports
from resumectl.local.emulator import Emulator
from tests.e2e.plain_site import REGION, Site, client
from tests.e2e.project import ROOT, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("ministack")


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    emulators: list[Emulator] = []

    def make(name: str = "project", port: int | None = None) -> Emulator:
        emulators.append(Emulator(tmp_path / name / ".resumectl" / "local", port))
        return emulators[-1]

    yield make
    for emulator in emulators:
        emulator.stop()


def _group(pid: int) -> list[str]:
    """The running processes in the process group of the embedded cloud."""
    listed = subprocess.run(
        ["ps", "-eo", "pgid,stat,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if row[0] == str(pid) and not row[1].startswith("Z")]


def test_a_stop_and_a_start_lose_nothing(
    emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    cloud = emulator()
    running = cloud.start()
    monkeypatch.undo()
    site = Site.build(running)
    assert (site.get("/blog/"), site.count(), site.count()) == ((200, b"new"), 1, 2)
    versions = site.versions()
    assert len(_group(running.pid)) >= 2, "the function has a process of its own"
    assert cloud.stop()
    wait_until(lambda: _group(running.pid) == [])

    again = cloud.start()
    assert (again.port, again.notes) == (running.port, ())
    assert (site.get("/blog/"), site.count(), site.versions()) == ((200, b"new"), 3, versions)
    assert {"s3", "dynamodb", "lambda", "cloudfront", "apigateway", "iam"} <= set(
        cloud.status().services
    )
    assert cloud.reset()
    assert cloud.status().data_bytes == 0


def _oldest(state: Path) -> float:
    """When the file that was saved first was saved: each service has its own."""
    return min((file.stat().st_mtime for file in state.glob("*.json")), default=0.0)


def test_a_kill_loses_nothing_that_was_saved(emulator: Callable[..., Emulator]) -> None:
    cloud = emulator()
    running = cloud.start()
    site = Site.build(running)
    assert site.count() == 1
    versions, counted = site.versions(), time.time()
    state = cloud.state_dir / folder.STATE
    wait_until(lambda: state.is_dir() and _oldest(state) >= counted)
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: cloud.status().state == "crashed")
    error = cloud.explain_if_down()
    assert (error and error.code) == "local"
    wait_until(lambda: _group(running.pid) == [])  # its children end by themselves

    again = cloud.start()
    assert again.started
    assert len(again.notes) == 1
    assert (site.get("/blog/"), site.count(), site.versions()) == ((200, b"new"), 2, versions)


def test_two_projects_have_a_cloud_each_and_a_taken_port_names_its_owner(
    emulator: Callable[..., Emulator],
) -> None:
    one, two = emulator("one").start(), emulator("two").start()
    assert one.port != two.port
    client(one, "s3").create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    assert client(two, "s3").list_buckets()["Buckets"] == []
    with pytest.raises(ResumectlError, match=f"{one.port}.*/one/"):
        emulator("three", one.port).start()


def test_a_port_taken_by_another_program_is_refused_until_it_is_free(
    emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    with ports.open_free(tmp_path) as taken:
        port = taken.getsockname()[1]
        cloud = emulator(port=port)
        with pytest.raises(ResumectlError, match=f"{port} .* another program"):
            cloud.start()
    assert cloud.start().started


def test_commands_that_start_it_at_the_same_time_share_one_process(
    emulator: Callable[..., Emulator],
) -> None:
    cloud = emulator()
    code = (
        "import sys; from pathlib import Path; from resumectl.local.emulator import Emulator;"
        "run = Emulator(Path(sys.argv[1])).start(); print(run.started, run.pid)"
    )
    command = [sys.executable, "-c", code, str(cloud.state_dir)]
    starts = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)
    ]
    lines = [start.communicate()[0].split() for start in starts]
    assert sorted(started for started, _ in lines) == ["False", "False", "True"]
    assert len({pid for _, pid in lines}) == 1


def test_it_ends_when_its_folder_is_deleted(emulator: Callable[..., Emulator]) -> None:
    cloud = emulator()
    running = cloud.start()
    client(running, "s3").create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    shutil.rmtree(cloud.state_dir)
    wait_until(lambda: _group(running.pid) == [])
    assert not (cloud.state_dir / folder.STATE).exists(), "nothing is written back"
    assert client(cloud.start(), "s3").list_buckets()["Buckets"] == []


def test_it_listens_on_this_machine_only_and_refuses_web_pages(
    emulator: Callable[..., Emulator],
) -> None:
    running = emulator().start()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
    connection.request("POST", "/_ministack/reset", headers={"Origin": "https://evil.example"})
    assert connection.getresponse().status == 403
    listed = Path(f"/proc/{running.pid}/net/tcp")
    if not listed.exists():
        pytest.skip("no /proc here")
    rows = [line.split() for line in listed.read_text().splitlines()[1:]]
    listening = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in _sockets(running.pid)
    }
    assert listening == {"0100007F"}


def _sockets(pid: int) -> set[str]:
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            sockets.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    return sockets


def test_pages_are_served_without_node(
    emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("quickjs")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    site = Site.build(emulator().start())
    assert site.get("/blog/") == (200, b"new")
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: site.get("/blog/"), range(8)))
    assert responses == [(200, b"new")] * 8
