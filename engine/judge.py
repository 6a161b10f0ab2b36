"""Judgement (SEMANTICS §5, J1–J8): a standing and a question give a decision. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from engine.explain import duties_of, question_to_ask
from engine.gates import exempt_on
from engine.question import STRENGTH, Check, Decision, Duty, LeftOut, Unresolved, Verdict, Withheld
from engine.standing import Item, Standing
from engine.timeline import at
from graph_model.errors import MalformedDay, MalformedSubject, UnknownDepartment, UnknownMatter
from graph_model.identifiers import is_uscc
from memoranda.model import RESTRICTIONS
from memoranda.rulebook import Rulebook

Named = TypeVar("Named", Withheld, LeftOut)
CODE_LIKE = re.compile(r"[0-9A-Za-z]{18}")


class Sorted(NamedTuple):
    """The items that concern a check, in the order of J2, each with what it takes to judge it again."""

    duties: tuple[Item, ...]
    withheld: tuple[tuple[Item, tuple[str, ...]], ...]
    unresolved: tuple[Item, ...]
    left_out: tuple[Item, ...]


def judge(standing: Standing | None, check: Check, book: Rulebook, version: int) -> Decision:
    """Answer one check.

    Args:
        standing: The subject's, at `version` under `book`; `None` where the subject is not registered.
        check: The question.
        book: The rulebook in force at the version, or the one that the check names.
        version: The version that `standing` was read at.

    Raises:
        MalformedSubject, UnknownMatter, UnknownDepartment, MalformedDay: in this order (J1, J2).

    """
    day = askable(check.subject, check.matter, check.department, check.on, book, registered=standing is not None)
    if standing is None:
        return Decision(
            version=version,
            rulebook=book.digest,
            on=day,
            subject=check.subject,
            matter=check.matter,
            department=check.department,
            concerning=check.concerning,
            verdict="unknown",
        )
    concerned = sort_items(standing.items, check, day, book)
    verdict = verdict_of(concerned)
    lifting_set = frozenset(item.listing.id for item in concerned.duties if item.measure.effect in RESTRICTIONS)
    return Decision(
        version=version,
        rulebook=book.digest,
        on=day,
        subject=check.subject,
        matter=check.matter,
        department=check.department,
        concerning=check.concerning,
        verdict=verdict,
        could_be=could_be(concerned, verdict, day),
        duties=_duties(concerned.duties, standing, check, day, book),
        withheld=_once(
            [
                Withheld(item.measure.id, department, item.listing.id, by)
                for item, by in concerned.withheld
                for department in departments_of(item, check)
            ]
        ),
        unresolved=_unresolved(concerned.unresolved, check, day, book) if concerned.unresolved else (),
        left_out=_once(
            [
                LeftOut(item.measure.id, department, item.listing.id)
                for item in concerned.left_out
                for department in departments_of(item, check)
            ]
        ),
        lifting_set=tuple(sorted(lifting_set)),
        verdict_if_lifted=verdict_of(lifted(concerned, lifting_set)) if lifting_set else None,
        narrower=narrower(standing.items, check, day, book),
    )


def askable(
    subject: str, matter: str | None, department: str | None, on: date | str, book: Rulebook, *, registered: bool
) -> date:
    """Refuse what cannot be asked, the first fault in the contract's order; else give the day."""
    if not registered and (subject.split() != [subject] or (CODE_LIKE.fullmatch(subject) and not is_uscc(subject))):
        raise MalformedSubject(
            "主体标识不合格式（空白、含空格，或18位代码校验不通过） the subject is not a well-formed identifier",
            hint="核对统一社会信用代码 check the unified social credit code, or give a keyed person id",
        )
    if matter is not None and matter not in book.matters:
        raise UnknownMatter(f"没有事项 `{matter}` no such matter", hint="see `xinheng rulebook search`")
    if department is not None and department not in book.departments:
        raise UnknownDepartment(f"没有部门 `{department}` no such department", hint="see `xinheng rulebook search`")
    return day_of(on)


def day_of(on: date | str) -> date:
    """Read a day; only `YYYY-MM-DD` is one."""
    if isinstance(on, date):
        return on
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", on):
        try:
            return date.fromisoformat(on)
        except ValueError:
            pass
    raise MalformedDay("日期不合格式 the day is missing or is no day of the calendar", hint="write it as YYYY-MM-DD")


def departments_of(item: Item, check: Check) -> tuple[str, ...]:
    """Give the item's departments that the check asks about: one, or all (J2)."""
    return item.departments if check.department is None else (check.department,)


def sort_items(items: Iterable[Item], check: Check, day: date, book: Rulebook) -> Sorted:
    """Sort the items that matter to a check into duties, withheld, unresolved and left out (J2)."""
    matters = frozenset(book.ancestors(check.matter))
    duties, withheld, unresolved, left_out = [], [], [], []
    for item in items:
        truth = at(item.holds, day)
        if truth is None or not relevant(item, check, matters, day):
            continue
        if item.measure.elsewhere_only and check.concerning == item.listing.designation.subject:
            left_out.append(item)
        elif truth:
            unresolved.append(item)
        elif by := item.withheld_by(day):
            withheld.append((item, by))
        else:
            duties.append(item)
    return Sorted(tuple(duties), tuple(withheld), tuple(unresolved), tuple(left_out))


def relevant(item: Item, check: Check, matters: frozenset[str], day: date) -> bool:
    """Whether an item concerns this matter and department, and no exemption for the matter frees the subject (J2)."""
    asked = check.department is None or check.department in item.departments
    return asked and covers(item, matters) and not freed(item, matters, day)


def covers(item: Item, matters: frozenset[str]) -> bool:
    """Whether the measure's matters hold the asked one or an ancestor of it."""
    return item.measure.matters == "any" or not matters.isdisjoint(item.measure.matters)


def freed(item: Item, matters: frozenset[str], day: date) -> bool:
    """Whether an exemption for the asked matter or an ancestor of it frees the subject that day."""
    if not item.exemptions:
        return False
    return any(e.matter in matters and exempt_on(e, day) for e in item.exemptions)


def verdict_of(concerned: Sorted) -> Verdict:
    """Give the strongest of the duties' effects, and `unresolved` for what could be `weigh` or stronger (J4)."""
    words: set[Verdict] = {item.measure.effect for item in concerned.duties}
    if any(item.measure.effect in RESTRICTIONS for item in concerned.unresolved):
        words.add("unresolved")
    for word in STRENGTH:
        if word in words:
            return word
    return "clear"


def could_be(concerned: Sorted, verdict: Verdict, day: date) -> Verdict | None:
    """Give the strongest verdict that the unresolved items could lead to, where it is stronger (J4)."""
    if not concerned.unresolved:
        return None
    open_to: set[Verdict] = {item.measure.effect for item in concerned.unresolved if not item.withheld_by(day)}
    stronger = STRENGTH[: STRENGTH.index(verdict)]
    return next((word for word in stronger if word in open_to), None)


def lifted(concerned: Sorted, lifting_set: frozenset[str]) -> Sorted:
    """Give what would remain if these designations, with their unresolved items and withholdings, were gone (J7)."""

    def remain(items: Iterable[Item]) -> tuple[Item, ...]:
        return tuple([item for item in items if item.listing.id not in lifting_set])

    kept = [(item, by) for item, by in concerned.withheld if item.listing.id not in lifting_set]
    released = [item for item, by in kept if lifting_set.issuperset(by)]
    return Sorted(
        duties=(*remain(concerned.duties), *released),
        withheld=tuple([(item, by) for item, by in kept if not lifting_set.issuperset(by)]),
        unresolved=remain(concerned.unresolved),
        left_out=remain(concerned.left_out),
    )


def narrower(items: Iterable[Item], check: Check, day: date, book: Rulebook) -> tuple[str, ...]:
    """Name the descendants of the asked matter that have items of their own, which this question does not show (J2)."""
    below = book.descendants(check.matter)
    if not below:
        return ()
    asked = frozenset(book.ancestors(check.matter))
    found: set[str] = set()
    for item in items:
        named = below.intersection(item.measure.matters) if item.measure.matters != "any" else frozenset[str]()
        if not named or covers(item, asked) or at(item.holds, day) is None:
            continue
        if check.department is None or check.department in item.departments:
            found.update(m for m in named if not freed(item, frozenset(book.ancestors(m)), day))
    return tuple(sorted(found))


def _once(named: Sequence[Named]) -> tuple[Named, ...]:
    """Name each measure, department and designation once, in order, in however many roles it reaches the subject."""
    if not named:
        return ()
    return tuple(sorted(set(named), key=lambda one: (one.measure, one.department, one.designation)))


def _duties(items: Iterable[Item], standing: Standing, check: Check, day: date, book: Rulebook) -> tuple[Duty, ...]:
    duties = [duty for item in items for duty in duties_of(item, departments_of(item, check), standing, day, book)]
    if len(duties) > 1:
        duties.sort(key=lambda d: (STRENGTH.index(d.effect), d.measure, d.department, d.designation, d.role))
    return tuple(duties)


def _unresolved(items: Iterable[Item], check: Check, day: date, book: Rulebook) -> tuple[Unresolved, ...]:
    found = [
        Unresolved(
            measure=item.measure.id,
            effect=item.measure.effect,
            department=department,
            role=item.target.role,
            designation=item.listing.id,
            reasons=at(item.holds, day) or (),
            ask=question_to_ask(item, at(item.holds, day) or (), book),
        )
        for item in items
        for department in departments_of(item, check)
    ]
    return tuple(
        sorted(found, key=lambda u: (STRENGTH.index(u.effect), u.measure, u.department, u.designation, u.role))
    )
