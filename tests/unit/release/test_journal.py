"""What a command is about to upload: written once, removed by its writer, readable by the next."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from resumectl.release.journal import Journal
from tests.fakes.faults import Fault
from tests.fakes.records import READERS, Served, release

KEY = "releases/prod/journal.json"
INTENTS = {"site": {"objects": {"index.html": {"before": None, "sha256": "a"}}}}
DRAFT = release(message="New job ✓", parts={"site": Served({"index.html": "s"}, "v1")})


@pytest.fixture
def journal(bucket):
    return Journal(bucket, bucket, READERS)


@pytest.fixture
def another(bucket_of, bucket):
    """The journal as another process reaches it."""
    return Journal(bucket_of("prod"), bucket, READERS)


def test_the_next_process_reads_what_was_written(journal, another):
    journal.open(DRAFT, 7, INTENTS)
    entry = another.read()
    assert (entry.draft, entry.newest, entry.intents) == (DRAFT, 7, INTENTS)
    another.remove(entry)
    assert another.read() is None


def test_each_environment_has_one(journal, bucket_of, bucket):
    journal.open(DRAFT, 0, INTENTS)
    assert Journal(bucket_of("stage"), bucket, READERS).read() is None


def test_its_writer_removes_it(journal, another):
    journal.open(DRAFT, 0, INTENTS)
    journal.close()
    assert another.read() is None


@pytest.mark.parametrize("kind", ["repeat", "lose"])
def test_a_journal_whose_response_was_lost_is_removed_too(faults, journal, another, kind):
    error = None if kind == "repeat" else conflict()
    faults.add(Fault(kind, call="put_object", error=error))
    journal.open(DRAFT, 0, INTENTS)
    journal.close()
    assert another.read() is None


def conflict():
    from tests.fakes.errors import aws_error

    return aws_error("ConditionalRequestConflict")


def test_the_journal_of_another_process_is_neither_replaced_nor_removed(journal, another):
    another.open(DRAFT, 1, INTENTS)
    journal.open(replace(DRAFT, message="late"), 1, {})
    journal.close()
    assert journal.read().draft == DRAFT


def test_without_a_journal_nothing_is_removed(faults, journal):
    journal.close()
    assert faults.begun == []


def test_a_journal_that_cannot_be_removed_fails_nothing(faults, journal):
    journal.open(DRAFT, 0, INTENTS)
    faults.add(Fault("refuse", call="delete_object", code="AccessDenied"))
    journal.close()
    assert journal.read().draft == DRAFT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema": "resumectl/journal/v2"}',
        b'{"schema": "resumectl/journal/v1"}',
    ],
)
def test_what_cannot_be_read_can_be_removed(put, journal, body):
    put(KEY, body)
    entry = journal.read()
    assert entry.draft is None
    journal.remove(entry)
    assert journal.read() is None


def test_keys_of_a_newer_version_are_left_alone(put, journal, another):
    another.open(DRAFT, 3, INTENTS)
    stored = json.loads(another._bucket.read(KEY).body)
    put(KEY, json.dumps({**stored, "mood": "good"}).encode())
    assert journal.read().newest == 3
