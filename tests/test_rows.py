"""Rows become facts as the contract says, or are refused with the place, the column and the reason (CONTRACT §3)."""

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from graph_model.errors import FactsRefused
from graph_model.identifiers import (
    USCC_ALPHABET,
    IdentityKeyer,
    is_uscc,
    organisation_check_character,
    uscc_check_character,
)
from graph_model.nodes import Attributes, Designation, Exemption, Facts, Move, Objection, Registration, Relation
from graph_model.store import ListTerms, Vocabulary
from loaders.builders import Context
from loaders.rows import RowReader, facts_from_rows

VOCABULARY = Vocabulary(
    lists={
        "djd": ListTerms("restriction", {"ground": "text", "owed": "number", "minor": "boolean", "revoked_on": "day"}),
        "aeo": ListTerms("incentive"),
    }
)
KEYER = IdentityKeyer(b"a key for these tests only")
ORGANISATION = "91350502156214611X"
OTHER = "91350823553226122K"
NUMBER = "110101199003070012"
PERSON = "p-" + "a" * 40
DESIGNATION = {"id": "D1", "subject": ORGANISATION, "list": "djd", "authority": "spc", "decided_on": "2023-05-20"}


def facts(kind: str, *rows: dict[str, Any], lenient: bool = False, keyer: IdentityKeyer | None = KEYER) -> Facts:
    return facts_from_rows({kind: rows}, VOCABULARY, keyer, lenient=lenient)


def refusal(kind: str, row: dict[str, Any], *, lenient: bool = False) -> FactsRefused:
    with pytest.raises(FactsRefused) as caught:
        facts(kind, row, lenient=lenient)
    return caught.value


def test_an_organisation_is_read_column_by_column_and_blanks_are_missing() -> None:
    row = {
        "code": f" {ORGANISATION} ",
        "name": "泉州市康惠商贸投资有限公司",
        "kind": "enterprise",
        "region": "350502",
        "status": "active",
        "registered_on": "1989-01-01",
        "industry": "　",
        "foreign_invested": "否",
        "valid_from": "",
    }
    attributes = Attributes(
        name="泉州市康惠商贸投资有限公司",
        kind="enterprise",
        region="350502",
        status="active",
        registered_on=date(1989, 1, 1),
        foreign_invested=False,
    )
    assert facts("organisations", row).registrations == (Registration(ORGANISATION, attributes),)


def test_values_that_yaml_json_or_a_spreadsheet_typed_are_taken_as_they_are() -> None:
    row = {
        "code": ORGANISATION,
        "region": 350502,
        "registered_on": datetime.fromisoformat("1989-01-01"),
        "foreign_invested": 1,
    }
    read = facts("organisations", row).registrations[0].attributes
    assert (read.region, read.registered_on, read.foreign_invested) == ("350502", date(1989, 1, 1), True)
    relation = {"type": "shareholder", "holder": PERSON, "organisation": ORGANISATION, "share": 0.1}
    assert facts("relations", relation).relations[0].share == Decimal("0.1")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("code", "91350502156214611Y", "GB 32100"),
        ("code", "91350502156214611x", "GB 32100"),
        ("region", "35020", "six-digit"),
        ("region", "３５０２００", "six-digit"),
        ("kind", "company", "enterprise"),
        ("status", "closed", "deregistered"),
        ("registered_on", "1989-1-1", "YYYY-MM-DD"),
        ("registered_on", "19890101", "YYYY-MM-DD"),
        ("registered_on", "1989-02-30", "YYYY-MM-DD"),
        ("registered_on", datetime.fromisoformat("1989-01-01T08:00"), "time of day"),
        ("foreign_invested", "maybe", "true/false"),
        ("foreign_invested", 2, "true/false"),
        ("name", ["a"], "not text"),
    ],
)
def test_a_wrong_value_is_refused_by_row_column_value_and_remedy(column: str, value: Any, words: str) -> None:
    error = refusal("organisations", {"code": ORGANISATION, column: value})
    assert "organisations 第 1 行" in str(error)
    assert f"`{column}`" in str(error)
    assert str(value)[:40] in str(error)
    assert words in str(error)


def test_an_unknown_column_is_refused_naming_the_known_ones() -> None:
    error = refusal("organisations", {"code": ORGANISATION, "colour": "red"})
    assert error.detail_code == "column.unknown"
    assert "`colour`" in str(error)
    assert "foreign_invested" in str(error)


def test_a_missing_needed_column_is_refused_by_name() -> None:
    for kind, row, column in [
        ("organisations", {"name": "a"}, "code"),
        ("persons", {"name": "a"}, "person"),
        ("relations", {"type": "director", "holder": PERSON}, "organisation"),
        ("relations", {"type": "directly_responsible", "holder": PERSON}, "designation"),
        ("designations", {k: v for k, v in DESIGNATION.items() if k != "authority"}, "authority"),
        ("moves", {"designation": "D1", "to": "suspended"}, "on"),
        ("moves", {"designation": "D1", "to": "suspended", "on": "2024-01-01", "actor": "spc"}, "document_no"),
        ("exemptions", {"id": "E", "subject": PERSON, "ground": "court_stay", "list": "djd"}, "document_no"),
        ("objections", {"id": "O", "designation": "D1"}, "filed_on"),
    ]:
        error = refusal(kind, row)
        assert error.detail_code == "value.missing", row
        assert f"`{column}`" in str(error), row


def test_an_identity_number_becomes_a_keyed_id_wherever_its_type_is_given() -> None:
    number = "11010519491231002X"
    keyed = KEYER.keyed_id("resident_id", number)
    person = facts("persons", {"id_type": "resident_id", "id_number": number, "name": "张三"}).registrations[0]
    assert person == Registration(keyed, Attributes(name="张三", kind="person"))
    relation = {"type": "principal", "holder": number, "holder_id_type": "resident_id", "organisation": ORGANISATION}
    assert facts("relations", relation).relations[0].holder == keyed
    designation = DESIGNATION | {"subject": number, "subject_id_type": "resident_id"}
    assert facts("designations", designation).designations[0].subject == keyed
    exemption = {"id": "E", "subject": number, "subject_id_type": "resident_id", "ground": "court_stay", "list": "djd"}
    assert facts("exemptions", exemption | {"document_no": "n"}).exemptions[0].subject == keyed


def test_a_person_may_be_given_by_keyed_id_but_not_both_ways() -> None:
    assert facts("persons", {"person": PERSON, "name": "李四"}).registrations[0].subject == PERSON
    error = refusal("persons", {"person": PERSON, "id_type": "resident_id", "id_number": "11010519491231002X"})
    assert error.detail_code == "value.contradiction"
    assert refusal("persons", {"person": ORGANISATION, "name": "a"}).detail_code == "subject.malformed"


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("persons", {"id_type": "resident_id", "id_number": NUMBER, "name": "a"}),
        ("persons", {"person": NUMBER, "name": "a"}),
        ("persons", {"id_type": NUMBER, "id_number": NUMBER, "name": "a"}),
        ("relations", {"type": "director", "holder": NUMBER, "organisation": ORGANISATION}),
        ("relations", {"type": "director", "holder": PERSON, "organisation": NUMBER}),
        ("designations", DESIGNATION | {"subject": NUMBER}),
        ("designations", DESIGNATION | {"subject": NUMBER, "subject_id_type": "resident_id"}),
        ("designations", DESIGNATION | {"subject": NUMBER, "subject_id_type": "badge"}),
        ("organisations", {"code": NUMBER}),
        ("organisations", {"code": ORGANISATION, "kind": f"身份证{NUMBER}"}),
        ("organisations", {"code": ORGANISATION, "kind": [NUMBER]}),
        ("designations", DESIGNATION | {"severity": {"of": NUMBER}}),
        ("designations", DESIGNATION | {"facts": NUMBER}),
        ("designations", DESIGNATION | {"facts": {"owed": NUMBER + "元"}}),
        ("designations", DESIGNATION | {"facts": {NUMBER: "1"}}),
        ("organisations", {NUMBER: "a file without a header"}),
        ("organisations", {"code": ORGANISATION, "region": NUMBER}),
    ],
)
def test_no_refusal_ever_echoes_an_identity_number(kind: str, row: dict[str, Any]) -> None:
    error = refusal(kind, row)
    assert NUMBER not in str(error)
    assert NUMBER not in repr(error)
    assert error.__cause__ is None


@pytest.mark.parametrize(
    "spelt", ["110101 19900307 0012", "１１０１０１１９９００３０７００１２", "110101-19900307-001x", "110101900307001"]
)
def test_an_identity_number_is_not_echoed_however_it_is_spelt(spelt: str) -> None:
    error = refusal("organisations", {"code": ORGANISATION, "region": spelt})
    assert spelt not in str(error)
    assert "900307" not in str(error)


def test_an_identity_number_without_a_key_is_refused() -> None:
    with pytest.raises(FactsRefused) as caught:
        facts("persons", {"id_type": "passport", "id_number": "E12345678"}, keyer=None)
    assert caught.value.detail_code == "identity.no-key"


def test_relations_link_a_holder_to_an_organisation_or_to_a_designation() -> None:
    ordinary = {"type": "shareholder", "holder": PERSON, "organisation": ORGANISATION, "share": "0.50"}
    expected = Relation("shareholder", PERSON, ORGANISATION, share=Decimal("0.5"))
    assert facts("relations", ordinary).relations == (expected,)
    link = {"type": "directly_responsible", "holder": PERSON, "designation": "D1"}
    assert facts("relations", link).relations[0].responsible is True
    assert facts("relations", link | {"responsible": "否"}).relations[0].responsible is False
    assert refusal("relations", ordinary | {"designation": "D1"}).detail_code == "value.malformed"
    assert refusal("relations", link | {"organisation": ORGANISATION}).detail_code == "value.malformed"
    assert "`responsible`" in str(refusal("relations", ordinary | {"responsible": "true"}))
    assert "`share`" in str(refusal("relations", ordinary | {"share": "50"}))


def test_facts_of_a_designation_are_typed_by_its_lists_declaration() -> None:
    columns = {"fact.ground": "1", "fact.owed": "1200.50", "fact.minor": "是", "fact.revoked_on": "2023-01-02"}
    expected = {"ground": "1", "owed": Decimal("1200.50"), "minor": True, "revoked_on": date(2023, 1, 2)}
    assert facts("designations", DESIGNATION | columns).designations[0].facts == expected
    nested = {"facts": {"ground": 1, "owed": 1200.5, "minor": True, "revoked_on": date(2023, 1, 2)}}
    assert facts("designations", DESIGNATION | nested).designations[0].facts == expected


def test_a_fact_is_refused_where_undeclared_mistyped_or_given_twice() -> None:
    assert refusal("designations", DESIGNATION | {"fact.colour": "red"}).detail_code == "fact.undeclared"
    assert refusal("designations", DESIGNATION | {"facts": {"colour": "red"}}).detail_code == "fact.undeclared"
    for name, value in [("owed", "a lot"), ("owed", "NaN"), ("owed", "1e3"), ("minor", "yes"), ("revoked_on", "2023")]:
        error = refusal("designations", DESIGNATION | {f"fact.{name}": value})
        assert (error.detail_code, f"`fact.{name}`" in str(error)) == ("fact.type", True)
    twice = DESIGNATION | {"fact.ground": "1", "facts": {"ground": "1"}}
    assert refusal("designations", twice).detail_code == "value.contradiction"


def test_a_blank_fact_is_missing_even_where_the_list_does_not_declare_it() -> None:
    row = DESIGNATION | {"list": "aeo", "fact.ground": "", "facts": {"owed": None}}
    assert facts("designations", row).designations[0].facts == {}


def test_a_designation_on_an_unknown_list_is_refused_naming_it() -> None:
    error = refusal("designations", DESIGNATION | {"list": "nowhere"})
    assert (error.detail_code, "`nowhere`" in str(error)) == ("list.unknown", True)


def test_a_removed_row_is_entered_in_effect_and_moved_to_removed() -> None:
    row = DESIGNATION | {"status": "removed", "removed_on": "2024-01-01", "removed_reason": "repaired"}
    read = facts("designations", row).designations[0]
    assert read.status == "in_effect"
    assert read.moves == (Move("D1", "removed", date(2024, 1, 1), "repaired", actor="spc"),)
    for column in ("removed_on", "removed_reason"):
        assert f"`{column}`" in str(refusal("designations", {k: v for k, v in row.items() if k != column}))
        assert f"`{column}`" in str(refusal("designations", DESIGNATION | {column: row[column]}))
    with_moves = row | {"moves": [{"to": "suspended", "on": "2023-08-01"}]}
    assert refusal("designations", with_moves).detail_code == "value.contradiction"


def test_a_designation_may_hold_its_moves() -> None:
    moves = [{"to": "suspended", "on": date(2023, 8, 1)}, {"to": "removed", "on": "2024-01-01", "reason": "repaired"}]
    read = facts("designations", DESIGNATION | {"moves": moves}, lenient=True).designations[0]
    assert read.moves == (
        Move("D1", "suspended", date(2023, 8, 1)),
        Move("D1", "removed", date(2024, 1, 1), "repaired"),
    )
    for wrong in ({"to": "removed", "on": "2024-01-01"}, {"to": "suspended"}, {"designation": "D2"}, {"colour": 1}, 7):
        refusal("designations", DESIGNATION | {"moves": [wrong]}, lenient=True)
    for wrong_list in ("suspended", {"to": "suspended"}, 7):
        refusal("designations", DESIGNATION | {"moves": wrong_list}, lenient=True)


def test_a_move_has_a_reason_exactly_where_it_removes() -> None:
    move = {"designation": "D1", "to": "removed", "on": "2024-01-01", "actor": "spc", "document_no": "n"}
    assert f"`{'reason'}`" in str(refusal("moves", move))
    assert "`reason`" in str(refusal("moves", move | {"to": "suspended", "reason": "repaired"}))
    assert facts("moves", move | {"reason": "delisted"}).moves[0].reason == "delisted"


def test_an_objection_is_to_a_designation_a_relation_or_a_link() -> None:
    filed = {"id": "O", "filed_on": "2024-01-01"}
    relation = {"relation_type": "director", "relation_holder": PERSON, "relation_organisation": ORGANISATION}
    link = {"relation_type": "directly_responsible", "relation_holder": PERSON, "designation": "D1"}
    assert facts("objections", filed | {"designation": "D1"}).objections == (
        Objection("O", date(2024, 1, 1), designation="D1"),
    )
    assert facts("objections", filed | relation).objections[0].relation_organisation == ORGANISATION
    assert facts("objections", filed | link).objections[0].designation == "D1"
    for wrong in (filed, filed | relation | {"designation": "D1"}, filed | link | {"relation_type": "director"}):
        assert refusal("objections", wrong).detail_code == "objection.target"


def test_scenario_files_may_use_any_word_as_id_and_leave_out_what_the_contract_says() -> None:
    read = facts_from_rows(
        {
            "organisations": [{"code": "ORG1"}],
            "persons": [{"person": "P1"}],
            "relations": [{"type": "director", "holder": "P1", "organisation": "ORG1"}],
            "moves": [{"designation": "D1", "to": "suspended", "on": "2024-01-01"}],
            "exemptions": [
                {"subject": "P1", "list": "djd", "ground": "court_stay", "from": "2024-01-01"},
                {"subject": "P1", "list": "djd", "ground": "court_stay"},
            ],
            "objections": [
                {"designation": "D1", "filed_on": "2024-01-01"},
                {"filed_on": "2024-01-01", "designation": "D2", "id": "O"},
            ],
            "designations": None,
        },
        VOCABULARY,
        None,
        lenient=True,
    )
    assert [r.subject for r in read.registrations] == ["ORG1", "P1"]
    first, second = read.exemptions
    assert first == Exemption(first.id, "P1", "court_stay", list="djd", start=date(2024, 1, 1))
    assert first.id != second.id
    assert len({o.id for o in read.objections}) == 2
    assert refusal("organisations", {"code": "ORG 1"}, lenient=True).detail_code == "value.malformed"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        {"companies": []},
        {"organisations": {"code": ORGANISATION}},
        {"organisations": "rows"},
        {"organisations": 7},
        {"organisations": [ORGANISATION]},
    ],
)
def test_a_bag_of_another_shape_is_refused(rows: Any) -> None:
    with pytest.raises(FactsRefused):
        facts_from_rows(rows, VOCABULARY, KEYER)


def test_a_code_is_valid_exactly_where_both_its_check_characters_are_right() -> None:
    chance = Random(1)
    for _ in range(2_000):
        body = "".join(chance.choice(USCC_ALPHABET) for _ in range(8))
        inner = chance.choice((organisation_check_character(body), chance.choice(USCC_ALPHABET)))
        first17 = "".join(chance.choice(USCC_ALPHABET) for _ in range(8)) + body + inner
        last = chance.choice((uscc_check_character(first17), chance.choice(USCC_ALPHABET)))
        right = inner == organisation_check_character(body) and last == uscc_check_character(first17)
        assert is_uscc(first17 + last) is right, first17 + last


def test_a_reader_reads_values_in_the_order_of_its_header() -> None:
    reader = RowReader(
        "designations", ("list", "id", "authority", "subject"), Context(VOCABULARY, KEYER, lenient=False)
    )
    assert reader.read(("aeo", "D9", "customs", OTHER)) == Designation("D9", OTHER, "aeo", "customs")
