"""The records that a change set mentions, while it is being admitted: how they stood, and how they would stand."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from graph_model.admission.mentioned import Recorded
from graph_model.admission.refusals import Refusal, place_of
from graph_model.nodes import Facts, SubjectId
from graph_model.store import Fact, Vocabulary

RECORDED = ("registrations", "relations", "designations", "exemptions", "objections")
"""The kinds of records; moves are part of their designation's."""


@dataclass(slots=True)
class Ledger:
    """`view` is how the records would stand; `before` remembers how those that were touched stood."""

    view: Recorded
    vocabulary: Vocabulary
    before: dict[str, dict[Hashable, Any]] = field(default_factory=lambda: {kind: {} for kind in RECORDED})

    def put(self, kind: str, key: Hashable, fact: Any) -> None:
        """Let `fact` stand under its key; `None`: let nothing stand there."""
        records: dict[Hashable, Any] = getattr(self.view, kind)
        self.before[kind].setdefault(key, records.get(key))
        if fact is None:
            del records[key]
        else:
            records[key] = fact

    def closed_and_opened(self) -> tuple[Facts, Facts]:
        """The records to close and those to open, where anything is different."""
        closed: dict[str, list[Any]] = defaultdict(list)
        opened: dict[str, list[Any]] = defaultdict(list)
        for kind, touched in self.before.items():
            if not touched:
                continue
            records: dict[Hashable, Any] = getattr(self.view, kind)
            for key, old in touched.items():
                new = records.get(key)
                if new == old:
                    continue
                if old is not None:
                    closed[kind].append(old)
                if new is not None:
                    opened[kind].append(new)
        return (
            Facts(**{kind: tuple(facts) for kind, facts in closed.items()}),
            Facts(**{kind: tuple(facts) for kind, facts in opened.items()}),
        )

    def unregistered(self, fact: Fact, subject: SubjectId, word: str = "subject") -> Refusal | None:
        """Refuse a fact about a subject that no registration names."""
        if subject in self.view.registered:
            return None
        return Refusal(
            f"{word}.unknown",
            f"主体未登记 / {place_of(fact)}: {word} `{subject}` is not registered",
            "load the organisation or person first; the row can be loaded again as it is",
        )

    def undesignated(self, fact: Fact, designation: str) -> Refusal | None:
        """Refuse a fact about a designation that is not recorded."""
        if designation in self.view.designations:
            return None
        return Refusal(
            "designation.unknown",
            f"认定不存在 / {place_of(fact)}: no designation `{designation}`",
            "load the designation first; the row can be loaded again as it is",
        )
