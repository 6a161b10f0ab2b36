"""Run scenarios (CONTRACT §5): each on a store of its own, through the same doors as everything else.

The facts go through the loaders' rows and the store's admission, so that what is refused here is refused everywhere.
Rulebooks are read once per run: the shipped one, each folder, and each inline mapping that occurs again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeAlias

from api.scenario_expectations import Answer, Found, MalformedExpectationError, compare
from api.scenario_files import Scenario
from api.scenario_questions import Keyed, ask
from api.scenario_stores import NewStore
from engine.service import Service
from graph_model.errors import FactsRefused, RulebookRefused, StoreUnavailable, XinhengError
from graph_model.identifiers import IdentityKeyer
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Store
from loaders.rows import facts_from_rows
from memoranda.kept import read_kept
from memoranda.reader import SHIPPED, read_inline
from memoranda.rulebook import Rulebook

Answering: TypeAlias = Callable[[Mapping[str, Any]], Answer]
KEPT_RULEBOOKS = 256
"""How many rulebooks a run keeps: enough for scenarios that share a few, bounded for a file where none do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check of one scenario: whether it passed, and what to say where it did not.

    `number` counts the checks of the scenario from 1. `complaint` is set where the check itself cannot be read.
    """

    scenario: Scenario
    number: int
    check: Mapping[str, Any]
    expected: Found
    found: Found
    answer: Answer
    complaint: str | None = None

    @property
    def question(self) -> dict[str, Any]:
        """What was asked, without what was expected and without anybody's number."""
        return {key: _shown(value) for key, value in self.check.items() if key not in ("expect", "error", "why_not")}

    @property
    def passed(self) -> bool:
        """Whether everything that was expected was found."""
        return self.complaint is None and self.expected == self.found


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: "…" if key == "id_number" else _shown(item) for key, item in value.items()}
    return value


@dataclass(slots=True)
class Rulebooks:
    """The rulebooks that scenarios name, each read once; one that is refused is refused again without reading it.

    copies   where quick copies of rulebook files are kept; `None`: nowhere
    """

    copies: Path | None = None
    _read: OrderedDict[str, Rulebook | RulebookRefused] = field(default_factory=OrderedDict)

    def of(self, scenario: Scenario) -> Rulebook:
        """Give the scenario's rulebook.

        Raises:
            RulebookRefused: it cannot be used as it stands.

        """
        named = scenario.rulebook
        if isinstance(named, str):
            folder = SHIPPED if named == "published" else _folder(scenario.file, named)
            return self._once(f"folder {folder}", lambda: read_kept(folder, self.copies))
        return self._once(repr(named), lambda: read_inline(named))

    def _once(self, key: str, read: Callable[[], Rulebook]) -> Rulebook:
        if key not in self._read:
            try:
                self._read[key] = read()
            except RulebookRefused as error:
                self._read[key] = error
            if len(self._read) > KEPT_RULEBOOKS:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        known = self._read[key]
        if isinstance(known, RulebookRefused):
            raise known.with_traceback(None)  # else the one error would gather the frames of every scenario
        return known


def _folder(file: Path, named: str) -> Path:
    """Take a folder's (or one rulebook file's) path from the scenario file on, else from the working directory on."""
    beside = file.parent / named
    return (beside if beside.exists() else Path(named)).resolve()


@dataclass(slots=True)
class Runner:
    """Runs scenarios. `new_store` opens an empty store, and throws it away again, for each of them."""

    new_store: NewStore
    rulebooks: Rulebooks = field(default_factory=Rulebooks)
    keyed: Keyed = field(default_factory=lambda: Keyed(IdentityKeyer(b"scenario files hold no real persons")))
    _published: OrderedDict[str, Rulebook] = field(default_factory=OrderedDict)

    def run(self, scenario: Scenario) -> Iterator[Outcome]:
        """Give the outcome of each check of one scenario, in order.

        Raises:
            StoreUnavailable: no store can be opened, which is no fault of the scenario.

        """
        with ExitStack() as opened:
            yield from outcomes(scenario, self._answering(scenario, opened))

    def _answering(self, scenario: Scenario, opened: ExitStack) -> Answering:
        """Prepare the scenario's store; where that is refused, every check is."""
        try:
            book = self.rulebooks.of(scenario)
            facts = self.facts_of(scenario, book)
            answers = prepare(opened.enter_context(self.new_store()), book, facts, self._published)
        except StoreUnavailable:
            raise
        except XinhengError as refusal:
            return refusing(refusal)
        except Exception as error:
            return refusing(fault(error))
        return partial(ask, answers, keyed=self.keyed)

    def facts_of(self, scenario: Scenario, book: Rulebook) -> Facts:
        """Read the scenario's facts.

        Raises:
            FactsRefused: a row cannot be read.

        """
        given = {kind: rows for kind, rows in scenario.facts.items() if rows is not None}  # `designations:` says none
        for kind, rows in given.items():
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise FactsRefused(f"`{kind}` must be a list of mappings", hint="write one mapping for each row")
        return facts_from_rows(given, book.vocabulary, self.keyed.keyer, lenient=True)


class _Sharing(Service):
    """A service that shares the rulebooks it has read from its store with those of other scenarios.

    They are content-addressed and never change (R1), so one reading serves every store that holds the same.
    """

    def __init__(self, store: Store, read: OrderedDict[str, Rulebook]) -> None:
        super().__init__(store)
        self._shared = read

    def _read_book(self, digest: str) -> Rulebook:
        if digest not in self._shared:
            self._shared[digest] = super()._read_book(digest)
            if len(self._shared) > KEPT_RULEBOOKS:
                self._shared.popitem(last=False)
        return self._shared[digest]


def prepare(store: Store, book: Rulebook, facts: Facts, read: OrderedDict[str, Rulebook]) -> Service:
    """Publish `book` and write `facts` into an empty store; `read` are rulebooks already read from some store."""
    service = _Sharing(store, read)
    service.publish(book, actor="scenario", reason="the scenario's rulebook", key="rulebook")
    service.apply(ChangeSet(actor="scenario", reason="the scenario's facts", key="facts", facts=facts))
    return service


def outcomes(scenario: Scenario, answer_to: Answering) -> Iterator[Outcome]:
    """Put each check of a scenario to `answer_to` and compare."""
    for number, check in enumerate(scenario.checks, start=1):
        yield outcome(scenario, number, check, answer_to)


def outcome(scenario: Scenario, number: int, check: Mapping[str, Any], answer_to: Answering) -> Outcome:
    """Give the outcome of one check."""
    answer: Answer
    try:
        answer = answer_to(check)
    except XinhengError as error:
        answer = error
    except Exception as error:
        answer = fault(error)
    try:
        expected, found = compare(check, answer)
    except MalformedExpectationError as malformed:
        said = {key: check[key] for key in ("expect", "error", "why_not") if key in check}
        return Outcome(scenario, number, check, said, {}, answer, complaint=str(malformed))
    return Outcome(scenario, number, check, expected, found, answer)


def refusing(refusal: XinhengError) -> Answering:
    """Answer every check alike."""
    return lambda _: refusal


def fault(error: Exception) -> XinhengError:
    """Make a fault of ours an answer like any refusal: it fails its checks, and the others go on."""
    place = extract_tb(error.__traceback__)[-1]
    what = f"程序内部错误 a fault of ours: {type(error).__name__} at {place.filename}:{place.lineno}"
    return XinhengError(what, hint="请报告 please report it", detail_code="internal")
