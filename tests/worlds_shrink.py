"""Make a world smaller while something stays true of it: so that a disagreement is a case one can read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from graph_model.errors import RulebookRefused
from graph_model.nodes import Facts
from memoranda.reader import read_inline
from tests.oracle import Question
from tests.oracle_why_not import WhyQuestion
from tests.oracle_world import Law
from tests.worlds import Book, RandomWorld

UNREAD_CLAUSES = ("repair", "objection", "exemption_grounds")
StillSo = Callable[[RandomWorld], bool]


def smallest(world: RandomWorld, still_so: StillSo) -> RandomWorld:
    """Take away one fact, measure or clause at a time, as long as `still_so` holds; what is left needs all it has."""
    found = True
    while found:
        found = False
        for smaller in smaller_worlds(world):
            if still_so(smaller):
                world, found = smaller, True
                break
    return world


def smaller_worlds(world: RandomWorld) -> Iterator[RandomWorld]:
    """Every world with one thing less: questions and facts first, since reading a rulebook costs more."""
    for checks, why_nots in smaller_questions(world):
        yield replace(world, checks=checks, why_nots=why_nots)
    for facts in smaller_facts(world.facts):
        yield replace(world, facts=facts)
    for mapping in smaller_rulebooks(world.book.mapping):
        try:
            read = read_inline(mapping)
        except RulebookRefused:
            continue
        law = Law(read)
        if knows_what_is_named(law, world):
            yield replace(world, book=Book(mapping, read, law))


def smaller_questions(
    world: RandomWorld,
) -> Iterator[tuple[tuple[Question, ...], tuple[WhyQuestion, ...]]]:
    """One question alone, where there are several."""
    if len(world.checks) + len(world.why_nots) > 1:
        yield from (((check,), ()) for check in world.checks)
        yield from (((), (why,)) for why in world.why_nots)


def knows_what_is_named(law: Law, world: RandomWorld) -> bool:
    """Whether the law still has whatever the questions and facts name."""
    checks, why_nots, facts = world.checks, world.why_nots, world.facts
    matters = {q.matter for q in checks} | {q.matter for q in why_nots} | {e.matter for e in facts.exemptions}
    departments = {q.department for q in checks} | {q.department for q in why_nots}
    lists = {d.list for d in facts.designations} | {e.list for e in facts.exemptions}
    measures = {q.measure for q in why_nots} | {e.measure for e in facts.exemptions}
    nothing: set[str | None] = {None}
    return (
        matters - nothing <= law.matters.keys()
        and departments - nothing <= law.departments.keys()
        and lists - nothing <= law.lists.keys()
        and measures - nothing <= {measure.id for _, measure in law.rows}
    )


def smaller_facts(facts: Facts) -> Iterator[Facts]:
    """One designation less with all that rests on it, one relation with its objections, one of the others."""
    for designation in facts.designations:
        yield replace(
            facts,
            designations=tuple(one for one in facts.designations if one != designation),
            moves=tuple(one for one in facts.moves if one.designation != designation.id),
            relations=tuple(one for one in facts.relations if one.designation != designation.id),
            objections=tuple(one for one in facts.objections if one.designation != designation.id),
        )
    for relation in facts.relations:
        tie = (relation.type, relation.holder)
        yield replace(
            facts,
            relations=tuple(one for one in facts.relations if one != relation),
            objections=tuple(o for o in facts.objections if (o.relation_type, o.relation_holder) != tie),
        )
    for exemption in facts.exemptions:
        yield replace(facts, exemptions=tuple(one for one in facts.exemptions if one != exemption))
    for objection in facts.objections:
        yield replace(facts, objections=tuple(one for one in facts.objections if one != objection))
    for designation in facts.designations:
        for less in (replace(designation, moves=designation.moves[:-1]), replace(designation, facts={})):
            if less != designation:
                yield replace(
                    facts, designations=tuple(less if one == designation else one for one in facts.designations)
                )


def smaller_rulebooks(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One entry of any kind, measure, target, or clause of a measure or list less."""
    memoranda = mapping["memoranda"]
    for key in ("memoranda", "legal_bases", "lists", "departments", "matters"):
        for entry in mapping[key]:
            yield {**mapping, key: [one for one in mapping[key] if one is not entry]}
    for official in mapping["lists"]:
        for clause in ("term_months", "until_required", "notice_required", "defective_if", *UNREAD_CLAUSES):
            if clause in official:
                less = {name: value for name, value in official.items() if name != clause}
                yield {**mapping, "lists": [less if one is official else one for one in mapping["lists"]]}
    for memorandum in memoranda:
        for listed in memorandum["lists"]:
            fewer = {**memorandum, "lists": [one for one in memorandum["lists"] if one != listed]}
            yield {**mapping, "memoranda": [fewer if one is memorandum else one for one in memoranda]}
        for measure in memorandum["measures"]:
            others = [one for one in memorandum["measures"] if one is not measure]
            for kept in ([], *([less] for less in smaller_measures(measure))):
                changed = {**memorandum, "measures": [*others, *kept]}
                yield {**mapping, "memoranda": [changed if one is memorandum else one for one in memoranda]}


def smaller_measures(measure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One target or one clause less."""
    for target in measure["targets"]:
        yield {**measure, "targets": [one for one in measure["targets"] if one is not target]}
    for clause in ("condition", "term", "elsewhere_only", "withheld_by", "withdrawn", "from", "until"):
        if clause in measure:
            yield {key: value for key, value in measure.items() if key != clause}
