"""The few verbs that the outside uses. Each reads one version of the store and never another in the same answer."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache

from engine.change import days_of
from engine.change_affected import Rosters, lists_reaching
from engine.change_feed import Feed, Place
from engine.duties import DutiesPlace, duties_page
from engine.index import Absent, Index
from engine.judge import judge
from engine.question import STRENGTH, Batch, Check, Decision, Json, Verdict, WhyNot, WhyNotQuestion, as_json
from engine.sentences import person_masked
from engine.standing import Standing, standing_of
from engine.why_not import why_not
from graph_model.errors import (
    BatchTooLarge,
    MalformedRequest,
    RulebookRefused,
    StoreUnavailable,
    UnknownDepartment,
    UnknownVersion,
    VersionNotYet,
    XinhengError,
)
from graph_model.identifiers import is_uscc
from graph_model.nodes import Subject
from graph_model.store import ChangeSet, News, Publication, Receipt, Store
from memoranda.graph import graph_of
from memoranda.rulebook import Rulebook

MAX_BATCH = 1_000
"""Checks in one batch, at most (CONTRACT §6)."""


class Service:
    """Answers questions from one store. Rulebooks are kept, since they never change (R1).

    index  answers checks from memory where it is set and built, byte for byte what the store would answer (J10); it
           is brought up to date by whoever writes here, and by whoever watches others' writing (`Index.follow`)
    """

    def __init__(self, store: Store, index: Index | None = None) -> None:
        self.store = store
        self.index = index
        self._book = lru_cache(maxsize=16)(self._read_book)
        self._rosters = Rosters(store)
        self._feed = Feed(store, self.book_at, self._rosters)

    def check(self, check: Check) -> Decision:
        """Answer one check (SEMANTICS §5).

        Raises:
            InvalidQuestion: its subclasses name the first fault.
            StoreUnavailable: the store cannot be read now.

        """
        version = self._version(check.version, check.min_version)
        book = self.rulebook(check.rulebook) if check.rulebook else self.rulebook_in_force(version)[1]
        return judge(self._standing(check, version, book), check, book, version)

    def check_batch(self, checks: Sequence[Check]) -> Batch:
        """Answer each check as if it were asked alone; a fault is that check's own (J9).

        Raises:
            MalformedRequest: the batch is empty.
            BatchTooLarge: it has more than `MAX_BATCH` checks.

        """
        if not checks:
            raise MalformedRequest("批量核查为空 the batch is empty", hint="give at least one check")
        if len(checks) > MAX_BATCH:
            raise BatchTooLarge(f"{len(checks)} checks in one batch", hint=f"give at most {MAX_BATCH}")
        results: list[Decision | XinhengError] = []
        for check in checks:
            try:
                results.append(self.check(check))
            except XinhengError as error:
                results.append(error)
        return Batch(tuple(results), *overall_of(results))

    def why_not(self, question: WhyNotQuestion) -> WhyNot:
        """Say which gates keep a measure from binding. Raises as `check`, and `UnknownMeasure`."""
        version = self._version(question.version, None)
        book = self.rulebook(question.rulebook) if question.rulebook else self.rulebook_in_force(version)[1]
        return why_not(self.store.neighbourhood(question.subject, version), question, book, version)

    def apply(self, change: ChangeSet) -> Receipt:
        """Write one change set of facts (C1)."""
        if self.index is None:
            return self.store.commit(change)
        receipt, news = self.store.commit_and_tell(change)
        self._follow(receipt.version, news)
        return receipt

    def publish(self, book: Rulebook, *, actor: str, reason: str, key: str) -> Receipt:
        """Put a rulebook in force from the next version on (R1)."""
        publication = Publication(
            book.digest, book.content, book.vocabulary, actor, reason, key, graph=lambda: graph_of(book)
        )
        receipt = self.store.publish(publication)
        self._follow(receipt.version)
        return receipt

    def rulebook(self, digest: str) -> Rulebook:
        """Give a published rulebook. Raises `UnknownVersion` where none has that digest."""
        return self._book(digest)

    def rulebook_in_force(self, version: int | None = None) -> tuple[int, Rulebook]:
        """Give the version asked (or the latest) and the rulebook published last at it (R1)."""
        read = self.latest() if version is None else version
        digest = self._digest_at(read)
        if digest is None:
            raise UnknownVersion(f"版本 {read} 尚无已发布的规则 no rulebook was published", hint="publish one first")
        return read, self._published(digest)

    def subject_view(self, subject: str, version: int | None = None) -> Json | None:
        """Give what is known of a subject and its standing, persons' names masked; `None` where it is unknown."""
        read = self._version(version, None)
        around = self.store.neighbourhood(subject, read)
        if around is None:
            return None
        _, book = self.rulebook_in_force(read)
        person = around.subject.attributes[0].kind == "person"
        organisations = {r.organisation for r in around.relations if r.organisation}
        organisations |= {id_ for id_ in around.names if is_uscc(id_)}
        own = [as_json(attributes) for attributes in around.subject.attributes]
        if person:
            own = [{"kind": "person", "name": person_masked(a["name"]) if a["name"] else None} for a in own]
        return {
            "version": read,
            "rulebook": book.digest,
            "subject": subject,
            "attributes": own,
            "relations": [as_json(relation) for relation in around.relations],
            "designations": [as_json(designation) for designation in around.designations],
            "exemptions": [as_json(exemption) for exemption in around.exemptions],
            "objections": [as_json(objection) for objection in around.objections],
            "names": {
                id_: name if id_ in organisations or (id_ == subject and not person) else person_masked(name)
                for id_, name in around.names.items()
            },
            "standing": [
                {
                    "measure": item.measure.id,
                    "effect": item.measure.effect,
                    "departments": list(item.departments),
                    "designation": item.listing.id,
                    "role": item.target.role,
                    "days": days_of(item.holds),
                    "withheld": [{"by": by, "days": days_of(days)} for by, days in item.withheld],
                }
                for item in standing_of(around, book).items
            ],
        }

    def feed(
        self,
        place: Place,
        today: date | None = None,
        department: str | None = None,
        *,
        most: int = 100,
        enough: Callable[[], bool] = lambda: False,
    ) -> Json:
        """Give a page of what each version, and each day up to `today`, changed after a reader's place (C4)."""
        return self._feed.page(place, today, department, most, enough)

    def duties(self, place: DutiesPlace, most: int, enough: Callable[[], bool] = lambda: False) -> Json:
        """Give a page of what a department must apply on a day, from a reader's place on.

        Raises:
            UnknownDepartment: the rulebook at the place's version has no such department.
            VersionNotYet: the place's version is beyond the latest.

        """
        latest = self.store.latest_version()
        if place.version > latest:
            raise VersionNotYet(
                f"尚未到版本 {place.version}，现为 {latest} not that far yet",
                hint="从头读起 begin again without a cursor",
            )
        _, book = self.rulebook_in_force(place.version)
        if place.department not in book.departments:
            raise UnknownDepartment("没有这个部门 no such department", hint="见 GET /v1/rulebooks see there")
        subjects = self._rosters.of(place.version, lists_reaching(place.department, book))
        return duties_page(self.store, book, place, subjects, most, enough)

    def book_at(self, version: int) -> Rulebook | None:
        """Give the rulebook published last at a version; `None` before the first."""
        digest = self.store.rulebook_at(version)
        return None if digest is None else self._published(digest)

    def _version(self, asked: int | None, at_least: int | None) -> int:
        latest = self.latest()
        if max(asked or 0, at_least or 0) > latest and self.index is not None:
            # Others may have written it since anybody looked; whoever asks for it may not be told an older one (C2).
            latest = self.index.follow()
        if asked is not None and not 0 <= asked <= latest:
            raise UnknownVersion(f"没有版本 {asked} no such version", hint=f"versions are 0 to {latest}")
        read = latest if asked is None else asked
        if at_least is not None and read < at_least:
            raise VersionNotYet(
                f"尚未到版本 {at_least}，现为 {read} not that fresh yet", hint="try again, or ask for less"
            )
        return read

    def seen(self) -> int:
        """Give the latest version, and let the index take in what others wrote up to it."""
        return self.store.latest_version() if self.index is None else self.index.follow()

    def latest(self) -> int:
        """Give the latest version that answers are given at."""
        return self.store.latest_version() if self.index is None else self.index.version

    def _digest_at(self, version: int) -> str | None:
        found = self.index.rulebook_at(version) if self.index is not None else Absent.ELSEWHERE
        return self.store.rulebook_at(version) if isinstance(found, Absent) else found

    def _standing(self, check: Check, version: int, book: Rulebook) -> Standing | None:
        subject = check.subject
        found: Standing | Absent = Absent.ELSEWHERE
        if self.index is not None:
            found = self.index.standing(subject, version, book, check.matter)
        match found:
            case Absent.UNKNOWN:
                return None
            case Absent.CLEAR:
                return Standing(Subject(subject, ()), (), {})
            case Absent.ELSEWHERE:
                around = self.store.neighbourhood(subject, version)
                return standing_of(around, book, matter=check.matter) if around is not None else None
        return found

    def _follow(self, written: int, news: News | None = None) -> None:
        """See what was just written here. It is written: whether it can be read at once is another matter."""
        if self.index is not None:
            with suppress(StoreUnavailable):
                self.index.follow(written, news)

    def _published(self, digest: str) -> Rulebook:
        try:
            return self._book(digest)
        except UnknownVersion as error:
            raise StoreUnavailable(
                f"存储受损，已发布的规则不在其中 the store is damaged: it lacks the rulebook it published, {digest}",
                hint="run `xinheng audit verify`, and restore the last backup",
                detail_code="store.damaged",
            ) from error

    def _read_book(self, digest: str) -> Rulebook:
        content = self.store.rulebook_content(digest)
        if content is None:
            raise UnknownVersion(f"没有已发布的规则 {digest} no such rulebook", hint="see GET /v1/rulebooks")
        book = Rulebook.from_content(content)
        if book.digest != digest:
            raise RulebookRefused(f"store: rulebook {digest} reads as {book.digest}", hint="restore it from a backup")
        return book


def overall_of(results: Sequence[Decision | XinhengError]) -> tuple[Verdict, bool]:
    """Give the strongest verdict of a batch, and whether some check could not be answered (J9)."""
    incomplete = any(isinstance(result, XinhengError) for result in results)
    words: set[Verdict] = {result.verdict for result in results if isinstance(result, Decision)}
    if incomplete:
        words.add("unresolved")
    return strongest(words), incomplete


def strongest(words: Collection[Verdict]) -> Verdict:
    """Give the strongest of several verdicts (J9)."""
    return next(word for word in STRENGTH if word in words or word == "clear")
