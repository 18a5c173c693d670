"""Mutants of what decides about AWS: guards, ignores, targets, identity, order, moving traffic."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KILL = ("tests/functional/test_kill.py",)
RECOVER = ("tests/functional/test_recover.py",)

GUARD = (
    Mutant("infra/guard.py", 'in ("delete", "replace")', 'in ("delete",)'),
    Mutant("infra/guard.py", 'TABLE: "the visitor', '"a_table": "the visitor'),
    Mutant("steps/approve.py", "if lost and not force:", "if force:"),
    Mutant("steps/approve.py", "if lost and ctx.env.protected:", "if not lost:"),
    Mutant("site/part.py", "if deletes * 2 > count:", "if deletes > count:"),
    Mutant(
        "function/part.py",
        'c.action == "create" for c in earlier',
        'c.action == "delete" for c in earlier',
    ),
)
IGNORE = (
    Mutant("steps/drift.py", "if ignore.until >= today]", "]"),
    Mutant("steps/drift.py", "if ignore.until >= today]", "if ignore.until > today]"),
    Mutant("steps/drift.py", "set(change.fields) <= set(ignore.fields)", "bool(change.fields)"),
    Mutant("steps/drift.py", "fnmatchcase(change.key, ignore.key) and fields", "fields"),
    Mutant("site/part.py", "if change.key not in kept)", "if kept or change)"),
)
FENCE = (
    Mutant("fence.py", "if not operation.startswith(_READS):", "if not operation:"),
    Mutant("release/lease.py", "- self._proven >= LEASE", "- self._proven < 0"),
    Mutant("release/lease.py", "            self.lost.set()\n", ""),
)
IDENTITY = (
    Mutant("infra/recovery.py", "errored.lineage == state.lineage and", "", RECOVER),
    Mutant(
        "infra/recovery.py", "return errored.deployment == str(self.deployment())", "return True"
    ),
    Mutant("infra/recovery.py", "if state and not self._may_be_ours(state):", "if not state:"),
    Mutant("infra/identity.py", "return Deployment.in_text(text) == self", "return True"),
    Mutant("infra/inventory/__init__.py", "return type_ not in parents or", "return True or"),
    Mutant("infra/inventory/s3.py", 'not versioning.get("Status") and ', ""),
    Mutant("infra/importing.py", "if existing.others:", "if not existing:"),
    Mutant("release/project.py", "if not self._is_ours(stored):", "if not stored:"),
    Mutant("release/project.py", 'return bool(stored["id"] == self._checkout.id)', "return True"),
    Mutant("release/bucket.py", "or not self._facts.is_settling", "or True"),
    Mutant("infra/workspace.py", "if not self._backend:", "if self._backend is None:"),
    Mutant(
        "infra/recovery.py", "any(run.took(lock.created) for run in unfinished)", "lock", RECOVER
    ),
    Mutant("infra/recovery.py", 'lock.who.endswith(f"@{self.host}")', "bool(lock)", RECOVER),
    Mutant(
        "release/bucket.py",
        '{"Bucket": self.name, "ExpectedBucketOwner": self._owner}',
        '{"Bucket": self.name}',
    ),
    Mutant("infra/workspace.py", "if self._bucket.exists():", "if not self._bucket.exists():"),
)
TARGETS = (
    Mutant("steps/look.py", "if not scene.outputs:", "if scene is None:"),
    Mutant("infra/removal.py", "more = sorted(planned.live.keys() - shown)", "more = []"),
)
TRAFFIC = (
    Mutant(
        "site/listing.py", '{} if version.id == NO_VERSION else {"VersionId": version.id}', "{}"
    ),
    Mutant("site/listing.py", "if versions.get(key) == version]", "if not version]"),
    Mutant("site/transfer.py", "for pages in (False, True):", "for pages in (True, False):"),
    Mutant("site/transfer.py", "refuse_missing(bucket, keys, manifest)", ""),
    Mutant("site/writer.py", '{"IfMatch": entry.etag} if entry', "{} if entry"),
    Mutant("site/writer.py", 'else {"IfNoneMatch": "*"}', "else {}"),
    Mutant("site/deletion.py", ', "ETag": live[key].etag.strip(\'"\')', ""),
    Mutant("site/part.py", "[*comparison.changes, *since, ", "[*comparison.changes, ", KILL),
    Mutant("function/publish.py", '{"RevisionId": revision} if revision else {}', "{}"),
    Mutant("function/publish.py", "if version in known:", "if version:"),
    Mutant(
        "function/publish.py",
        "if published is None or published.sha256 != sha256:",
        "if published is None:",
    ),
    Mutant(
        "function/restore.py",
        "version is not None and version.sha256 == self.record.sha256",
        "version is not None",
    ),
    Mutant("infra/importing.py", "if address not in planned.live", "if address in planned.live"),
)
MUTANTS = (*GUARD, *IGNORE, *FENCE, *IDENTITY, *TARGETS, *TRAFFIC)
