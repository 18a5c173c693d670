"""Releases of made-up parts."""

from __future__ import annotations

from resumectl.release.record import Release


class Served:
    """What a release remembers of a part that serves files and needs things to be kept."""

    def __init__(self, files, *needed):
        self.files, self.needed = files, needed

    def __eq__(self, other):
        return (self.files, self.needed) == (other.files, other.needed)

    __hash__ = None

    def as_json(self):
        return {"files": self.files, "needs": list(self.needed)}

    def summary(self):
        return {"files": len(self.files)}

    def content(self):
        return self.files

    def needs(self):
        return frozenset((need,) for need in self.needed)

    def served(self):
        return self.files

    @classmethod
    def from_json(cls, document):
        return cls(dict(document["files"]), *document["needs"])


READERS = dict.fromkeys(("infra", "function", "site"), Served.from_json)


def release(number=0, status="verified", time="2026-11-22T09:30:00+00:00", **more):
    """A release of prod."""
    return Release(number, "prod", time, status, {"name": "me"}, **more)
