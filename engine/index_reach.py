"""What of a neighbourhood can ever come to its subject: all that the hot index holds of it."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from engine.roles import Ties, Ways
from graph_model.neighbourhood import relation_key, touches
from graph_model.nodes import Neighbourhood, Relation, SubjectId

T = TypeVar("T")
_id = attrgetter("id")


def reached_part(around: Neighbourhood) -> tuple[Ways, Neighbourhood]:
    """Give the ways in which designations reach the subject, and the neighbourhood without what reaches it in none.

    The standing that follows has the same items, and the names of all who are in them (§4): a holder of three hundred
    organisations rests on the few of them that are designated.
    """
    ties = Ties(around.subject.id, around.relations)
    reached = [(near, paths) for near in around.designations if (paths := ties.paths_to(near))]
    ways = frozenset((near.list, role) for near, paths in reached for role in paths)
    if len(reached) == len(around.designations) == 0:
        return ways, around
    designations = tuple(near for near, _ in reached)
    ids, ends = {near.id for near in designations}, {near.subject for near in designations}
    relations = tuple(r for r in around.relations if _other_end(r, around.subject.id) in ends or r.designation in ids)
    shown = {around.subject.id, *ends, *(r.holder for r in relations), *(r.organisation for r in relations)}
    return ways, Neighbourhood(
        subject=around.subject,
        relations=relations,
        designations=designations,
        exemptions=around.exemptions,
        objections=tuple(o for o in around.objections if touches(o, ids, relations)),
        names={subject: name for subject, name in around.names.items() if subject in shown},
    )


def together(before: Neighbourhood, brought: Neighbourhood) -> Neighbourhood:
    """Give what reaches a subject after new designations: what did before, and what they brought (`News.brought`)."""
    return Neighbourhood(
        subject=brought.subject,
        relations=_merged(before.relations, brought.relations, relation_key),
        designations=_merged(before.designations, brought.designations, _id),
        exemptions=brought.exemptions,
        objections=_merged(before.objections, brought.objections, _id),
        names=dict(sorted({**before.names, **brought.names}.items())),
    )


def _merged(these: tuple[T, ...], those: tuple[T, ...], key: Callable[[T], Any]) -> tuple[T, ...]:
    found = {key(one): one for one in (*these, *those)}
    return tuple(found[which] for which in sorted(found))


def _other_end(relation: Relation, subject: SubjectId) -> SubjectId | None:
    return relation.organisation if relation.holder == subject else relation.holder
