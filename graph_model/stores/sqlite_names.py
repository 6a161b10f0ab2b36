"""Search by name. A scan of all names: an index of pieces of names would be as large as the register itself."""

import apsw

from graph_model.store import Found
from graph_model.stores.sqlite_read import OPEN

NAMED = f"""SELECT subject, name FROM registration AS stated
    WHERE recorded_until = {OPEN} AND instr(name, :text) AND NOT EXISTS (
        SELECT 1 FROM registration AS later WHERE later.subject = stated.subject
        AND later.valid_from > stated.valid_from AND later.name IS NOT NULL AND later.recorded_until = {OPEN})
    ORDER BY name, subject LIMIT :most"""
"""Bytes are compared, which for UTF-8 is letter for letter, and in the order of code points."""


def named(connection: apsw.Connection, text: str, limit: int) -> Found:
    """Subjects whose name, as last stated, contains the text."""
    if len(text) < 2:
        return Found((), more=False)
    found = connection.execute(NAMED, {"text": text, "most": min(limit, OPEN - 1) + 1}).fetchall()
    return Found(tuple((str(subject), str(name)) for subject, name in found[:limit]), more=len(found) > limit)
