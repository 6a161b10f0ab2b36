"""Constraints and indexes, in numbered steps: each is repeatable and safe on a live store (docs/graph-schema.md)."""

from graph_model.errors import StoreUnavailable
from graph_model.stores.neo4j_connect import Line, check_server

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE CONSTRAINT store_id IF NOT EXISTS FOR (n:Store) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT change_version IF NOT EXISTS FOR (n:Change) REQUIRE n.version IS UNIQUE",
        "CREATE CONSTRAINT change_key IF NOT EXISTS FOR (n:Change) REQUIRE n.key IS UNIQUE",
        "CREATE CONSTRAINT publication_version IF NOT EXISTS FOR (n:Publication) REQUIRE n.version IS UNIQUE",
        "CREATE CONSTRAINT subject_id IF NOT EXISTS FOR (n:Subject) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT designation_id IF NOT EXISTS FOR (n:Designation) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT exemption_id IF NOT EXISTS FOR (n:Exemption) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT objection_id IF NOT EXISTS FOR (n:Objection) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT list_id IF NOT EXISTS FOR (n:List) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT rulebook_digest IF NOT EXISTS FOR (n:Rulebook) REQUIRE n.digest IS UNIQUE",
        *(
            f"CREATE CONSTRAINT {label.lower()}_id IF NOT EXISTS FOR (n:{label}) REQUIRE (n.id, n.rulebook) IS UNIQUE"
            for label in ("Memorandum", "Measure", "LegalBasis", "Department", "Matter", "ListTerms")
        ),
    ),
    (
        "CREATE INDEX designation_list IF NOT EXISTS FOR (n:Designation) ON (n.list, n.until)",
        "CREATE FULLTEXT INDEX subject_name IF NOT EXISTS FOR (n:Subject) ON EACH [n.name] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}",
    ),
)
"""Step n brings the schema to version n. Never change a step that was released: add one."""
SCHEMA_VERSION = len(MIGRATIONS)
LABELS = (
    *("Store", "Change", "Publication", "Subject", "Designation", "Exemption", "Objection", "List", "Rulebook"),
    *("Memorandum", "Measure", "LegalBasis", "Department", "Matter", "ListTerms"),
)
"""Every label of ours that a node may be found by."""

SCHEMA = "OPTIONAL MATCH (x:Store {id: 'xinheng'}) RETURN x.schema, x.restoring"
ANY_NODE = "OPTIONAL MATCH (n) RETURN n IS NOT NULL LIMIT 1"
AWAIT = "CALL db.awaitIndexes(3600)"
MADE = "MERGE (x:Store {id: 'xinheng'}) ON CREATE SET x.version = 0 SET x.schema = $schema"


def schema_of(line: Line, *, filling: bool = False) -> int | None:
    """Give the schema version of a database: `None` where it is none of ours, 0 where it was imported just now.

    Raises:
        StoreUnavailable: it is newer than this code, or is being filled from another store.

    """
    [[schema, restoring]] = line.read(SCHEMA, {})
    if schema is not None and schema > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"存储版本较新 / store {line.place} has schema {schema}, this program knows {SCHEMA_VERSION}",
            hint="install the newer Xinheng",
            detail_code="store.newer",
        )
    if restoring is not None and not filling:
        raise StoreUnavailable(
            f"存储正在导入，尚不完整 / store {line.place} is being filled from another one and is not whole",
            hint="let that end, or begin it again: it goes on where it stopped",
            detail_code="store.incomplete",
        )
    version: int | None = schema
    return version


def check_schema(line: Line, *, filling: bool = False) -> None:
    """Refuse a database that is not prepared, not for this code, or (unless it is to be filled) not whole.

    Raises:
        StoreUnavailable: likewise.

    """
    if (schema_of(line, filling=filling) or 0) < SCHEMA_VERSION:
        raise StoreUnavailable(
            f"存储尚未准备 / store {line.place}/{line.database} lacks constraints and indexes of this version",
            hint="run `xinheng store migrate`, once; it is safe on a live store",
            detail_code="store.unprepared",
        )


def migrate(line: Line) -> tuple[int, int]:
    """Bring a database to the schema of this code; give the version before and after.

    Raises:
        StoreUnavailable: another program's, newer than this code, or not to be changed by this user.

    """
    check_server(line)
    before = schema_of(line)
    if before is None and line.read(ANY_NODE, {}) != [[False]]:
        raise StoreUnavailable(
            f"不是信衡的数据库 / store {line.place}/{line.database} holds another program's nodes",
            hint="name an empty database; this one is left as it is",
            detail_code="store.foreign",
        )
    for number, statements in enumerate(MIGRATIONS, start=1):
        # All are said again, also those of earlier versions: an index that someone dropped is made again.
        for statement in statements:
            line.read(statement, {}, seconds=line.access.bulk)
        if number > (before or 0):
            line.read(AWAIT, {}, seconds=line.access.bulk)
            line.read(MADE, {"schema": number})
    return before or 0, SCHEMA_VERSION
