"""Reading the decision log: the record of one check, at the place that its id names."""

from dataclasses import dataclass
from pathlib import Path

from api.decision_record import decision_of, digest_of, link, parts_of, place_of
from api.decision_segment import first_line, line_and_chain_before, parted, segments_in
from api.json_text import read_json
from api.problems import CheckUnknown, LogDamaged, LogUnavailable
from engine.question import Json
from graph_model.errors import XinhengError

_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A record: its parts without the proof, the chain up to it, its segment, and the decision as it was given."""

    parts: Json
    chain: str
    segment: str
    decision: Json


def found(folder: Path | None, check_id: str) -> Found:
    """Give the record of a check; one read of one file, however large the log is.

    Raises:
        CheckUnknown: there is none.
        LogDamaged: it is not what was written, or its decision is not the one of its digest.
        LogUnavailable: the folder cannot be read.

    """
    place = place_of(check_id)
    if folder is None or place is None:
        raise _unknown()
    segment, offset = place
    try:
        path = segments_in(folder).get(segment)
        if path is None:
            raise _unknown()
        said = first_line(path)
        if said is None:
            raise _damaged(path)
        line, before = line_and_chain_before(path, said[1] + offset)
    except OSError as error:
        raise LogUnavailable(
            f"决策日志读不出 the decision log cannot be read: {error.strerror}", hint="请稍后再试 try again"
        ) from None
    parts = parted(line)
    # An id that was made up leads anywhere: into the middle of a line, or behind the end.
    if parts is None or not parts[1].startswith(b'{"id":"%s"' % check_id.encode()):
        raise _unknown()
    if before is None or link(before, parts[1]) != parts[0]:
        raise _damaged(path)
    try:
        record: Json = read_json(parts[1], depth_limit=_DEPTH)
        decision = decision_of(record, said[0])
    except (XinhengError, ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if digest_of(decision) != record["digest"]:
        raise _damaged(path)
    return Found(dict(parts_of(record)), parts[0], f"{segment:08x}", decision)


def _unknown() -> CheckUnknown:
    return CheckUnknown(
        "没有这次核查的记录 no check with that id was recorded",
        hint="请核对 check_id；未记录的答复在响应头中注明 check the id; what was not recorded says so in its header",
    )


def _damaged(path: Path) -> LogDamaged:
    return LogDamaged(
        f"决策日志 {path.name} 受损 is damaged", hint="用 xinheng audit verify 查明 find out by xinheng audit verify"
    )
