"""The ASGI layer around everything: a request id, security headers, metrics, one log line, and no naked fault."""

from time import perf_counter
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.observe import Metrics, known_method, log_event, log_fault
from api.problems import Internal, problem_response

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_UNMATCHED = "unmatched"
_FAULT = 500
_CLIENT_GONE = 499
"""Only in logs and metrics: the client left before its request was whole."""


class Entrance:
    """Wraps the application; see the module."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        request_id = uuid4().hex
        status: int | None = None

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("Cache-Control", "no-store")
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except Exception as error:
            log_fault(error, request_id=request_id, route=_template(scope))
            if status is None:
                await problem_response(_internal(request_id))(scope, receive, watched_send)
        finally:
            seconds = perf_counter() - begun
            told = status or _FAULT
            self._metrics.answered(scope["method"], _template(scope), told, seconds)
            log_event(
                "request",
                request_id=request_id,
                method=known_method(scope["method"]),
                route=_template(scope),
                status=told,
                seconds=round(seconds, 6),
            )


def _template(scope: Scope) -> str:
    """Give the route's template; the path itself may hold a person's id."""
    return getattr(scope.get("route"), "path", _UNMATCHED)


def _internal(request_id: str) -> Internal:
    return Internal(
        "服务内部错误 something failed on our side", hint=f"请告知请求编号 please report request {request_id}"
    )
