"""The index answers as the store does (J10): over random histories, at every version, while others write."""

from dataclasses import replace
from datetime import date
from random import Random
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import index as index_module
from engine.index import Absent, Index
from engine.index_known import Known
from engine.index_reach import reached_part
from engine.question import Check, as_json
from engine.roles import Ties, Ways
from engine.service import Service
from engine.standing import standing_of
from graph_model.errors import StoreUnavailable, VersionNotYet, XinhengError
from graph_model.nodes import Facts, Neighbourhood, Objection, Relation
from graph_model.packing import Packer
from graph_model.store import ChangeSet, Store
from graph_model.stores import open_store
from tests.change_histories import History, a_day, begun
from tests.store_acts import D1, DAY, DIRECTOR, change, publish, put, registration
from tests.worlds import SUBJECTS
from tests.worlds_facts import facts_for

SEEDS = st.integers(min_value=0, max_value=2**20)
STRANGER = "NOBODY"


def said(service: Service, check: Check) -> object:
    """A decision as bytes would tell it, or the error that refuses the question."""
    try:
        return as_json(service.check(check))
    except XinhengError as error:
        return (error.code, error.what)


def questions(history: History, chance: Random, version: int | None, many: int = 12) -> list[Check]:
    book = history.service.book_at(history.service.store.latest_version())
    matters = [*book.matters, "no-such-matter"] if book is not None else ["any"]
    departments = [None, *book.departments] if book is not None else [None]
    return [
        Check(
            subject=chance.choice((*SUBJECTS, STRANGER, "two words")),
            matter=chance.choice(matters),
            on=a_day(chance),
            department=chance.choice(departments),
            version=version,
        )
        for _ in range(many)
    ]


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_with_and_without_index_every_version_says_the_same(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 3)
        index = Index(store)
        index.build()
        built = index.version
        with_index, without = Service(store, index), Service(store)
        history.service = with_index
        for _ in range(6):
            history.step()
            assert index.version == store.latest_version()
        for version in (None, *range(store.latest_version() + 2)):
            for check in questions(history, chance, version):
                assert said(with_index, check) == said(without, check)
        anew = Index(store)
        anew.build()
        book = with_index.book_at(index.version)
        everybody = [*SUBJECTS, STRANGER, ""]
        for one in (index, anew):
            for version in range(-1, store.latest_version() + 2) if book is not None else ():
                near = [one.near(subject, version, book) for subject in everybody]
                for is_clear, found in zip(one.clear_among(everybody, version), near, strict=True):
                    assert found is Absent.CLEAR or not is_clear
        for subject in (*SUBJECTS, STRANGER):
            if book is not None:
                assert anew.standing(subject, index.version, book) == index.standing(subject, index.version, book)
                held = index.standing(subject, built, book)
                assert held is not Absent.ELSEWHERE, "versions since it was built are held"


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_what_new_designations_bring_makes_the_entries_that_reading_all_anew_makes(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store, pytest.MonkeyPatch.context() as patch:
        # What is forgotten of older versions takes nothing from later ones that were not worked out yet.
        patch.setattr(index_module, "_OLD_ENTRIES", chance.choice((0, 1, 5, 20_000)))
        history = begun(Service(store), seed, 4)
        index = Index(store)
        index.build()
        history.service = Service(store, index)
        law = history.laws[-1]
        for _ in range(3):
            # Several at once may be of two subjects that are tied to each other, or of one.
            facts = facts_for(chance, law)
            at_once = chance.randint(1, 3)
            for first in range(0, len(facts.designations), at_once):
                history.write("facts", Facts(designations=facts.designations[first : first + at_once]))
            if chance.random() < 0.5:
                history.step()
        anew = Index(store)
        anew.build()
        assert [held(index, subject) for subject in SUBJECTS] == [held(anew, subject) for subject in SUBJECTS]


def held(index: Index, subject: str) -> tuple[Ways, Neighbourhood] | None:
    """What the index holds of a subject at its latest version."""
    entry = index._near.get(subject)
    if entry is not None:
        index._work_out(entry)
    return None if entry is None or entry.held is None else (entry.ways, index._whole(entry))


@pytest.mark.parametrize("others", [(), ("P",), ("ORG", "HEAD"), ("BRANCH",)])
def test_an_objection_to_a_relation_comes_with_the_designation_that_it_reaches(others: tuple[str, ...]) -> None:
    with open_store("sqlite:///:memory:") as store:
        publish(store)
        put(
            store,
            registrations=tuple(registration(subject, name=subject) for subject in ("P", "ORG", "HEAD", "BRANCH")),
            relations=(DIRECTOR, Relation("branch_of", "BRANCH", "HEAD"), Relation("shareholder", "ORG", "BRANCH")),
            objections=(
                Objection("O1", DAY, relation_type="director", relation_holder="P", relation_organisation="ORG"),
                Objection("O2", DAY, relation_type="branch_of", relation_holder="BRANCH", relation_organisation="HEAD"),
                Objection(
                    "O3", DAY, relation_type="shareholder", relation_holder="ORG", relation_organisation="BRANCH"
                ),
            ),
            designations=tuple(replace(D1, id=f"of {other}", subject=other, document_no="2号") for other in others),
        )
        index = Index(store)
        index.build()
        service = Service(store, index)
        service.apply(change(store, designations=(D1,)))
        service.apply(change(store, designations=(replace(D1, id="D2", subject="BRANCH"),)))
        anew = Index(store)
        anew.build()
        told = [held(index, subject) for subject in ("P", "ORG", "HEAD", "BRANCH")]
        assert told == [held(anew, subject) for subject in ("P", "ORG", "HEAD", "BRANCH")]
        assert {o.id for known in told if known is not None for o in known[1].objections} == {"O1", "O2", "O3"}


@pytest.mark.parametrize("seed", range(6))
def test_what_waits_to_be_packed_is_bounded_and_packed_by_whoever_looks(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_AS_THEY_CAME", 2)
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 2)
        index = Index(store)
        index.build()
        history.service = Service(store, index)
        for _ in range(8):
            history.step()
            assert len(index._unpacked) <= 2
        checks = questions(history, chance, None)
        before = [said(history.service, check) for check in checks]
        index.follow()
        assert not index._unpacked
        assert [said(history.service, check) for check in checks] == before


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_what_is_packed_is_unpacked_equal(seed: int) -> None:
    with open_store("sqlite:///:memory:") as store:
        begun(Service(store), seed, 5)
        around = [n for n in store.neighbourhoods(SUBJECTS, store.latest_version()) if n is not None]
        packer = Packer(around[::2])
        assert [packer.unpacked(packer.packed(one)) for one in around] == around
        assert [Packer().unpacked(Packer().packed(one)) for one in around] == around


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_what_is_left_out_of_a_neighbourhood_brings_nothing(seed: int) -> None:
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), seed, 5).service
        book = service.book_at(store.latest_version())
        for around in store.neighbourhoods(SUBJECTS, store.latest_version()):
            if around is not None and book is not None:
                ways, part = reached_part(around)
                ties = Ties(around.subject.id, around.relations)
                assert ways == {(near.list, role) for near in around.designations for role in ties.paths_to(near)}
                assert standing_of(part, book).items == standing_of(around, book).items
                assert set(part.relations) <= set(around.relations)
                assert part.names.items() <= around.names.items()


@pytest.mark.parametrize("seed", range(12))
def test_versions_that_were_forgotten_are_asked_of_the_store(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_OLD_ENTRIES", 2)
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 2)
        index = Index(store)
        index.build()
        built = index.version
        history.service = Service(store, index)
        for _ in range(10):
            history.step()
        for version in range(built, store.latest_version() + 1):
            for check in questions(history, chance, version):
                assert said(history.service, check) == said(Service(store), check)
        book = history.service.book_at(store.latest_version())
        if book is not None and len(index._superseding) == 2:
            assert index.standing(STRANGER, built, book) is Absent.ELSEWHERE


def test_readers_see_one_version_while_a_writer_goes_on() -> None:
    """What a version says never changes while others are written: no answer mixes two."""
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), 5, 4)
        index = Index(store)
        index.build()
        service = Service(store, index)
        history.service = service
        first_said: dict[tuple[int, Check], object] = {}
        faults: list[object] = []
        done = Event()
        asked = questions(history, Random(1), None, 40)

        def read(chance: Random) -> None:
            while not done.is_set():
                version, check = index.version, chance.choice(asked)
                at = Check(check.subject, check.matter, check.on, department=check.department, version=version)
                found = said(service, at)
                if first_said.setdefault((version, check), found) != found:
                    faults.append((version, check))

        readers = [Thread(target=read, args=(Random(n),)) for n in range(3)]
        for reader in readers:
            reader.start()
        for _ in range(60):
            history.step()
        done.set()
        for reader in readers:
            reader.join()
        assert faults == []
        assert len({version for version, _ in first_said}) > 5
        for (version, check), found in first_said.items():
            at = Check(check.subject, check.matter, check.on, department=check.department, version=version)
            assert found == said(Service(store), at)


def test_what_another_process_wrote_is_seen_before_an_answer_that_demands_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('index')}/city.db"
    with open_store(url) as ours, open_store(url) as theirs:
        begun(Service(ours), 3, 3)
        index = Index(ours)
        index.build()
        service = Service(ours, index)
        matter = next(iter(service.rulebook_in_force()[1].matters))
        newcomer = ChangeSet("other", "test", "newcomer", Facts(registrations=(registration("NEW"),)))
        written = theirs.commit(newcomer).version
        day = date(2024, 1, 1)
        assert service.check(Check("NEW", matter, day)).verdict == "unknown", "nobody demanded to be up to date"
        assert service.check(Check("NEW", matter, day, min_version=written)).verdict == "clear"
        with pytest.raises(VersionNotYet):
            service.check(Check("NEW", matter, day, min_version=written + 1))


def test_with_the_store_away_memory_answers_and_writing_is_refused() -> None:
    store: Store = open_store("sqlite:///:memory:")
    history = begun(Service(store), 3, 3)
    index = Index(store)
    index.build()
    service = Service(store, index)
    asked = questions(history, Random(2), None)
    before = [said(service, check) for check in asked]
    store.close()
    assert [said(service, check) for check in asked] == before
    assert index.age >= 0
    with pytest.raises(StoreUnavailable):
        service.apply(ChangeSet("clerk", "test", "late", Facts(registrations=(registration("LATE"),))))
    with pytest.raises(StoreUnavailable):
        service.check(Check(SUBJECTS[0], asked[0].matter, date(2024, 1, 1), min_version=index.version + 1))


@given(
    ids=st.sets(
        st.one_of(
            st.from_regex(r"[0-9A-Z]{18}", fullmatch=True),
            st.from_regex(r"p-[0-9a-f]{40}", fullmatch=True),
            st.sampled_from(("p-", "P", "ORG", "p-" + "0" * 39, "p-" + "A" * 40, "0" * 17, "０" * 18, "\n", "x y")),
            st.text(max_size=20),
        ),
        max_size=60,
    ),
    asked=st.lists(st.text(max_size=45), max_size=20),
)
def test_who_is_known_is_known_exactly(ids: set[str], asked: list[str]) -> None:
    known = Known(ids)
    assert len(known) == len(ids)
    near_misses = [f"{id_[:-1]}{'0' if id_[-1:] != '0' else '1'}" for id_ in ids if id_]
    every = [*ids, *asked, *near_misses, *(id_.lower() for id_ in ids), *(id_ + "\n" for id_ in ids)]
    for id_ in every:
        assert (id_ in known) == (id_ in ids)
