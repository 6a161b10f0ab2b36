"""What the tests of loading share: valid codes, files as authorities send them, and a store that knows their lists."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from graph_model.identifiers import IdentityKeyer, organisation_check_character, uscc_check_character
from graph_model.nodes import Designation, Relation
from graph_model.store import Fact, ListTerms, Publication, Store, Vocabulary
from graph_model.stores import open_store
from loaders.load import load
from loaders.report import LoadOrder, LoadReport

VOCABULARY = Vocabulary(
    lists={
        "djd": ListTerms("restriction", {"ground": "text", "owed": "number", "minor": "boolean", "revoked_on": "day"}),
        "tax": ListTerms("restriction"),
        "aeo": ListTerms("incentive"),
        "penalty": ListTerms("record"),
    },
    departments={"spc": None, "xm-court": "350200"},
    measures=frozenset({"djd/1"}),
    matters=frozenset({"procurement"}),
)
KEYER = IdentityKeyer(b"a key for these tests only")
NUMBERS = ("11010519491231002X", "440524188001010014")
"""Well-formed resident identity numbers: the examples of GB 11643."""


def code(place: int, prefix: str = "91350203MA") -> str:
    """Give the valid USCC number `place`."""
    body = f"{prefix[8:]}{place:06d}"
    first17 = prefix[:8] + body + organisation_check_character(body)
    return first17 + uscc_check_character(first17)


def person(place: int) -> str:
    return f"p-{place:040x}"


ORGANISATIONS = [{"code": code(n), "name": f"公司{n}", "kind": "enterprise", "region": "350203"} for n in range(6)]
PERSONS = [{"person": person(n), "name": f"人{n}"} for n in range(4)]
DIRECTOR = {"type": "director", "holder": person(1), "organisation": code(1), "held_from": "2020-01-01"}
LISTED = {
    "id": "D1",
    "subject": code(1),
    "list": "djd",
    "authority": "spc",
    "document_no": "1号",
    "decided_on": "2023-05-20",
}


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    columns = columns or list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(path: Path, rows: Sequence[Mapping[str, Any]], *, encoding: str = "utf-8") -> Path:
    """Write rows as CSV, gzipped where the name says so."""
    content = csv_text(rows).encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def new_store() -> Store:
    store = open_store("sqlite:///:memory:")
    store.publish(Publication("sha256:lists", b"lists", VOCABULARY, "clerk", "test", "publish"))
    return store


def load_file(store: Store, kind: str, path: Path, **order: Any) -> LoadReport:
    """Load a file for these tests; the reject file stands beside it."""
    rejects = path.parent / f"{path.name}.rejects"
    wanted = LoadOrder(kind, path, "clerk", "test", **({"rejects": rejects} | order))
    return load(store, wanted, VOCABULARY, KEYER)


def load_rows(store: Store, folder: Path, kind: str, rows: Sequence[Mapping[str, Any]], **order: Any) -> LoadReport:
    """Write rows as a CSV file of their kind and load it."""
    return load_file(store, kind, write(folder / f"{kind}.csv", rows), **order)


def numbers(report: LoadReport) -> tuple[int, int, int, int]:
    """(read, loaded, unchanged, rejected), which must add up."""
    assert report.read == report.loaded + report.unchanged + report.rejected
    assert sum(report.reasons.values()) == report.rejected
    return report.read, report.loaded, report.unchanged, report.rejected


def known(store: Store, key: Fact) -> Any:
    """Give the recorded fact with this key, as it stands now."""
    return store.find(key, store.latest_version())


def relation(**changes: Any) -> Relation:
    """Give the relation that `DIRECTOR` is the row of, or one that differs from it."""
    return replace(Relation("director", person(1), code(1), held_from=date(2020, 1, 1)), **changes)


def designation(store: Store, of: str) -> Designation:
    """Give the designation as it stands now."""
    found = known(store, Designation(of, "", "", ""))
    assert isinstance(found, Designation)
    return found
