"""Who may read the pages: requests to this address of loopback, of a browser that has the token. Only GET and HEAD.

Any website may make a browser send requests to loopback, also under its own name that it points there (DNS rebinding). So
the Host header must name loopback and our port, an Origin header must be ours (RFC 6454; Fetch standard, "Origin header"), and
the token must be there: first in the address that `extract ui` prints, then in a cookie that other sites cannot make a browser
send (SameSite=Strict, RFC 6265bis). Cookies are shared by all ports of a host, so the cookie's name has the port.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse

from extract_cli.ui.problems import problem_page

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN: Final = "token"  # noqa: S105 - the name of a parameter
STATIC: Final = "/static/"
"""Style and script. They hold nothing of a pipeline, so that also the page of a wrong token has its style."""
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""No page loads or sends anything elsewhere, and no text in it can run (Content Security Policy level 3)."""
_DEFAULT_PORT: Final = 80  # a browser leaves it out
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """The ASGI app in front of all pages."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"extract_ui_{port}"
        end = "" if port == _DEFAULT_PORT else f":{port}"
        self._hosts = frozenset({f"127.0.0.1{end}", f"localhost{end}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the app answer it. Each answer has the same headers of security."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no WebSocket is served
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer = self._refused(scope) or self._signed_in(scope)
        await (answer or self._app)(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return problem_page(
                403,
                "This address is not the app's",
                "The request names another host than this app: another website, or a proxy, may have sent it.",
                "Open the address that `extract ui` printed.",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self._hosts}:
            return problem_page(
                403,
                "Another website sent this request",
                "The page that sent the request is not one of this app, so it gets no answer.",
                "Open the address that `extract ui` printed.",
            )
        if scope["method"] not in ("GET", "HEAD"):
            refused = problem_page(
                405,
                "This app only reads",
                f"It answers GET and HEAD, and this request is {scope['method'][:20]}.",
                "Change things with the command `extract`.",
            )
            refused.headers["Allow"] = "GET, HEAD"
            return refused
        return None

    def _signed_in(self, scope: Scope) -> Response | None:
        """None if the request may pass. The token of the address goes into a cookie, and out of the address."""
        path: str = scope["path"]
        if path.startswith(STATIC):
            return None
        parameters = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = [value for name, value in parameters if name == TOKEN]
        if shown and self._is_token(shown[0]):
            rest = urlencode([(name, value) for name, value in parameters if name != TOKEN])
            answer = RedirectResponse(scope.get("raw_path", path.encode()).decode("latin-1") + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
            return answer
        cookie = cookie_parser(Headers(scope=scope).get("cookie", "")).get(self._cookie, "")
        if not shown and self._is_token(cookie):
            return None
        what = "The token in the address is wrong" if shown else "The address has no token"
        return problem_page(
            403,
            what,
            "Each start of `extract ui` has its own token. It keeps other users and programs of this machine out.",
            "Open the address that `extract ui` printed when it started, with all that follows the question mark.",
        )

    def _is_token(self, text: str) -> bool:
        return compare_digest(text.encode("utf-8", "replace"), self._token.encode())
