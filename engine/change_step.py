"""One step from a version to another, or over some days, worked out for a block of subjects at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from engine.change import Altered, Sight, changed, sight_of
from engine.standing import Read
from graph_model.nodes import Neighbourhood, SubjectId, Version
from graph_model.store import Store
from memoranda.rulebook import Rulebook

BLOCK = 200
"""Subjects that are read and judged at once: what waits for them waits some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to another, each with the rulebook in force then; over all days, or as (from, to) pass.

    Both versions may be the same: then only days pass, or nothing.
    """

    versions: tuple[Version, Version]
    books: tuple[Rulebook | None, Rulebook | None]
    days: tuple[date, date] | None = None

    def taken(self, store: Store, subjects: Sequence[SubjectId]) -> Iterator[tuple[Sight, Sight, list[Altered]]]:
        """Give of each subject how it was seen, how it is seen, and what happened to it; in their order."""
        # 0 is the empty store.
        old = store.neighbourhoods(subjects, self.versions[0]) if self.versions[0] else [None] * len(subjects)
        new = old if self.versions[0] == self.versions[1] else store.neighbourhoods(subjects, self.versions[1])
        read: tuple[Read, Read] = ({}, {})
        for subject, was, now in zip(subjects, old, new, strict=True):
            yield self.of(subject, was, now, read)

    def of(
        self,
        subject: SubjectId,
        was: Neighbourhood | None,
        now: Neighbourhood | None,
        read: tuple[Read | None, Read | None] = (None, None),
    ) -> tuple[Sight, Sight, list[Altered]]:
        """Give how one subject was seen, how it is seen, and what happened to it, by the facts around it at both.

        `read` are the designations already read of both, for whoever asks of many subjects.
        """
        before = sight_of(was, self.books[0], read[0])
        after = before if self.books[0] is self.books[1] and was == now else sight_of(now, self.books[1], read[1])
        return before, after, list(changed(subject, before, after, self.days))
