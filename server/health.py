"""Whether the process lives, and whether it can answer."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.life import LIFE
from server.settings import Settings


def health_routes(settings: Settings, degraded: Callable[[], Sequence[str]] = tuple) -> list[Route]:
    """Return the routes that supervisors ask; ``degraded`` names the providers that fail at present."""
    unconfigured = [name for name, each in settings.providers.items() if each.missing]

    async def healthz(request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

    async def readyz(request: Request) -> Response:
        del request
        status, code = ("draining", 503) if LIFE.is_draining else ("ready", 200)
        state = {"status": status, "degraded": list(degraded()), "unconfigured": unconfigured}
        return JSONResponse(state, code, headers={"cache-control": "no-store"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
