"""The proof of a duty (J5): as JSON, and as one Chinese sentence made from that JSON alone."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from engine.gates import responsible_on, subject_values
from engine.plan import plan_of
from engine.question import Duty, Json, as_json, written
from engine.remedies import remedies_of
from engine.sentences import person_masked, sentence_of
from engine.standing import Item, Path, Standing
from engine.timeline import TRUE, any_of, at, run_at, within
from graph_model.calendar import Interval
from graph_model.identifiers import region_covers
from graph_model.nodes import Subject
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, OfficialList
from memoranda.reading_condition import symbol_zh, value_zh
from memoranda.rulebook import Rulebook

_ONE_DAY = timedelta(days=1)


def duties_of(item: Item, departments: Iterable[str], standing: Standing, day: date, book: Rulebook) -> Iterator[Duty]:
    """Write the duties that one item is for some of its departments, each with proof, sentence and remedies (J5)."""
    interval, disputed = run_at(item.holds, day), item.disputed(day)
    remedies = remedies_of(item, book)
    path, quoted = item.carrier(day), _quoted(book)
    subject = {"id": standing.subject.id, "name": _shown_name(standing.subject.id, item, standing)}
    designation = _designation(item, subject, standing, book)
    steps = _path(item, path, standing)
    memorandum = quoted.memorandum(item.measure)
    condition = _condition(item, path, standing.subject, day, book)
    bounds = _bounds(item, path, interval)
    for department in departments:
        node = book.departments[department]
        proof = {
            "subject": subject,
            "department": {"id": department, "name": node.name},
            "designation": designation,
            "path": steps,
            "memorandum": memorandum,
            "basis": quoted.cited(item, node.region, day),  # can differ between regions even where the days do not
            "condition": condition,
            "bounds": bounds,
        }
        yield Duty(
            measure=item.measure.id,
            effect=item.measure.effect,
            department=department,
            role=item.target.role,
            from_=interval.start,
            until=interval.end,
            disputed=disputed,
            sentence_zh=sentence_of(proof, remedies, disputed=disputed),
            designation=item.listing.id,
            proof=proof,
            remedies=remedies,
        )


_CITED_KEPT = 10_000
"""Of each rulebook; those of one day are some thousand."""


class _Quoted:
    """What proofs quote of one rulebook, as JSON values, each written once: proofs share it, and nobody changes it."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._memoranda: dict[str, Json] = {}
        self._cited: dict[tuple[str, int, str | None, date], list[Json]] = {}

    def memorandum(self, measure: Measure) -> Json:
        """Give the memorandum of a measure, with what it says of it."""
        if measure.id not in self._memoranda:
            self._memoranda[measure.id] = as_json(_memorandum(measure, self._book))
        return self._memoranda[measure.id]

    def cited(self, item: Item, region: str | None, day: date) -> list[Json]:
        """Give the articles that carry a duty on a day for departments of one region."""
        key = (item.measure.id, item.place, region, day)
        if key not in self._cited:
            if len(self._cited) >= _CITED_KEPT:
                self._cited.clear()
            self._cited[key] = [as_json(_basis(basis)) for basis in holding_bases(item, region, day, self._book)]
        return self._cited[key]


_quoted = lru_cache(maxsize=8)(_Quoted)


def _memorandum(measure: Measure, book: Rulebook) -> Json:
    memorandum = book.memorandum_of[measure.id]
    return {
        "id": memorandum.id,
        "kind": memorandum.kind,
        "title": memorandum.title,
        "document_no": memorandum.document_no,
        "measure": measure.id,
        "measure_title": measure.title,
        "item": measure.item,
        "wording": measure.wording,
        "effect": measure.effect,
        "limits_to": measure.limits_to,
        "matters": "any" if measure.matters == "any" else [book.matters[m].name for m in measure.matters],
    }


def holding_bases(item: Item, region: str | None, day: date, book: Rulebook) -> list[LegalBasis]:
    """Give the cited articles that carry the duty on `day` for departments of this region (G6)."""
    return [
        basis
        for basis in (book.bases[id_] for id_ in item.target.bases)
        if basis.verified is not None
        and item.target.role in basis.binds
        and (item.measure.effect not in RESTRICTIONS or basis.kind in ADMISSIBLE_FOR_RESTRICTIONS)
        and (basis.territory is None or region_covers(basis.territory, region))
        and at(within(basis.from_, basis.until), day) == ()
    ]


def _shown_name(subject: str, item: Item, standing: Standing) -> str | None:
    name = standing.names.get(subject)
    person = subject == standing.subject.id and standing.subject.attributes[0].kind == "person"
    # The operator of an individual business is a natural person: masked, like every person (P3).
    operator = subject == item.listing.designation.subject and item.target.role == "own_business"
    return person_masked(name) if name and (person or operator) else name


def _designation(item: Item, subject: Json, standing: Standing, book: Rulebook) -> Json:
    listing, designation, official = item.listing, item.listing.designation, item.listing.official
    authority, listed = book.departments.get(designation.authority), designation.subject
    return {
        "id": designation.id,
        "subject": listed,
        "subject_name": subject["name"] if listed == subject["id"] else _shown_name(listed, item, standing),
        "list": official.id,
        "list_name": official.name,
        "list_kind": official.kind,
        "document_no": designation.document_no,
        "authority": designation.authority,
        "authority_name": authority.name if authority else designation.authority,
        "origin": listing.origin,
        "severity": designation.severity,
        "decided_on": written(designation.decided_on),
        "conduct_on": written(designation.conduct_on),
        "event_on": written(designation.event_on),
        "effective_from": written(listing.starts),
        "until": written(listing.until),
    }


def _path(item: Item, path: Path, standing: Standing) -> list[Json]:
    relation = path.relation
    if relation is None:
        return []
    listing, held = item.listing, item.target.held
    anchor = {"at_conduct": "conduct_on", "at_event": "event_on", "at_decision": "decided_on"}.get(held)
    return [
        {
            "role": item.target.role,
            "relation": relation.type,
            "holder": relation.holder,
            "organisation": relation.organisation,
            "organisation_name": standing.names.get(relation.organisation) if relation.organisation else None,
            "designation": relation.designation,
            "held": held,
            "held_from": written(relation.held_from),
            "held_until": written(relation.held_until),
            "share": as_json(relation.share),
            "judged_on": written(listing.day(anchor)) if anchor else None,
            "document_no": relation.document_no,
        }
    ]


def _basis(basis: LegalBasis) -> Json:
    verified = basis.verified
    return {
        "id": basis.id,
        "document": basis.document,
        "article": basis.article,
        "kind": basis.kind,
        "from": basis.from_,
        "until": basis.until,
        "verified": {"on": verified.on, "by": verified.by, "source": verified.source} if verified else None,
    }


def _condition(item: Item, path: Path, subject: Subject, day: date, book: Rulebook) -> Json:
    condition = book.condition_of.get(item.measure.id)
    if condition is None:
        return {}
    relation = path.relation
    seen = {
        **item.listing.values,
        **subject_values(subject, day),
        "subject.id": subject.id,
        "role.type": item.target.role,
        "role.responsible": responsible_on(item.links, day),
    }
    if relation is not None:
        seen |= {
            "role.held_from": relation.held_from,
            "role.held_until": relation.held_until,
            "role.share": relation.share,
        }
    official = item.listing.official
    return {
        "text": condition.text,
        "text_zh": plan_of(book).condition_zh(item.measure),
        "values": {symbol: as_json(seen.get(symbol)) for symbol in condition.symbols},
        "values_zh": {
            symbol_zh(book, official, symbol): value_zh(book, official, symbol, seen.get(symbol))
            for symbol in condition.symbols
        },
    }


def _bounds(item: Item, path: Path, interval: Interval) -> Json:
    """Say when the run of days begins and ends, and which gates bind each end (J5)."""
    start, end = interval.start, interval.end
    return {
        "from": {"day": written(start), "gates": [] if start is None else _untrue(item, path, start - _ONE_DAY)},
        "until": {"day": written(end), "gates": [] if end is None else _untrue(item, path, end)},
    }


def _untrue(item: Item, path: Path, outside: date) -> list[str]:
    """Name the gates that bind one end of the run: those that are not true on the day just outside it."""
    gates = (
        *item.parts.items(),
        ("role_reached", any_of([each.role_reached for each in item.paths])),
        ("condition_true", any_of([each.condition_true for each in item.paths])),
    )
    bound_by = [name for name, timeline in gates if timeline != TRUE and at(timeline, outside) != ()]
    return bound_by or [  # no gate alone, but no single path has both: name what fails on the path shown
        name
        for name, timeline in (("role_reached", path.role_reached), ("condition_true", path.condition_true))
        if at(timeline, outside) != ()
    ]


def question_to_ask(item: Item, reasons: tuple[str, ...], book: Rulebook) -> str:
    """Write the question that an officer should put to the authority about an unresolved item (J4)."""
    listing = item.listing
    authority = book.departments.get(listing.designation.authority)
    name = authority.name if authority else listing.designation.authority
    document = listing.designation.document_no or listing.id
    asked = "；".join(_asked(reason, listing.official, book) for reason in reasons)
    listed = f"“{listing.official.name}”" if listing.official.kind == "record" else f"列入{listing.official.name}"
    return f"请向{name}核实{listed}的决定（{document}）：{asked}。核实前不得作为限制依据。"


REASON_ZH = {
    "until_missing": "该认定何时届满",
    "notice_missing": "认定前是否已依法送达事先告知书",
    "listing_defective": "该列入是否属于依法不得列入的情形",
    "authority_not_competent": "作出机关是否有权作出该认定",
    "conduct_day_missing": "违法行为发生于哪一日",
    "event_day_missing": "触发事项（如吊销）发生于哪一日",
    "decision_day_missing": "决定作出于哪一日",
    "role_start_missing": "该人自哪一日起担任此职",
    "term_anchor_missing": "期限自哪一日起算",
    "condition_error": "所载事实无法按条件计算，请核对数值",
}


def _asked(reason: str, official: OfficialList, book: Rulebook) -> str:
    word, _, symbols = reason.partition(": ")
    if word == "fact_missing":
        return "缺少事实：" + "、".join(f"“{symbol_zh(book, official, symbol)}”" for symbol in symbols.split(", "))
    return REASON_ZH.get(word, word)
