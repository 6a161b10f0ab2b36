"""What the articles of a measure allow it: their rank, roles, matters, territory and days (R6, R7, G6, P1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from graph_model.calendar import Interval
from graph_model.identifiers import region_covers
from memoranda.lint_codes import Finding, found
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Target
from memoranda.rulebook import Rulebook

LICENCE_WORDS = ("许可", "资质", "执照", "licence", "license", "permit")
"""A matter is a licence where its own name or id, or that of a matter that contains it, has one of these words."""


@dataclass(frozen=True, slots=True)
class Aim:
    """One target of a measure, looked at on its own.

    days   when measure and memorandum are both in force
    on     the day asked about; `None`: none
    place  names measure and role
    """

    book: Rulebook
    measure: Measure
    target: Target
    days: Interval
    on: date | None
    place: str

    @property
    def restricts(self) -> bool:
        """Whether the measure is a restriction."""
        return self.measure.effect in RESTRICTIONS

    @property
    def admissible(self) -> list[LegalBasis]:
        """The cited articles of a kind that may carry the effect (R7)."""
        cited = (self.book.bases[id_] for id_ in self.target.bases)
        return [basis for basis in cited if not self.restricts or basis.kind in ADMISSIBLE_FOR_RESTRICTIONS]

    @property
    def fitting(self) -> list[LegalBasis]:
        """The admissible ones that bind the role."""
        return [basis for basis in self.admissible if self.target.role in basis.binds]

    @property
    def carrying(self) -> list[LegalBasis]:
        """Those of them that are verified."""
        return [basis for basis in self.fitting if basis.verified is not None]


def of_target(aim: Aim) -> Iterator[Finding]:
    """Look at one target."""
    if not aim.target.bases:
        yield found("basis.none", aim.place, "没有引用任何条文，不及任何人（P1）", "写明 bases，或写明 withdrawn")
        return
    verified = [basis for basis in aim.admissible if basis.verified is not None]
    if not aim.admissible:
        kinds = "、".join(sorted({aim.book.bases[id_].kind for id_ in aim.target.bases}))
        what = f"只引用了 {kinds}，不足以支持限制（R7）"
        yield found("restriction.inadmissible", aim.place, what, "引用法律法规，或写明 withdrawn")
        return
    if aim.restricts and not verified:
        yield found("restriction.unverified", aim.place, "没有已核实的依据，不限制任何人（P1）", "核实后写明 verified")
    if aim.carrying:
        yield from _of_carrying(aim)
        yield from _of_day(aim, aim.carrying)
        yield from _of_matters(aim)
    elif aim.restricts and verified:
        what = f"已核实的依据都不约束身份 {aim.target.role}（G6）"
        yield found("restriction.role-not-bound", aim.place, what, "引用约束该身份的条文，或删去该 target")
    elif aim.fitting:
        yield from _of_day(aim, aim.fitting)
    elif any(basis.binds for basis in aim.admissible):
        what = f"所引条文都不及身份 {aim.target.role}（G6）"
        yield found("role.wider", aim.place, what, "引用及于该身份的条文，或删去该 target")


def _of_carrying(aim: Aim) -> Iterator[Finding]:
    carrying, days = aim.carrying, aim.days
    if all(overlap(basis.in_force, days) is None for basis in carrying):
        what = "措施有效期间，没有一条依据有效（G6）"
        yield found("basis.never-in-force", aim.place, what, "核对依据的 from 与 until")
        return
    last = max(basis.until or date.max for basis in carrying)
    if last < (days.end or date.max) and (aim.on is None or aim.on < last):
        what = f"依据至 {last} 全部失效，措施却继续（G6）"
        yield found("basis.lapses", aim.place, what, "补上新依据，或写明 until")
    regions = [aim.book.departments[id_].region for id_ in aim.book.bound_departments(aim.measure.id)]
    territories = [basis.territory for basis in carrying if basis.territory is not None]
    if len(territories) == len(carrying) and not any(region_covers(t, r) for t in territories for r in regions):
        yield found("basis.covers-nobody", aim.place, "地方性法规不覆盖任何受约束的部门（R6）", "核对 territory")
    if aim.measure.effect == "bar" and {basis.kind for basis in carrying} == {"judicial_interpretation"}:
        licences = [matter for matter in _matters(aim) if matter == "any" or is_licence(aim.book, matter)]
        if licences:
            what = f"禁止许可 {'、'.join(licences)}，只凭司法解释"
            yield found("bar.interpretation-alone", aim.place, what, "引用法律、行政法规，或改为 weigh")


def _of_day(aim: Aim, bases: list[LegalBasis]) -> Iterator[Finding]:
    """Say where, on the day asked about, the measure is in force and none of its articles is (G6)."""
    on = aim.on
    if on is None or not aim.days.covers(on) or any(basis.in_force.covers(on) for basis in bases):
        return
    if all(overlap(basis.in_force, aim.days) is None for basis in bases):
        return  # basis.never-in-force says it
    coming = [basis.from_ for basis in bases if basis.from_ is not None and on < basis.from_]
    if coming:
        what = f"{on}：依据自 {min(coming)} 起才施行，此前措施不及任何人（G6）"
        yield found("basis.not-yet", aim.place, what, "补上现行依据，或写明 from")
    else:
        last = max(basis.until for basis in bases if basis.until is not None)
        what = f"{on}：依据已于 {last} 全部失效，措施仍在（G6）"
        yield found("basis.lapsed", aim.place, what, "补上现行依据，或写明 until")


def _of_matters(aim: Aim) -> Iterator[Finding]:
    """Say which matters none of the articles reaches; an article that names none is taken to reach all."""
    if not all(basis.matters for basis in aim.carrying):
        return
    reached = {matter for basis in aim.carrying for matter in basis.matters}
    wider = [m for m in _matters(aim) if m == "any" or reached.isdisjoint(aim.book.ancestors(m))]
    if wider:
        what = f"事项 {'、'.join(wider)} 不在条文所及 {'、'.join(sorted(reached))} 之内"
        yield found("matter.wider", aim.place, what, "缩小 matters，或引用及于该事项的条文")


def _matters(aim: Aim) -> tuple[str, ...]:
    return ("any",) if aim.measure.matters == "any" else aim.measure.matters


def is_licence(book: Rulebook, matter: str) -> bool:
    """Whether a matter is an administrative licence, as far as names tell."""
    return any(
        word in text.lower()
        for id_ in book.ancestors(matter)
        for text in (id_, book.matters[id_].name)
        for word in LICENCE_WORDS
    )


def overlap(a: Interval, b: Interval) -> Interval | None:
    """Give the days that lie in both; `None` where there are none."""
    common = Interval(latest((a.start, b.start)), min((d for d in (a.end, b.end) if d is not None), default=None))
    return None if common.start is not None and common.end is not None and common.end <= common.start else common


def latest(days: Iterable[date | None]) -> date | None:
    """Give the last of the days that are stated; `None` where none is."""
    return max((day for day in days if day is not None), default=None)
