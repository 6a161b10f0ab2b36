"""The city that docs/cypher.md is asked of: the demo city, a synthetic one, and a few later changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from api.demo import (
    ABNORMAL,
    ORDINARY,
    RESPONSIBLE,
    REVOKED,
    SHAREHOLDER,
    TRUSTED,
    UNCLEAR,
    UNCLEAR_REVOKED,
    load_demo,
)
from engine.service import Service
from graph_model.nodes import (
    Attributes,
    Designation,
    Exemption,
    Facts,
    Move,
    Objection,
    Relation,
    SubjectId,
    Version,
)
from graph_model.statements import registration_of
from graph_model.store import ChangeSet, Store
from graph_model.stores import rows
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

DAY = date(2026, 11, 22)
"""The day of every question that names one; also the demo city's."""
ORGANISATIONS = 2_000
SEED = 7
LATER = "statutory-procurement"
"""The memorandum that the earlier of the two rulebooks does not have yet."""


def fill(store: Store) -> Rulebook:
    """Fill an empty store, the same way every time; give the rulebook in force at the end."""
    book = read_rulebook(SHIPPED)
    service = Service(store)
    service.publish(earlier(book), actor="legal", reason="上一版规则 the rulebook before", key="earlier")
    load_demo(service)
    with TemporaryDirectory() as folder:
        synthesise(Path(folder), ORGANISATIONS, book, seed=SEED)
        for kind, name in LOAD_ORDER:
            order = LoadOrder(kind, Path(folder) / f"{name}.csv", "synth", f"合成城市 synthetic city: {name}")
            report = load(store, order, book.vocabulary, None)
            assert report.rejected == 0, report.shown
    for number, change in enumerate(later_changes(store)):
        store.commit(replace(change, key=f"later-{number}"))
    return book


def earlier(book: Rulebook) -> Rulebook:
    """The same law without one memorandum."""
    return Rulebook(
        base_list=book.base_list.values(),
        departments=book.departments.values(),
        matters=book.matters.values(),
        lists=book.lists.values(),
        legal_bases=book.bases.values(),
        memoranda=[memorandum for id_, memorandum in book.memoranda.items() if id_ != LATER],
        extras=book.extras,
    )


def later_changes(store: Store) -> list[ChangeSet]:
    """What became known later of the demo city: corrections, objections, a move, and a relation that never was."""
    listed = store.find(Designation("demo-abnormal", ABNORMAL, "", ""), store.latest_version())
    assert isinstance(listed, Designation)
    held = Relation("legal_representative", UNCLEAR, UNCLEAR_REVOKED, held_from=date(2020, 2, 1))
    never = Relation("shareholder", SHAREHOLDER, REVOKED, held_from=date(2019, 6, 1), share=Decimal("0.4"))
    moved = Move("demo-arrears", "suspended", date(2026, 11, 10), actor="xm-hrss", document_no="厦人社监中〔2026〕1号")
    objections = (
        Objection("obj-arrears", date(2026, 10, 8), designation="demo-arrears", document_no="厦异〔2026〕12号"),
        Objection(
            "obj-representative",
            date(2026, 9, 1),
            relation_type="legal_representative",
            relation_holder=RESPONSIBLE,
            relation_organisation=REVOKED,
        ),
    )
    misplaced = Designation(
        "demo-misplaced",
        ORDINARY,
        "work-safety-serious",
        "xm-culture-tourism",
        document_no="厦文旅罚〔2026〕9号",
        decided_on=date(2026, 6, 1),
        notice_served_on=date(2026, 5, 11),
    )
    expiring = (
        Designation(
            "demo-expiring",
            ORDINARY,
            "wage-arrears",
            "xm-hrss",
            document_no="厦人社监列〔2023〕31号",
            decided_on=date(2023, 12, 28),
            notice_served_on=date(2023, 12, 1),
        ),
        Designation(
            "demo-both",
            TRUSTED,
            "wage-arrears",
            "xm-hrss",
            document_no="厦人社监列〔2023〕30号",
            decided_on=date(2023, 12, 18),
            notice_served_on=date(2023, 12, 1),
        ),
    )
    right = replace(listed, decided_on=date(2026, 7, 6), effective_from=date(2026, 7, 6))
    return [
        ChangeSet("xm-amr", "更正列入日期 the day was mistyped", "", corrections=Facts(designations=(right,))),
        ChangeSet(
            "xm-amr",
            "补录变更登记 the change of representative was registered late",
            "",
            corrections=Facts(relations=(replace(held, held_until=date(2025, 7, 15)),)),
        ),
        ChangeSet(
            "xm-culture-tourism", "列入 by a body that does not keep the list", "", Facts(designations=(misplaced,))
        ),
        ChangeSet("xm-hrss", "补录历史列入 listings of 2023", "", Facts(designations=expiring)),
        ChangeSet("xm-hrss", "受理异议 objections filed", "", Facts(objections=objections)),
        ChangeSet("xm-hrss", "复核期间中止 suspended while it is reviewed", "", Facts(moves=(moved,))),
        ChangeSet("xm-amr", "登记错误 never a shareholder", "", retractions=Facts(relations=(never,))),
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """One record of a relation, with the versions from and until which it was believed."""

    relation: Relation
    recorded_from: Version
    recorded_until: Version | None


@dataclass(frozen=True, slots=True)
class City:
    """The city as Python sees it, through the port alone: what the answers are worked out from.

    designations, exemptions, objections  those that stand
    written                               the version that the standing record of each designation is from
    """

    book: Rulebook
    store: Store
    subjects: Mapping[SubjectId, Attributes]
    designations: Mapping[str, Designation]
    written: Mapping[str, Version]
    held: Sequence[Held]
    exemptions: Sequence[Exemption]
    objections: Sequence[Objection]

    @classmethod
    def of(cls, store: Store, book: Rulebook) -> Self:
        """Read everything that the store holds."""
        stated = [registration_of(row[:-2]) for row in store.archive("registrations") if row[-1] is None]
        listed = [(rows.designation_of(row[:-2]), row[-2]) for row in store.archive("designations") if row[-1] is None]
        return cls(
            book,
            store,
            {r.subject: r.attributes for r in sorted(stated, key=lambda r: r.attributes.valid_from or date.min)},
            {designation.id: designation for designation, _ in listed},
            {designation.id: version for designation, version in listed},
            [Held(rows.relation_of(row[:-2]), row[-2], row[-1]) for row in store.archive("relations")],
            [rows.exemption_of(row[:-2]) for row in store.archive("exemptions") if row[-1] is None],
            [rows.objection_of(row[:-2]) for row in store.archive("objections") if row[-1] is None],
        )

    @property
    def relations(self) -> list[Relation]:
        """The relations that are believed now."""
        return [held.relation for held in self.held if held.recorded_until is None]

    def listed(self, subject: SubjectId) -> list[str]:
        """The lists that a subject is on now, each once, sorted."""
        return sorted({d.list for d in self.designations.values() if d.subject == subject and is_in_effect(d)})

    def name(self, subject: SubjectId) -> str | None:
        """What a subject is called."""
        return self.subjects[subject].name


def is_in_effect(designation: Designation) -> bool:
    """Whether it is in effect after its last move, whatever the day."""
    return (designation.moves[-1].to if designation.moves else designation.status) == "in_effect"
