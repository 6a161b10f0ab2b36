"""Reading the records that stand and that a change set mentions, for `graph_model.admission` to decide on."""

from collections.abc import Collection, Iterable

import apsw

from graph_model.admission import Recorded, document_of, mentioned
from graph_model.neighbourhood import relation_key
from graph_model.nodes import SubjectId
from graph_model.statements import registration_of
from graph_model.store import ChangeSet
from graph_model.stores import rows
from graph_model.stores import sqlite_read as read
from graph_model.stores.rows import Row

_STANDS = f"recorded_until = {read.OPEN}"
OPEN_STATEMENTS = f"""SELECT {rows.REGISTRATION} FROM {read.EACH} CROSS JOIN registration
    ON subject = wanted WHERE {_STANDS}"""
OPEN_RELATIONS = f"""SELECT {rows.RELATION}
    FROM {read.EACH} CROSS JOIN relation ON holder = wanted WHERE {_STANDS}"""
OPEN_LINKS = f"""SELECT {rows.RELATION}
    FROM {read.EACH} CROSS JOIN relation ON designation = wanted WHERE {_STANDS}"""
OPEN_DESIGNATIONS = f"""SELECT {rows.DESIGNATION}
    FROM {read.EACH} CROSS JOIN designation ON designation.id = wanted WHERE {_STANDS}"""
OPEN_DOCUMENTS = f"""SELECT subject, list, authority, document_no, designation.id FROM {read.EACH}
    CROSS JOIN designation ON subject = wanted WHERE document_no IS NOT NULL AND {_STANDS}"""
OPEN_EXEMPTIONS = f"""SELECT {rows.EXEMPTION}
    FROM {read.EACH} CROSS JOIN exemption ON exemption.id = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON objection.id = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS_TO = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON designation = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS_BY_HOLDER = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON relation_holder = wanted WHERE {_STANDS}"""


def recorded(connection: apsw.Connection, change: ChangeSet) -> Recorded:
    """Read the records that stand and that a change set mentions."""
    asked = mentioned(change)

    def standing(statement: str, wanted: Collection[str]) -> Iterable[Row]:
        return connection.execute(statement, {"keys": read.keys(wanted)}) if wanted else ()

    registrations = [registration_of(row) for row in standing(OPEN_STATEMENTS, asked.stated)]
    registered = {r.subject for r in registrations}
    # Links and objections are read where they could be left dangling.
    relations = [rows.relation_of(row) for row in standing(OPEN_RELATIONS, asked.holders)]
    relations += [rows.relation_of(row) for row in standing(OPEN_LINKS, asked.retracted)]
    designations = [rows.designation_of(row) for row in standing(OPEN_DESIGNATIONS, asked.designations)]
    objections = [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS, asked.objections)]
    objections += [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS_TO, asked.retracted)]
    objections += [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS_BY_HOLDER, asked.unrelated)]
    documents = {(row[0], row[1], row[2], row[3]): row[4] for row in standing(OPEN_DOCUMENTS, asked.designated)}
    documents.update({document_of(d): d.id for d in designations if d.document_no is not None})
    exemptions = [rows.exemption_of(row) for row in standing(OPEN_EXEMPTIONS, asked.exemptions)]
    return Recorded(
        registered=registered | _registered(connection, asked.subjects - asked.stated),
        registrations={(r.subject, r.attributes.valid_from): r for r in registrations},
        relations={relation_key(r): r for r in relations},
        designations={d.id: d for d in designations},
        documents=documents,
        exemptions={e.id: e for e in exemptions},
        objections={o.id: o for o in objections},
    )


def _registered(connection: apsw.Connection, subjects: Collection[SubjectId]) -> set[SubjectId]:
    return read.registered_among(connection, subjects, read.OPEN - 1) if subjects else set()
