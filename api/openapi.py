"""The OpenAPI 3.1 document: schemas from the wire models and the engine's own types, and every refusal of every route.

The handlers read bodies and write answers themselves (strict JSON, no echo of what was sent), so the document is put
together here from the same models, and tests hold the two together: examples are replayed, and a fuzzer checks that
no answer falls outside of what is documented.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import KINDS, MEDIA_TYPE, STATUS_BY_DETAIL
from api.routes.examples import CLEAR_ANSWER
from api.shapes import ref, schemas
from api.wire import Wire

_ALWAYS = ("caller.unknown", "store.unavailable", "internal")
_OF_BODIES = ("request.malformed", "request.too-large")


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
    content = {"application/json": {"schema": ref(ok) if isinstance(ok, str) else {}}}
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


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the whole document, made once and then kept."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document.setdefault("components", {})["schemas"] = schemas()
        # Where no callers are set nobody is asked; a machine that reads this is told both.
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"key": []}]
        # Put in afterwards: FastAPI would drop its nulls.
        media = document["paths"]["/v1/checks"]["post"]["responses"]["200"]["content"]["application/json"]
        media["example"] = CLEAR_ANSWER
        app.openapi_schema = document
    return app.openapi_schema
