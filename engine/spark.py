"""Re-evaluation of everything on Apache Spark (C4): the same pure evaluator, the subjects spread over many machines.

Spark joins to each subject near a designation the records around it, brings each subject's together, and hands them to
`engine.spread`, partition by partition (`mapInArrow`). pyspark is imported where it is used: it is an extra.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from engine.change_step import Step
from engine.reevaluate import lines_of
from engine.spread import Near, altered
from graph_model.nodes import Version
from graph_model.stores.rows import DESIGNATION, EXEMPTION, OBJECTION, REGISTRATION, RELATION
from memoranda.rulebook import Rulebook

DIFF = (
    "subject string, what string, measure string, effect string, departments array<string>, designation string, "
    "role string, day string, line string"
)
"""The columns of the diff; `line` is the item as `reevaluate --out` writes it, by which two diffs are compared."""
_NEAR = ("subject", "kind", "was", "now", "row")
_COLUMNS: Mapping[str, str] = {
    "registrations": REGISTRATION,
    "relations": RELATION,
    "designations": DESIGNATION,
    "exemptions": EXEMPTION,
    "objections": OBJECTION,
}
_ROWS = 2_000
"""Items in one batch of the diff."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is re-evaluated: from a version to another, over all days or as days pass; the rulebooks' contents."""

    versions: tuple[Version, Version]
    contents: tuple[bytes | None, bytes | None]
    days: tuple[date, date] | None = None

    @property
    def step(self) -> Step:
        """The step, with the rulebooks read; each once in a process."""
        first, second = (None if content is None else _book(content) for content in self.contents)
        return Step(self.versions, (first, second), self.days)


@lru_cache(maxsize=4)
def _book(content: bytes) -> Rulebook:
    return Rulebook.from_content(content)


def diff(session: Any, tables: Mapping[str, Sequence[str]], job: Job, count: Any) -> Any:
    """Give the diff as a data frame of the columns `DIFF`; each partition is sorted by subject.

    Args:
        session: the Spark session.
        tables: the Parquet files of each table of facts (docs/export.md).
        job: what is asked.
        count: an accumulator, told how many subjects were re-evaluated (more where Spark repeats a task).

    """
    held = session.sparkContext.broadcast(job)

    def evaluate(batches: Iterable[Any]) -> Iterator[Any]:
        return _evaluated(batches, held.value.step, count)

    together = _near(session, tables, job.versions).repartition("subject").sortWithinPartitions("subject")
    return together.mapInArrow(evaluate, DIFF)


def _evaluated(batches: Iterable[Any], step: Step, count: Any) -> Iterator[Any]:
    """Evaluate a partition's rows, sorted by subject, and give its items in batches of Arrow."""
    import pyarrow

    names = [column.split(" ")[0] for column in DIFF.split(", ")]
    kinds = [pyarrow.list_(pyarrow.string()) if name == "departments" else pyarrow.string() for name in names]
    schema = pyarrow.schema(list(zip(names, kinds, strict=True)))
    waiting: list[tuple[Any, ...]] = []
    subjects = 0
    for _, items in altered(_rows(batches), step):
        subjects += 1
        for item in items:
            day = None if item.day is None else item.day.isoformat()
            line = lines_of([item]).decode()
            said = (item.subject, item.what, item.measure, item.effect, item.departments, item.designation, item.role)
            waiting.append((*said, day, line))
        if len(waiting) >= _ROWS:
            yield _batch(pyarrow, waiting, schema)
            waiting = []
    if waiting:
        yield _batch(pyarrow, waiting, schema)
    count.add(subjects)


def _batch(pyarrow: Any, rows: list[tuple[Any, ...]], schema: Any) -> Any:
    columns = zip(zip(*rows, strict=True), schema.types, strict=True)
    return pyarrow.record_batch([pyarrow.array(list(cells), kind) for cells, kind in columns], schema=schema)


def _rows(batches: Iterable[Any]) -> Iterator[Near]:
    for batch in batches:
        yield from zip(*(batch.column(name).to_pylist() for name in _NEAR), strict=True)


def _near(session: Any, tables: Mapping[str, Sequence[str]], versions: tuple[Version, Version]) -> Any:
    """Give every subject that can have an item, with all records that its standing can depend on (C3).

    As rows of `Near`. A record that is brought near by another stands where both do.
    """
    from pyspark.sql import functions as F  # noqa: N812 - Spark's own custom

    stated = {table: _stated(session, table, tables[table], versions) for table in _COLUMNS}
    relations, designations, objections = stated["relations"], stated["designations"], stated["objections"]

    def as_near(frame: Any, kind: str, subject: str) -> Any:
        return frame.select(F.col(subject).alias("subject"), F.lit(kind).alias("kind"), "was", "now", "row")

    def by_way(ways: Any, records: Any, on: str) -> Any:
        """Bring records near a subject by way of what is near it."""
        ways = ways.withColumnsRenamed({"was": "way_was", "now": "way_now"})
        both = {name: F.col(name) & F.col(f"way_{name}") for name in ("was", "now")}
        return ways.join(records, on).withColumns(both).where("was or now")

    held = relations.where("organisation is not null")
    ends = held.selectExpr("holder as near", "organisation as other", "was", "now")
    ends = ends.union(held.selectExpr("organisation as near", "holder as other", "was", "now")).where("near != other")
    links = relations.where("designation is not null").selectExpr("holder as near", "designation as id", "was", "now")
    of_others = designations.withColumnRenamed("subject", "other")
    listed = (
        designations.selectExpr("subject as near", "id", "was", "now", "row")
        .union(by_way(ends.distinct(), of_others, "other").select("near", "id", "was", "now", "row"))
        .union(by_way(links.distinct(), designations, "id").select("near", "id", "was", "now", "row"))
    ).persist()
    subjects = listed.select(F.col("near").alias("wanted")).distinct()

    def around(frame: Any, kind: str, column: str) -> Any:
        found = frame.join(subjects, frame[column] == subjects["wanted"], "leftsemi")
        return as_near(found, kind, column)

    to_designations = objections.where("relation_type is null").withColumnRenamed("designation", "id")
    disputed = by_way(listed.select("near", "id", "was", "now").distinct(), to_designations, "id")
    to_relations = objections.where("relation_type is not null")
    found = as_near(listed, "designations", "near")
    for part in (
        around(stated["registrations"], "registrations", "subject"),
        around(relations, "relations", "holder"),
        around(held.where("organisation != holder"), "relations", "organisation"),
        around(stated["exemptions"], "exemptions", "subject"),
        as_near(disputed, "objections", "near"),
        around(to_relations, "objections", "relation_holder"),
        around(to_relations.where("relation_organisation != relation_holder"), "objections", "relation_organisation"),
    ):
        found = found.union(part)
    return found


_KEYS: Mapping[str, tuple[str, ...]] = {
    "registrations": ("subject",),
    "relations": ("holder", "organisation", "designation"),
    "designations": ("id", "subject"),
    "exemptions": ("subject",),
    "objections": ("designation", "relation_type", "relation_holder", "relation_organisation"),
}
"""The columns by which records are joined; all others travel in `row`."""


def _stated(session: Any, table: str, paths: Sequence[str], versions: tuple[Version, Version]) -> Any:
    """Give the records of a table that stand at one of two versions: their keys, `was`, `now` and `row`."""
    from pyspark.sql import functions as F  # noqa: N812 - Spark's own custom

    columns = [column.strip('"') for column in _COLUMNS[table].split(", ")]
    if not paths:
        schema = ", ".join(
            [*(f"`{key}` string" for key in _KEYS[table]), "was boolean, now boolean, row array<string>"]
        )
        return session.createDataFrame([], schema)

    def stands(version: Version) -> Any:
        until = F.col("recorded_until")
        return (F.col("recorded_from") <= version) & (until.isNull() | (until > version))

    row = F.array(*(F.col(f"`{column}`").cast("string") for column in columns)).alias("row")
    frame = session.read.parquet(*paths).select(
        *_KEYS[table], stands(versions[0]).alias("was"), stands(versions[1]).alias("now"), row
    )
    return frame.where("was or now")
