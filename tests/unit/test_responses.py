"""Broken responses of a real HTTP server, as boto3 meets them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from resumectl import aws
from resumectl.aws import Cloud, translated
from resumectl.errors import CloudError
from resumectl.responses import repeated
from resumectl.settings import Environment

GONE = b"<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>"
LISTED = (
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Contents><Key>a</Key></Contents></ListBucketResult>"
)
BROKEN = {
    "cut": lambda body: (body[:-9], len(body)),
    "corrupt": lambda body: (b"\xff<\0" + body, len(body) + 3),
}


class Server:
    """Answers with a status and a body, the first times with a broken one."""

    def __init__(self, status, body, how="cut", times=1):
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                server.requests.append(self.command)
                broken = len(server.requests) <= times
                data, length = BROKEN[how](body) if broken else (body, len(body))
                self.send_response(status)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = True

            do_GET = do_PUT = answer

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{self.http.server_port}"
        self.s3 = Cloud(Environment("local", emulator=True), endpoint).client("s3")


@pytest.fixture
def serve():
    servers = []

    def serve(*arguments, **options):
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield serve
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


@pytest.mark.parametrize("times", [1, 2])
def test_a_404_that_breaks_off_is_read_again(serve, times):
    server = serve(404, GONE, times=times)
    assert aws.found(server.s3.get_object, Bucket="b", Key="k") is None
    assert server.requests == ["GET"] * (times + 1)


def test_a_corrupt_404_is_a_404(serve):
    server = serve(404, GONE, "corrupt")
    assert aws.found(server.s3.get_object, Bucket="b", Key="k") is None


def test_a_corrupt_list_is_read_again(serve):
    server = serve(200, LISTED, "corrupt")
    listed = server.s3.list_objects_v2(Bucket="b")["Contents"]
    assert [entry["Key"] for entry in listed] == ["a"]


def test_a_body_that_breaks_off_is_read_again(serve):
    server = serve(200, b"0123456789abcdef")

    def read():
        return server.s3.get_object(Bucket="b", Key="k")["Body"].read()

    assert (repeated(read), server.requests) == (b"0123456789abcdef", ["GET", "GET"])


def test_a_response_that_stays_broken_is_named(serve):
    server = serve(404, GONE, times=99)
    with (
        pytest.raises(CloudError, match="No response while looking") as caught,
        translated("looking"),
    ):
        server.s3.get_object(Bucket="b", Key="k")
    assert caught.value.code == "unreachable"
    assert len(server.requests) == 3


def test_a_write_is_not_repeated_by_us(serve):
    server = serve(403, GONE, "corrupt", times=99)
    with pytest.raises(CloudError), translated("writing"):
        server.s3.put_object(Bucket="b", Key="k", Body=b"")
    assert server.requests == ["PUT"]
