"""The function of an environment, in the fake AWS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest

from resumectl.backoff import Backoff
from resumectl.function import archive
from resumectl.function.archive import Archive
from resumectl.function.publish import Lambda, publish
from tests.fakes.aws.world import Aws
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault, Faults
from tests.fakes.machine import Machine

ACCOUNT, REGION = "123456789012", "eu-west-2"
FUNCTION = {"FunctionName": "f"}
ALIAS = {**FUNCTION, "Name": "live"}
SETTINGS = {
    "Role": f"arn:aws:iam::{ACCOUNT}:role/f",
    "Runtime": "python3.13",
    "Handler": "counter.handler",
    "MemorySize": 128,
    "Timeout": 5,
    "Environment": {"Variables": {"TABLE_NAME": "visits"}},
}
READS = ("get_", "list_")


class NotedFaults(Faults):
    """What goes wrong in one process; it notes the name of each call that was begun."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def at(self, call, key, program=""):
        self.calls.append(call)
        return super().at(call, key)


@dataclass
class Service:
    """Lambda with the function `f`, as one process uses it while others change the function.

    Attributes:
        aws: the world that it is part of.
        steps: the steps that the function's progress told.
    """

    aws: Aws
    steps: list = field(default_factory=list)

    def __post_init__(self):
        machine, self._faults = Machine(clock=self.aws.clock), NotedFaults()
        self._process = machine.start(self.aws, ACCOUNT, REGION, self._faults)
        self._others = machine.start(self.aws, ACCOUNT, REGION).client("lambda")
        self._lambda = self.aws.service(ACCOUNT, REGION, "lambda")
        self.client = self._process.client

    # --- what the process did, and what goes wrong in it

    @property
    def calls(self):
        """The names of the writes and invocations, in their order; also of those that failed."""
        return [name for name in self._faults.calls if not name.startswith(READS)]

    def forget(self):
        """Forget the calls and the steps so far."""
        self._faults.calls.clear()
        self.steps.clear()

    def fault(self, kind, call, **more):
        """Let the next call of that name go wrong."""
        self._faults.add(Fault(kind, call=call, **more))

    def before(self, call, act):
        """Let others act just before the next call of that name is carried out."""
        self.fault("delay", call, meanwhile=act)

    def after(self, call, act):
        """Let others act between the next call of that name and the one that follows."""
        self.before(call, lambda: self.before("", act))

    # --- what is there

    @property
    def function(self):
        return self._lambda.functions["f"]

    @property
    def versions(self):
        return list(self.function.versions)

    def alias(self):
        return self._others.get_alias(**ALIAS)

    def set_answer(self, code_sha256, answer):
        """What code answers when it is invoked, by its digest as Lambda writes it."""
        self._lambda.answers[code_sha256] = answer

    def log(self, tail):
        """Let the log of every invocation end like this."""
        self._lambda.log_tail = tail

    def ignore_digests(self):
        """Publish whatever is there, as the embedded cloud does."""
        self._lambda.checks_digest = False

    # --- what others do

    def create(self, code):
        """Create the function as Terraform does; one that is there is replaced."""
        if "f" in self._lambda.functions:
            self.delete()
        self._others.create_function(**FUNCTION, **SETTINGS, Code={"ZipFile": code})
        self._others.create_alias(**ALIAS, FunctionVersion="$LATEST")

    def delete(self):
        self._others.delete_function(**FUNCTION)

    def delete_alias(self):
        self._others.delete_alias(**ALIAS)

    def delete_version(self, number):
        self._others.delete_function(**FUNCTION, Qualifier=number)

    def configure(self, **settings):
        self._others.update_function_configuration(**FUNCTION, **settings)

    def replace_code(self, code, **more):
        self._others.update_function_code(**FUNCTION, ZipFile=code, **more)

    def update_slowly(self, reads):
        """Change the description: an update that is in progress for as many reads."""
        self.aws.busy = reads
        self.configure(Description="another")
        self.aws.busy = 0

    def publish(self):
        """Publish what is there; gives the version."""
        return self._others.publish_version(**FUNCTION)["Version"]

    def move(self, version):
        self._others.update_alias(**ALIAS, FunctionVersion=version)

    def divert(self, weight=0.1):
        """Send a share of the traffic to a version with another time-out; gives the version."""
        timeout = self._others.get_function_configuration(**FUNCTION)["Timeout"]
        self.configure(Timeout=timeout + 1)
        version = self.publish()
        self.configure(Timeout=timeout)
        routing = {"AdditionalVersionWeights": {version: weight}}
        self._others.update_alias(**ALIAS, RoutingConfig=routing)
        return version


class Kept(dict):
    """The kept zips, by digest."""

    keep = dict.setdefault
    read = dict.get
    has = dict.__contains__

    def delete(self, digest):
        del self[digest]


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def packaged(tmp_path):
    """Writes a handler with some text and returns its real zip."""

    def write(text):
        source = tmp_path / "src"
        source.mkdir(exist_ok=True)
        (source / "counter.py").write_text(text)
        return archive.archive(source)

    return write


@pytest.fixture
def service():
    """Lambda without any function."""
    return Service(Aws())


@pytest.fixture
def client(service):
    return service.client("lambda")


@pytest.fixture
def clock(service):
    """AWS's clock, which only sleeping moves."""
    return service.aws.clock


@pytest.fixture
def patience(clock):
    """Makes a budget of that many seconds; its pauses move the clock."""

    def sleep(seconds):
        assert seconds > 0
        clock.sleep(seconds)

    return lambda seconds=60.0: Backoff(seconds, sleep=sleep, clock=clock.monotonic)


@pytest.fixture
def error_of():
    return aws_error


@pytest.fixture
def zipped():
    """The archive of some code."""
    return lambda data: Archive(data, hashlib.sha256(data).hexdigest(), ("counter.py",))


@pytest.fixture
def function(service, client, patience):
    """The function `f`, whether it is there or not."""
    budgets = {"update": patience(), "health": patience(5)}
    return Lambda(client, "f", **budgets, progress=service.steps.append)


@pytest.fixture
def created(function, service):
    """A function that Terraform has just created from b"first": its alias serves `$LATEST`."""
    service.create(b"first")
    return function


@pytest.fixture
def live(created, service, zipped):
    """A function whose alias serves version 1, b"first"."""
    publish(created, zipped(b"first"))
    service.forget()
    return created
