"""How a subject reaches a designation: in which role, by which records (SEMANTICS §1, P2). One hop, never two."""

from collections.abc import Iterable

from graph_model.nodes import Designation, Relation, SubjectId
from memoranda.model import Role

Paths = dict[Role, list[Relation | None]]
"""The records by which each role is reached, in the order in which proofs name them; `None`: the subject itself."""
REVERSED: dict[str, Role] = {"branch_of": "head_office", "operator": "own_business"}
Ways = frozenset[tuple[str, Role]]
"""From which lists, in which roles, anything at all could come to a subject, whatever the day and the rulebook."""


def reached_by(designations: Iterable[Designation], relations: Iterable[Relation]) -> set[SubjectId]:
    """Give all whom designations reach in some role, by these relations; nobody is linked to one that is new."""
    designated = {designation.subject for designation in designations}
    reached = set(designated)
    for relation in relations:
        if relation.organisation in designated:
            reached.add(relation.holder)
        if relation.organisation is not None and relation.holder in designated and relation.type in REVERSED:
            reached.add(relation.organisation)
    return reached


class Ties:
    """One subject's relation records, found by the other end."""

    def __init__(self, subject: SubjectId, relations: Iterable[Relation]) -> None:
        self.subject = subject
        self.links: dict[str, list[Relation]] = {}
        self._to: dict[SubjectId, list[tuple[Role, Relation]]] = {}
        for relation in relations:
            if relation.designation is not None:
                self.links.setdefault(relation.designation, []).append(relation)
            elif relation.organisation is not None:
                if relation.holder == subject:
                    self._to.setdefault(relation.organisation, []).append((relation.type, relation))
                if relation.organisation == subject and relation.type in REVERSED:
                    self._to.setdefault(relation.holder, []).append((REVERSED[relation.type], relation))

    def paths_to(self, designation: Designation) -> Paths:
        """Give every role in which the subject ever reached the designation, with its records.

        A link that says `responsible: false` reaches nothing: it only answers `role.responsible`.
        """
        paths: Paths = {}
        if designation.subject == self.subject:
            paths["self"] = [None]
        for role, relation in self._to.get(designation.subject, ()):
            paths.setdefault(role, []).append(relation)
        for link in self.links.get(designation.id, ()):
            if link.responsible is not False:
                paths.setdefault("directly_responsible", []).append(link)
        return paths
