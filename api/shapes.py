"""The shapes of bodies and answers as JSON schemas, by name: from the wire models and the engine's own types."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from api.problems import KINDS
from api.wire import BatchIn, ChangeIn, CheckIn, WhyNotIn, Wire
from engine.change import Altered
from engine.duties import Applied
from engine.question import VERDICT_ZH, Decision, WhyNot
from graph_model.store import Receipt

_REF = "#/components/schemas/{model}"
Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Point to a schema of ours."""
    return {"$ref": _REF.format(model=name)}


def schemas() -> dict[str, Schema]:
    """Give every schema of the document by name."""
    bodies: Sequence[type[Wire]] = (CheckIn, BatchIn, WhyNotIn, ChangeIn)
    _, requests = models_json_schema([(model, "validation") for model in bodies], ref_template=_REF)
    found: dict[str, Schema] = dict(requests["$defs"])
    answers: dict[str, TypeAdapter[Any]] = {
        "Decision": TypeAdapter(Decision),
        "WhyNot": TypeAdapter(WhyNot),
        "Receipt": TypeAdapter(Receipt),
        "Altered": TypeAdapter(Altered),
        "Applied": TypeAdapter(Applied),
    }
    for name, adapter in answers.items():
        schema = adapter.json_schema(ref_template=_REF, mode="serialization")
        found.update(schema.pop("$defs", {}))
        found[name] = schema
    for schema in found.values():
        _as_written(schema)
    _add_verdict_zh(found["Decision"])
    _tell_departments_apart(found["Altered"])
    found["Answer"] = _object({"check_id": {"type": "string", "format": "uuid"}, "decision": ref("Decision")})
    verdict = {"enum": list(VERDICT_ZH)}
    found["BatchAnswer"] = _object(
        {
            "overall": verdict,
            "overall_zh": {"type": "string"},
            "incomplete": {"type": "boolean"},
            "decisions": {"type": "array", "items": {"anyOf": [ref("Answer"), ref("Problem")]}},
        }
    )
    found["Given"] = _GIVEN
    found["SignedReceipt"] = _SIGNED_RECEIPT
    found["Problem"] = _PROBLEM
    found["Readiness"] = _READINESS
    found["Rulebooks"] = _object({"rulebooks": _list_of(_PUBLISHED)})
    found["Feed"] = _FEED
    found["Duties"] = _DUTIES
    found["SubjectView"] = _SUBJECT_VIEW
    return found


def _as_written(schema: Schema) -> None:
    """Write property names as the answers do: `from_` is `from`, and everything is always there."""
    if "properties" not in schema:
        return
    schema["properties"] = {name.rstrip("_"): value for name, value in schema["properties"].items()}
    if "required" in schema:
        schema["required"] = [name.rstrip("_") for name in schema["required"]]


def _add_verdict_zh(decision: Schema) -> None:
    properties: Schema = {}
    for name, value in decision["properties"].items():
        properties[name] = value
        if name == "verdict":
            properties["verdict_zh"] = {"enum": list(VERDICT_ZH.values())}
    decision["properties"], decision["required"] = properties, list(properties)


def _tell_departments_apart(altered: Schema) -> None:
    """Write one department where the engine has several that are alike."""
    names = {name: "department" if name == "departments" else name for name in altered["properties"]}
    altered["properties"] = {names[name]: value for name, value in altered["properties"].items()}
    altered["properties"]["department"] = {"type": "string", "title": "Department"}
    altered["required"] = list(altered["properties"])


def _object(properties: Schema, optional: Sequence[str] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_ANYTHING: Schema = {"type": "object"}
_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_PROBLEM = {
    **_object(
        {
            "type": {"type": "string", "format": "uri"},
            "title": _TEXT,
            "title_en": _TEXT,
            "status": _NUMBER,
            "code": {"enum": sorted(KINDS)},
            "detail_code": _MAYBE,
            "detail": _TEXT,
            "hint": _TEXT,
            "errors": {"type": "array", "items": _object({"where": _TEXT, "what": _TEXT})},
        },
        optional=("errors",),
    ),
    "description": "RFC 9457 problem details; `code` is stable (docs/errors.md)",
}
_READINESS = _object(
    {
        "ready": {"type": "boolean"},
        "version": _NUMBER,
        "rulebook": _TEXT,
        "recorded_at": {"type": "string", "format": "date-time"},
        "data_age_seconds": {"type": "number"},
    }
)
_PUBLISHED = _object(
    {
        "id": _TEXT,
        "version": _NUMBER,
        "actor": _TEXT,
        "reason": _TEXT,
        "recorded_at": {"type": "string", "format": "date-time"},
        "in_force": {"type": "boolean"},
    }
)
_FEED = _object(
    {
        "since": _NUMBER,
        "until": {"type": "integer", "description": "the last version that is wholly told"},
        "latest": _NUMBER,
        "day": {**_MAYBE, "description": "the last day that is wholly told, where days are asked for"},
        "more": {"type": "boolean", "description": "there is more to read now"},
        "next": {"type": "string", "description": "send it as `cursor` to read on"},
        "changes": _list_of(
            _object(
                {
                    "version": _NUMBER,
                    "kind": {"enum": ["facts", "rulebook", "days"]},
                    "actor": _MAYBE,
                    "reason": _MAYBE,
                    "recorded_at": {"type": ["string", "null"], "format": "date-time"},
                    "rulebook": _MAYBE,
                    "after": {**_MAYBE, "description": "of days: those after this one"},
                    "until": {**_MAYBE, "description": "of days: up to and with this one"},
                    "complete": {"type": "boolean", "description": "false: the next page goes on with it"},
                    "items": _list_of(ref("Altered")),
                }
            )
        ),
    }
)
_DUTIES = _object(
    {
        "department": _TEXT,
        "version": _NUMBER,
        "rulebook": _TEXT,
        "on": {"type": "string", "format": "date"},
        "complete": {"type": "boolean", "description": "nothing comes behind this page"},
        "next": {**_MAYBE, "description": "send it as `cursor` to read on"},
        "duties": _list_of(ref("Applied")),
    }
)
_SAME = {"same": {"type": "boolean"}, "digest": _MAYBE, "decision": {"anyOf": [ref("Decision"), {"type": "null"}]}}
_GIVEN = _object(
    {
        "check_id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "caller": _TEXT,
        "purpose": _MAYBE,
        "digest": _TEXT,
        "chain": _TEXT,
        "decision": ref("Decision"),
        "replay": {**_object(_SAME), "description": "`decision` only where it is not the same"},
    },
    optional=("replay",),
)
_SIGNED_RECEIPT = _object(
    {"receipt": _NUMBER, "check": _ANYTHING, "segment": _TEXT, "chain": _TEXT, "key": _TEXT, "signature": _TEXT}
)
_SUBJECT_VIEW = _object(
    {
        "version": _NUMBER,
        "rulebook": _TEXT,
        "subject": _TEXT,
        "attributes": _list_of(_ANYTHING),
        "relations": _list_of(_ANYTHING),
        "designations": _list_of(_ANYTHING),
        "exemptions": _list_of(_ANYTHING),
        "objections": _list_of(_ANYTHING),
        "names": {"type": "object", "additionalProperties": _MAYBE, "description": "persons' names are masked"},
        "standing": _list_of(
            _object(
                {
                    "measure": _TEXT,
                    "effect": _TEXT,
                    "departments": _list_of(_TEXT),
                    "designation": _TEXT,
                    "role": _TEXT,
                    "days": _list_of(_ANYTHING),
                    "withheld": _list_of(_ANYTHING),
                }
            )
        ),
    }
)
