"""A national list arrives whole: one change set in seconds, its diff complete, and checks answer before or after it."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from time import thread_time

from engine.change_feed import Place
from engine.question import Check
from engine.reevaluate import Span, outcomes, step_of, subjects_of
from engine.service import Service
from graph_model.identifiers import IdentityKeyer
from graph_model.nodes import Attributes, Designation, Facts, Registration, Relation, Scalar
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from loaders.report import LoadOrder
from loaders.snapshot import Snapshot, load_snapshot
from memoranda.reader import read_inline
from tests.http_city import KEY, RULEBOOK, organisation_code

ENTRIES = 10_000
GONE, KEPT = 500, 1_500
"""Entries of the list as it stood: those that the snapshot lacks, and those that it has, too."""
TODAY = date(2026, 11, 24)
MOST_S = 5.0


def listed(number: int) -> Designation:
    facts: dict[str, Scalar] = {"unpaid": Decimal(2_000), "secured": False}
    return Designation(
        f"D{number}", organisation_code(number), "black", "ministry", document_no=f"〔2026〕{number}号",
        decided_on=date(2026, 1, 5), facts=facts,
    )  # fmt: skip


def standing_city(service: Service) -> None:
    """Companies, a representative of every tenth, and the list as it stood: version 3."""
    service.publish(read_inline(RULEBOOK), actor="test", reason="test", key="book")
    codes = [organisation_code(number) for number in range(GONE + ENTRIES)]
    people = [f"p-{number:040d}" for number in range(0, len(codes), 10)]
    service.apply(
        ChangeSet(
            "test",
            "test",
            "city",
            Facts(
                registrations=(
                    *(Registration(code, Attributes(name="公司", kind="enterprise")) for code in codes),
                    *(Registration(person, Attributes(name="张三", kind="person")) for person in people),
                ),
                relations=tuple(
                    Relation("legal_representative", person, codes[number * 10]) for number, person in enumerate(people)
                ),
            ),
        )
    )
    service.apply(ChangeSet("test", "test", "list", Facts(designations=tuple(map(listed, range(GONE + KEPT))))))


def written(path: Path) -> Path:
    """The list as it arrives."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "subject", "list", "authority", "document_no", "decided_on", "fact.unpaid", "fact.secured"])
        for number in range(GONE, GONE + ENTRIES):
            one = listed(number)
            out.writerow(
                [one.id, one.subject, one.list, one.authority, one.document_no, one.decided_on, 2_000, "false"]
            )
    return path


def test_ten_thousand_entries_are_one_version_and_nobody_sees_half_of_it(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/city.db") as store:
        service = Service(store)
        standing_city(service)
        file = written(tmp_path / "list.csv")
        ready, done = Event(), Event()
        seen: list[tuple[int, int, str]] = []

        def checking() -> None:
            # Every company in turn: some leave the list, some stay, some come.
            number = 0
            while not done.is_set() or len(seen) < 3 * (GONE + ENTRIES) // 7:
                asked = number * 7 % (GONE + ENTRIES)
                decision = service.check(Check(organisation_code(asked), "licence", TODAY, "bureau"))
                seen.append((asked, decision.version, decision.verdict))
                number += 1
                ready.set()

        checker = Thread(target=checking)
        checker.start()
        try:
            assert ready.wait(30)
            book = service.book_at(3)
            assert book is not None
            order = LoadOrder("designations", file, "某部", "月度快照")
            begun = thread_time()
            report = load_snapshot(
                store, order, Snapshot(book.lists["black"], TODAY, 0.5), book.vocabulary, IdentityKeyer(KEY)
            )
            took = thread_time() - begun
        finally:
            done.set()
            checker.join()
        assert (report.loaded, report.unchanged, sum(report.closed.values())) == (ENTRIES - KEPT, KEPT, GONE)
        assert store.latest_version() == 4
        assert took < MOST_S
        assert {version for _, version, _ in seen} == {3, 4}
        for asked, version, verdict in seen:
            on_list = asked < GONE + KEPT if version == 3 else asked >= GONE
            assert verdict == ("bar" if on_list else "clear"), (asked, version)

        told, page, place = [], {"more": True}, Place(3, TODAY)
        while page["more"]:
            page = service.feed(place, TODAY)
            told += [(item["subject"], item["what"]) for entry in page["changes"] for item in entry["items"]]
            place = Place.read(page["next"])
        span = Span(3, 4, (TODAY, TODAY))
        whole = outcomes(
            step_of(span, service.book_at), store, subjects_of(span, store, service.book_at, all_of_them=True)
        )
        expected = [(one.subject, item.what) for one in whole for item in one.items for _department in item.departments]
        assert told == expected
        opened = {subject for subject, what in told if what == "opened"}
        closed = {subject for subject, what in told if what == "closed"}
        assert {code for code in opened if len(code) == 18} == {
            organisation_code(number) for number in range(GONE + KEPT, GONE + ENTRIES)
        }
        assert {code for code in closed if len(code) == 18} == {organisation_code(number) for number in range(GONE)}
        assert len(opened) == (ENTRIES - KEPT) * 11 // 10
