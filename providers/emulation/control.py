"""The emulators' remote control, also for strangers: `/_emulator/hits`, `/reset`, `/faults`."""

import msgspec
from aiohttp import web

from providers.emulation.faults import NAMED_FAULTS, Fault, Faults
from providers.emulation.hits import Hits

# None of the three APIs has a path with an underscore at its start: the remote control hides no route.
PREFIX = "/_emulator/"


# Unknown members are refused: with a misspelt `route` or `match` a fault would strike every call.
class FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_emulator/faults`: a name of `NAMED_FAULTS`, or a status and text; and when."""

    name: str | None = None
    status: int | None = None
    text: str | None = None
    content_type: str | None = None
    headers: dict[str, str] = {}
    delay_s: float = 0.0
    route: str | None = None
    match: str | None = None
    times: int | None = None

    def fault(self) -> Fault:
        """Make the fault that is asked for; ValueError names one that there is not."""
        if self.name is not None:
            if self.name not in NAMED_FAULTS:
                raise ValueError(f"no fault is named {self.name!r}; there are {', '.join(NAMED_FAULTS)}")
            return NAMED_FAULTS[self.name]()
        return Fault(
            status=self.status,
            body=None if self.text is None else self.text.encode(),
            content_type=self.content_type,
            headers=self.headers,
            delay_s=self.delay_s,
        )


async def control(request: web.BaseRequest, hits: Hits, faults: Faults) -> web.Response:
    """Answer one request of the remote control; it is no hit."""
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "hits":
            return web.Response(body=msgspec.json.encode(hits.by_route()), content_type="application/json")
        case "POST", "reset":
            faults.clear()
            hits.clear()
            return web.Response(status=204)
        case "POST", "faults":
            return _order(await request.read(), faults)
    return web.Response(status=404, text=f"{PREFIX}hits, {PREFIX}reset, {PREFIX}faults\n")


def _order(body: bytes, faults: Faults) -> web.Response:
    try:
        order = msgspec.json.decode(body, type=FaultOrder)
        faults.add(order.fault(), route=order.route, match=order.match, times=order.times)
    # Beside an unknown name, ValueError is what text in the body that is no UTF-8 comes to.
    except (msgspec.DecodeError, ValueError) as refusal:
        return web.Response(status=400, text=f"{refusal}\n")
    return web.Response(status=204)
