"""`xinheng rulebook report`: the law cleaned (依据清理): what is alive, what is not, and what would mend it."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from api.cli.asking import asked_day, describe_day
from api.cli.columns import WIDTH, wrapped
from api.cli.exits import Exit
from api.cli.rulebook import describe_folder
from api.cli.session import Session
from memoranda.cleaning import SILENT, STANDINGS, Cleaned, StandingInLaw, alive, standings, without_slot
from memoranda.model import BY_STATUTE, RESTRICTIONS, Effect
from memoranda.reading import article_zh, articles_zh, base_list_doubt_zh, standing_zh
from memoranda.rulebook import Rulebook
from memoranda.words import EFFECT_ZH, STANDING_ZH

EFFECTS: tuple[Effect, ...] = ("bar", "limit", "weigh", "watch", "favour")
SHORT_ZH = dict(zip(STANDINGS, ("可行", "审慎", "关注", "待核", "无据", "非公"), strict=True))
"""Heads of narrow columns, in the order of `STANDINGS`."""


def describe_report(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook report`."""
    describe_folder(parser, session)
    describe_day(parser, session)
    told = session.say("列出现状为此的各项措施", "list the measures of this standing")
    parser.add_argument("--standing", choices=STANDINGS, metavar="S", help=f"{told}: {', '.join(STANDINGS)}")


def run_report(args: Namespace, session: Session) -> Exit:
    """Say which standing each measure has on a day, by memorandum and by list, and what is still unconfirmed."""
    book, day = session.book(args.rulebook), asked_day(args.on)
    found = standings(book, day)
    if args.json:
        session.print_json({"digest": book.digest, "on": day, **_counts(book, found), **_cleaning(book, found)})
        return Exit.DONE
    if args.standing is not None:
        session.print("\n".join(_listing(book, found, args.standing, session)))
        return Exit.DONE
    session.print(
        session.say(f"依据清理 · 截至 {day} · {book.digest}", f"The law cleaned · as of {day} · {book.digest}")
    )
    session.print(_sizes(book, session))
    session.print()
    session.print_table(_totals(book, found, session))
    session.print()
    by_memorandum = [(one.title, [m.id for m in one.measures]) for one in book.memoranda.values()]
    session.print_table(_split(session.say("文件", "memorandum"), by_memorandum, found, session))
    session.print()
    by_list = [(one.name, [m.id for m in book.measures_on(id_)]) for id_, one in book.lists.items()]
    session.print_table(_split(session.say("名单", "list"), by_list, found, session))
    session.print()
    session.print_table(_slots(book, found, session))
    session.print()
    session.print_table(_awaiting_table(book, found, session))
    for standing in STANDINGS:
        if standing in SILENT and any(one.standing == standing for one in found.values()):
            session.print()
            session.print(f"{session.say(STANDING_ZH[standing], standing)} {standing}")
            session.print("\n".join(_listing(book, found, standing, session)))
    return Exit.DONE


def _sizes(book: Rulebook, session: Session) -> str:
    verified = sum(basis.verified is not None for basis in book.bases.values())
    sizes = len(book.memoranda), len(book.measures), len(book.lists), len(book.bases), verified
    zh = "{} 份文件，{} 项措施；{} 个名单；{} 条依据，其中 {} 条已核实"
    en = "{} memoranda with {} measures; {} lists; {} articles, of which {} confirmed"
    return session.say(zh, en).format(*sizes)


def _totals(book: Rulebook, found: Mapping[str, Cleaned], session: Session) -> Table:
    table = Table(session.say("现状", "standing"), session.say("措施", "measures"), box=None)
    for effect in EFFECTS:
        table.add_column(session.say(EFFECT_ZH[effect], effect), justify="right")
    for standing in STANDINGS:
        effects = Counter(book.measures[id_].effect for id_, one in found.items() if one.standing == standing)
        name = session.say(f"{STANDING_ZH[standing]} {standing}", standing)
        table.add_row(name, str(effects.total()), *(str(effects[effect] or "") for effect in EFFECTS))
    return table


def _split(name: str, groups: Iterable[tuple[str, list[str]]], found: Mapping[str, Cleaned], session: Session) -> Table:
    table = Table(box=None)
    table.add_column(name, overflow="fold")
    for standing in STANDINGS:
        table.add_column(session.say(SHORT_ZH[standing], standing), justify="right", min_width=4)
    table.add_column(session.say("合计", "all"), justify="right")
    for title, measures in groups:
        counted = Counter(found[id_].standing for id_ in measures)
        table.add_row(title, *(str(counted[standing] or "") for standing in STANDINGS), str(len(measures)))
    return table


def _slots(book: Rulebook, found: Mapping[str, Cleaned], session: Session) -> Table:
    """Say how many living restrictions belong to each slot of the base list, and name those that belong to none."""
    table = Table(box=None)
    table.add_column(session.say("基础清单", "national base list"), overflow="fold")
    table.add_column(session.say("凭据", "evidence"), overflow="fold")
    table.add_column(session.say("生效的限制", "living restrictions"), justify="right")
    living = Counter(
        book.measures[id_].slot
        for id_, one in found.items()
        if alive(one) and book.measures[id_].effect in RESTRICTIONS
    )
    for entry in book.base_list.values():
        if entry.class_ is not None:
            table.add_row(f"{entry.name} {entry.id}", base_list_doubt_zh(entry), str(living[entry.id] or ""))
    table.add_row(session.say("法律法规直接规定", "ordered by a statute itself"), "", str(living[BY_STATUTE] or ""))
    none = without_slot(book, found)
    table.add_row(session.say("两者皆非", "neither"), "", str(len(none)), style="bold" if none else "")
    for id_ in none:
        table.add_row(f"  {id_} {book.measures[id_].title}")
    return table


def _awaiting(found: Mapping[str, Cleaned]) -> dict[str, list[str]]:
    """Give, for each article that nobody has confirmed, the measures that would live by it, the most first."""
    waiting: dict[str, list[str]] = {}
    for id_, one in found.items():
        if one.standing == "unverified":
            for basis in {basis.id: None for target in one.targets for basis in target.unverified}:
                waiting.setdefault(basis, []).append(id_)
    return dict(sorted(waiting.items(), key=lambda row: (-len(row[1]), row[0])))


def _awaiting_table(book: Rulebook, found: Mapping[str, Cleaned], session: Session) -> Table:
    waits = session.say("待其核实的措施", "measures that wait for it")
    table = Table(box=None)
    table.add_column(session.say("未核实的依据", "article not confirmed"), overflow="fold")
    table.add_column(waits, justify="right")
    for basis, measures in _awaiting(found).items():
        table.add_row(article_zh(book.bases[basis]), str(len(measures)))
    return table


def _listing(book: Rulebook, found: Mapping[str, Cleaned], standing: StandingInLaw, session: Session) -> Iterator[str]:
    """List the measures of one standing, each with its articles, or with why it has none."""
    for id_, one in found.items():
        if one.standing == standing:
            measure = book.measures[id_]
            effect = session.say(EFFECT_ZH[measure.effect], measure.effect)
            head, *rest = wrapped(f"{id_}  {effect} · {measure.title}", WIDTH - 4)
            yield from (head, *(f"    {line}" for line in rest))
            yield from wrapped(f"    {_why(one)}", WIDTH)


def _why(one: Cleaned) -> str:
    articles = articles_zh(basis for target in one.targets for basis in (*target.carrying, *target.unverified))
    return articles or standing_zh(one)


def _counts(book: Rulebook, found: Mapping[str, Cleaned]) -> dict[str, int]:
    effects = Counter(measure.effect for measure in book.measures.values() if measure.withdrawn is None)
    sections = ("departments", "matters", "lists", "bases", "memoranda", "measures")
    sizes = (book.departments, book.matters, book.lists, book.bases, book.memoranda, book.measures)
    return {
        **{name: len(section) for name, section in zip(sections, sizes, strict=True)},
        **{f"measures_{effect}": effects[effect] for effect in EFFECTS},
        "measures_withdrawn": sum(measure.withdrawn is not None for measure in book.measures.values()),
        "measures_on_verified_law": sum(any(t.carrying for t in one.targets) for one in found.values()),
        "bases_verified": sum(basis.verified is not None for basis in book.bases.values()),
    }


def _cleaning(book: Rulebook, found: Mapping[str, Cleaned]) -> dict[str, Any]:
    return {
        "standings": _counted(found.values()),
        "by_memorandum": {
            id_: _counted(found[measure.id] for measure in memorandum.measures)
            for id_, memorandum in book.memoranda.items()
        },
        "by_list": {id_: _counted(found[measure.id] for measure in book.measures_on(id_)) for id_ in book.lists},
        "measures_by_standing": {
            standing: [id_ for id_, one in found.items() if one.standing == standing] for standing in STANDINGS
        },
        "cleaned": [_row(book, id_, one) for id_, one in found.items()],
        "awaiting_confirmation": _awaiting(found),
        "without_slot": without_slot(book, found),
    }


def _counted(found: Iterable[Cleaned]) -> dict[str, int]:
    counted = Counter(one.standing for one in found)
    return {standing: counted[standing] for standing in STANDINGS}


def _row(book: Rulebook, id_: str, one: Cleaned) -> dict[str, Any]:
    return {
        "measure": id_,
        "memorandum": book.memorandum_of[id_].id,
        "effect": book.measures[id_].effect,
        "standing": one.standing,
        "slot": book.measures[id_].slot,
        "reason": one.reason,
        "note": one.note,
        "roles": {
            target.target.role: {
                "carried_by": [basis.id for basis in target.carrying],
                "unverified": [basis.id for basis in target.unverified],
            }
            for target in one.targets
        },
    }
