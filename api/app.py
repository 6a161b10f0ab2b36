"""The composition root of the HTTP service: settings and a store go in, an application comes out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.callers import Callers
from api.clock import now, today_in_shanghai
from api.decision_log import DecisionLog
from api.decision_place import plan_of
from api.desk import Desk
from api.door import Door
from api.edge import Edge
from api.entrance import Entrance
from api.hot import Hot
from api.identity import identity_key
from api.observe import Metrics
from api.openapi import describe
from api.problems import Internal, MalformedBody, MethodNotAllowed, RouteUnknown, problem_response
from api.routes import changes, changes_feed, checks, checks_given, departments, health, page, rulebooks, subjects
from api.settings import Settings
from engine.service import Service
from graph_model.errors import XinhengError
from graph_model.identifiers import IdentityKeyer
from graph_model.store import Store

_DESCRIPTION = (
    "信衡：依据官方名单、备忘录与法律条文，计算哪个部门须对哪个主体、在哪一事项、哪一天、依哪一条实施何种激励或约束。\n\n"
    "Which department must apply which incentive or restriction to whom, by which article, until when. "
    "Every refusal is an RFC 9457 problem with a stable `code`."
)


def build_app(
    settings: Settings,
    store: Store,
    *,
    today: Callable[[], date] = today_in_shanghai,
    clock: Callable[[], datetime] = now,
) -> FastAPI:
    """Put the service together over an open store; whoever opened the store closes it.

    `today` stands in for the day of checks that state none; `clock` only for the age of the data and the times in the
    decision log. That log (`app.state.decision_log`) begins with the first decision; whoever serves closes it.
    """
    metrics = Metrics()
    edge = Edge(
        settings,
        Service(store),
        IdentityKeyer(identity_key(settings)),
        today,
        clock,
        metrics,
        DecisionLog(plan_of(settings), clock),
    )
    app = FastAPI(
        title="信衡 Xinheng",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would tell paths, which hold persons' ids
    )
    routers = [
        part.routes(edge)
        for part in (checks, checks_given, subjects, changes, changes_feed, departments, rulebooks, health, page)
    ]
    for router in routers:
        app.include_router(router)
    _tell_errors(app, metrics, _allowed(routers))
    app.add_middleware(Entrance, metrics=metrics)
    desk = Desk(edge, Callers.read(settings.callers_file) if settings.callers_file else None)
    app.add_middleware(Hot, desk=desk)
    app.state.desk = desk
    app.state.decision_log = edge.log
    app.state.edge = edge
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def server_of(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """Give a server for `app`, not yet started. Its access log is off: paths can hold persons' ids."""
    config = uvicorn.Config(
        app,
        http=partial(Door, app.state.desk),  # type: ignore[arg-type]  # called as the class would be
        proxy_headers=False,  # nothing looks at who is at the other end, or at the scheme
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,  # `api.observe.set_up_logging` is ours
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    app.state.server = server  # readers that wait look whether it is about to stop
    return server


def _allowed(routers: Iterable[APIRouter]) -> Mapping[str, str]:
    """Give the methods that each path takes: two routes may share one path, and `Allow` has to name both."""
    methods: dict[str, set[str]] = {}
    for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
        methods.setdefault(route.path, set()).update(route.methods or ())
    return {path: ", ".join(sorted(taken)) for path, taken in methods.items()}


def _tell_errors(app: FastAPI, metrics: Metrics, allowed: Mapping[str, str]) -> None:
    def answer(error: XinhengError, headers: dict[str, str] | None = None) -> Response:
        metrics.refused(error.code)
        return problem_response(error, headers)

    async def ours(_: Request, error: Exception) -> Response:
        return answer(error if isinstance(error, XinhengError) else Internal("fault", hint="report it"))

    async def parameters(_: Request, error: Exception) -> Response:
        found: Any = error.errors() if isinstance(error, RequestValidationError) else ()
        places = tuple({"where": "/".join(map(str, e["loc"])), "what": e["msg"]} for e in found)
        return answer(MalformedBody(places, hint="见 /openapi.json see there"))

    async def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            path = getattr(request.scope.get("route"), "path", "")
            wrong = MethodNotAllowed(
                "此地址不接受这种方法 this path does not take that method", hint="见响应头 Allow see the header Allow"
            )
            return answer(wrong, {"Allow": allowed.get(path, "GET")})
        if status == 404:
            return answer(RouteUnknown("没有这个地址 nothing is at this path", hint="见 /openapi.json see there"))
        raise error

    app.add_exception_handler(XinhengError, ours)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(HTTPException, of_http)
