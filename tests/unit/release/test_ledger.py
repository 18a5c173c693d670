from __future__ import annotations

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import CloudError, Exit
from resumectl.release.ledger import Heads, Ledger, Unreadable
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault
from tests.fakes.records import READERS, Served, release


@pytest.fixture
def notes():
    return []


@pytest.fixture
def ledger(bucket, notes):
    return Ledger(bucket, READERS, notes.append)


@pytest.fixture
def damage(put):
    """Overwrite a record."""
    return lambda number, body=b'{"id": 1, "sta': put(key(number), body)


def key(number, env="prod"):
    return f"releases/{env}/{number:06d}.json"


def messages(releases):
    return [each.message for each in releases]


# --- records and their numbers


def test_a_record_comes_back_as_it_was_stored(ledger):
    parts = {"site": Served({"index.html": "s"}, "v1")}
    stored = ledger.append(release(message="New job ✓", parts=parts))
    assert stored.id == 1
    assert ledger.read(1) == stored


def test_a_record_is_one_json_document(others, bucket, ledger):
    ledger.append(release(message="New job ✓"))
    response = others.get_object(Bucket=bucket.name, Key=key(1))
    document = json.loads(response["Body"].read())
    assert response["ContentType"] == "application/json"
    assert (document["id"], document["message"]) == (1, "New job ✓")


def test_numbers_grow_and_are_listed_newest_first(ledger):
    assert ledger.numbers() == []
    appended = [ledger.append(release(message=str(count))).id for count in range(12)]
    assert appended == list(range(1, 13))
    assert ledger.numbers() == list(range(12, 0, -1))
    assert messages(ledger.newest_first())[:2] == ["11", "10"]


def test_records_are_read_one_by_one(faults, ledger):
    for _ in range(3):
        ledger.append(release())
    faults.begun.clear()
    assert next(ledger.newest_first()).id == 3
    assert [name for name, _ in faults.begun] == ["list_objects_v2", "get_object"]


def test_each_environment_has_numbers_of_its_own(bucket_of, ledger):
    Ledger(bucket_of("prod2"), READERS).append(release())
    assert ledger.append(release()).id == 1


def test_other_objects_beside_the_records_are_passed_over(put, ledger):
    for name in ("README.md", "latest.json", "000001.json.bak", "x/000007.json"):
        put(f"releases/prod/{name}", b"")
    assert ledger.numbers() == []


def test_a_million_releases_still_have_their_order(put, ledger):
    for number in (999_999, 1_000_000):
        put(key(number), b"{}")
    assert ledger.numbers() == [1_000_000, 999_999]


def test_a_ledger_without_a_bucket_is_empty(bucket_of):
    nowhere = Ledger(bucket_of("prod"), READERS)
    assert nowhere.numbers() == []
    assert nowhere.read(1) is None
    assert nowhere.heads() == Heads()


def test_an_unknown_number_has_no_release(ledger):
    ledger.append(release())
    assert ledger.read(7) is None


def test_a_forgotten_record_is_gone_and_its_number_is_not_given_again(ledger):
    for _ in range(3):
        ledger.append(release())
    ledger.forget(2)
    assert ledger.numbers() == [3, 1]
    assert ledger.append(release()).id == 4


@pytest.mark.parametrize("call", ["get_object", "put_object", "list_objects_v2"])
def test_access_denied_never_means_an_empty_ledger(faults, ledger, call):
    faults.add(Fault("refuse", call=call, code="AccessDenied"))
    work = {
        "get_object": lambda: ledger.read(1),
        "put_object": lambda: ledger.append(release()),
        "list_objects_v2": ledger.heads,
    }
    with pytest.raises(ClientError):
        work[call]()
    assert ledger.numbers() == []


# --- two at once


def test_a_number_that_was_taken_meanwhile_is_not_taken_again(faults, bucket, ledger):
    def meanwhile():
        Ledger(bucket, READERS).append(release(message="theirs"))

    faults.add(Fault("delay", call="put_object", meanwhile=meanwhile))
    assert ledger.append(release(message="ours")).id == 2
    assert messages(ledger.newest_first()) == ["ours", "theirs"]


@pytest.mark.parametrize(
    "fault",
    [Fault("repeat"), Fault("lose", error=aws_error("ConditionalRequestConflict"))],
    ids=["the condition fails", "conflict"],
)
def test_a_record_whose_response_was_lost_is_not_written_twice(faults, ledger, fault):
    """botocore retries by itself, and learns that the number is taken: by us."""
    faults.add(replace(fault, call="put_object"))
    assert ledger.append(release()).id == 1
    assert ledger.numbers() == [1]


# --- the newest record and the live release


HEADS = [
    # how the releases ended, oldest first; the newest; the live one
    ([], None, None),
    (["verified"], 1, 1),
    (["unverified"], 1, 1),
    (["failed"], 1, None),
    (["verified", "failed"], 2, 1),
    (["verified", "failed", "failed"], 3, 1),
    (["verified", "failed", "verified"], 3, 3),
    (["verified", "destroyed"], 2, None),
    (["verified", "destroyed", "failed"], 3, None),
    (["verified", "destroyed", "unverified"], 3, 3),
]


@pytest.mark.parametrize(("statuses", "newest", "live"), HEADS)
def test_the_live_release_is_the_newest_that_did_not_fail(ledger, statuses, newest, live):
    for status in statuses:
        ledger.append(release(status=status))
    heads = ledger.heads()
    assert (heads.newest and heads.newest.id) == newest
    assert (heads.released and heads.released.id) == live


def test_the_newest_release_is_the_live_one_and_read_once(faults, ledger):
    ledger.append(release())
    faults.begun.clear()
    heads = ledger.heads()
    assert heads.newest is heads.released
    assert [name for name, _ in faults.begun].count("get_object") == 1


def test_a_part_is_recorded_by_the_live_release():
    live, failed = Served({}, "live"), Served({}, "failed")
    heads = Heads(release(2, parts={"infra": failed}), release(1, parts={"infra": live}))
    assert heads.record("infra") is live
    assert heads.record("site") is None
    assert Heads(release(2, parts={"infra": failed})).record("infra") is None


def test_what_stands_was_applied_last_even_by_a_failed_deploy():
    live, failed = Served({}, "live"), Served({}, "failed")
    released = release(1, parts={"infra": live})
    assert Heads(release(2, parts={"infra": failed}), released).standing("infra") is failed
    assert Heads(release(2), released).standing("infra") is live
    assert Heads(release(2), released).standing("site") is None
    assert Heads().standing("infra") is None


# --- records that cannot be read


BODIES = {
    "half a document": b'{"id": 1, "sta',
    "nothing": b"",
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "no release": b"{}",
    "a newer schema": json.dumps({**release().as_json(), "schema": "resumectl/release/v2"}),
    "a broken part": json.dumps({**release().as_json(), "site": [1]}),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_unreadable_record_is_an_error_that_names_it(ledger, bucket, damage, body):
    damage(7, body)
    with pytest.raises(Unreadable, match=r"release #7 .*cannot be read: \w+Error") as caught:
        ledger.read(7)
    url = f"s3://{bucket.name}/releases/prod/000007.json"
    assert url in caught.value.message
    assert f"aws s3 rm {url}" in caught.value.hint
    assert caught.value.exit_code is Exit.FAILED
    assert isinstance(caught.value, CloudError)


def test_the_ledger_is_listed_without_unreadable_records(ledger, damage, notes):
    for count in range(3):
        ledger.append(release(message=str(count)))
    damage(2)
    assert messages(ledger.newest_first()) == ["2", "0"]
    assert messages(ledger.newest_first()) == ["2", "0"]
    assert len(notes) == 1
    assert notes[0].startswith("Skipped: The record of release #2 (s3://")


@pytest.mark.parametrize("statuses", [["verified", "verified"], ["verified", "verified", "failed"]])
def test_the_live_release_is_not_guessed(ledger, damage, statuses, notes):
    """An unreadable record could be the live release: an older one must not pass for it."""
    for status in statuses:
        ledger.append(release(status=status))
    damage(2)
    with pytest.raises(Unreadable, match="release #2 "):
        ledger.heads()
    assert notes == []


def test_an_unreadable_record_before_the_live_release_does_not_matter(ledger, damage):
    ledger.append(release())
    ledger.append(release())
    damage(1)
    assert ledger.heads().released.id == 2


def test_a_record_that_is_listed_but_not_found_is_not_passed_over(faults, ledger):
    """Right after S3 made a bucket, reads may answer NoSuchKey for what is listed."""
    ledger.append(release())
    faults.add(Fault("refuse", call="get_object", code="NoSuchKey"))
    with pytest.raises(Unreadable, match="listed, but not found") as caught:
        ledger.heads()
    assert caught.value.hint == "S3 may need a few minutes to show it. Run the command again."
    assert ledger.heads().released.id == 1


def test_a_new_record_follows_an_unreadable_one(ledger, damage):
    damage(1)
    assert ledger.append(release()).id == 2
    assert ledger.heads().released.id == 2


# --- commands that lost their lock


def test_the_record_of_a_lost_lock_claims_nothing(ledger):
    part = Served({"index.html": "s"}, "v1")
    lost = ledger.append_without_lock(release(status="verified", parts={"site": part}))
    assert (lost.status, lost.lock_lost, lost.parts) == ("failed", True, {})
    assert ledger.read(1) == lost


def test_the_record_of_a_lost_lock_is_never_what_stands(ledger):
    part = Served({"index.html": "s"}, "v1")
    verified = ledger.append(release(status="verified"))
    failed = ledger.append(release(status="failed", parts={"site": part}))
    ledger.append_without_lock(release())
    heads = ledger.heads()
    assert heads == Heads(failed, verified)
    assert heads.standing("site") == part


# --- the journal


def test_a_record_ends_the_journal_of_its_process(ledger):
    ledger.append(release())
    ledger.journal.open(release(), 1, {})
    assert (ledger.heads().unfinished, ledger.numbers()) == (True, [1])
    ledger.append(release())
    assert (ledger.heads().unfinished, ledger.numbers()) == (False, [2, 1])


def test_before_the_first_release_there_can_be_a_journal(ledger):
    ledger.journal.open(release(), 0, {})
    assert ledger.heads() == Heads(unfinished=True)


def test_the_record_of_a_lost_lock_leaves_the_journal_to_the_next_command(ledger):
    ledger.journal.open(release(), 0, {})
    ledger.append_without_lock(release())
    assert ledger.heads() == Heads(unfinished=True)


def test_a_record_is_only_made_once_if_its_journal_cannot_be_removed(faults, ledger):
    ledger.journal.open(release(), 0, {})
    faults.add(Fault("refuse", call="delete_object", code="AccessDenied"))
    assert ledger.append(release()).id == 1
    assert (ledger.heads().unfinished, ledger.numbers()) == (True, [1])
