"""``/metrics``, for those who may read it."""

import hmac

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.metrics import Metrics
from server.secret import Secret


def metrics_route(metrics: Metrics, token: Secret) -> Route:
    """Return the route that Prometheus reads: open without a token, else for its bearer alone."""

    async def page(request: Request) -> Response:
        if token and not is_bearer(request, token):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        return Response(
            metrics.written(), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"}
        )

    return Route("/metrics", page)


def is_bearer(request: Request, token: Secret) -> bool:
    """Tell whether a request brings the token; takes as long for any wrong one."""
    sent = request.headers.get("authorization", "")
    return hmac.compare_digest(sent.encode("latin-1"), f"Bearer {token.reveal()}".encode())
