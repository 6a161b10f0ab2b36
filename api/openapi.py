"""The OpenAPI 3.1 document: schemas from the wire models and the engine's own types, and every refusal of every route.

The handlers read bodies and write answers themselves (strict JSON, no echo of what was sent), so the document is put
together here from the same models, and tests hold the two together: examples are replayed, and a fuzzer checks that
no answer falls outside of what is documented.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from api.problems import KINDS, MEDIA_TYPE, STATUS_BY_DETAIL
from api.routes.examples import CLEAR_ANSWER
from api.wire import BatchIn, ChangeIn, CheckIn, WhyNotIn, Wire
from engine.question import VERDICT_ZH, Decision, WhyNot
from graph_model.store import Receipt

_REF = "#/components/schemas/{model}"
_ALWAYS = ("store.unavailable", "internal")
_OF_BODIES = ("request.malformed", "request.too-large")
Schema = dict[str, Any]


def documented(
    ok: str | Mapping[str, Any],
    codes: Sequence[str] = (),
    *,
    status: int = 200,
    body: type[Wire] | None = None,
    examples: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Give the arguments that document one route: its good answer, its refusals by status, its body and examples.

    `ok` is the name of a schema of ours, or content as OpenAPI writes it. `examples` are bodies by name that a test
    replays.
    """
    content = {"application/json": {"schema": ref(ok)}}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": "the answer", "content": content if isinstance(ok, str) else dict(ok)}
    }
    told: dict[int, list[str]] = {}
    for code in (*codes, *(_OF_BODIES if body else ()), *_ALWAYS):
        told.setdefault(KINDS[code].status, []).append(code)
    if body:
        for detail, own_status in STATUS_BY_DETAIL.items():
            told.setdefault(own_status, []).append(detail)
    for refused, words in sorted(told.items()):
        problem = {MEDIA_TYPE: {"schema": ref("Problem")}}
        responses[refused] = {"description": ", ".join(f"`{word}`" for word in words), "content": problem}
    # FastAPI adds its own 422 to routes with parameters unless there is one.
    responses.setdefault(
        422, {"description": "`request.malformed`", "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}
    )
    arguments: dict[str, Any] = {"responses": responses, "status_code": status}
    if body:
        media = {"schema": ref(body.__name__), "examples": dict(examples or {})}
        arguments["openapi_extra"] = {"requestBody": {"required": True, "content": {"application/json": media}}}
    return arguments


def ref(name: str | Mapping[str, Any]) -> Schema:
    """Point to a schema of ours."""
    return {"$ref": _REF.format(model=name)} if isinstance(name, str) else {}


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the whole document, made once and then kept."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document.setdefault("components", {})["schemas"] = schemas()
        # Put in afterwards: FastAPI would drop its nulls.
        media = document["paths"]["/v1/checks"]["post"]["responses"]["200"]["content"]["application/json"]
        media["example"] = CLEAR_ANSWER
        app.openapi_schema = document
    return app.openapi_schema


def schemas() -> dict[str, Schema]:
    """Give every schema of the document by name."""
    bodies: Sequence[type[Wire]] = (CheckIn, BatchIn, WhyNotIn, ChangeIn)
    _, requests = models_json_schema([(model, "validation") for model in bodies], ref_template=_REF)
    found: dict[str, Schema] = dict(requests["$defs"])
    for name, adapter in (
        ("Decision", TypeAdapter(Decision)),
        ("WhyNot", TypeAdapter(WhyNot)),
        ("Receipt", TypeAdapter(Receipt)),
    ):
        schema = adapter.json_schema(ref_template=_REF, mode="serialization")
        found.update(schema.pop("$defs", {}))
        found[name] = schema
    for schema in found.values():
        _as_written(schema)
    _add_verdict_zh(found["Decision"])
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
    found["Problem"] = _PROBLEM
    found["Readiness"] = _READINESS
    found["Rulebooks"] = _object({"rulebooks": {"type": "array", "items": _PUBLISHED}})
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


def _object(properties: Schema, optional: Sequence[str] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_PROBLEM = {
    **_object(
        {
            "type": {"type": "string", "format": "uri"},
            "title": _TEXT,
            "title_en": _TEXT,
            "status": {"type": "integer"},
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
        "version": {"type": "integer"},
        "rulebook": _TEXT,
        "recorded_at": {"type": "string", "format": "date-time"},
        "data_age_seconds": {"type": "number"},
    }
)
_PUBLISHED = _object(
    {
        "id": _TEXT,
        "version": {"type": "integer"},
        "actor": _TEXT,
        "reason": _TEXT,
        "recorded_at": {"type": "string", "format": "date-time"},
        "in_force": {"type": "boolean"},
    }
)
