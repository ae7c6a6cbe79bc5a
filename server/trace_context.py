"""The client's trace, as W3C's Trace Context writes it, for the calls that are made on its behalf."""

import re
from collections.abc import Mapping
from typing import Final

from providers.tracing import TraceHeaders

_PARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# As much as the specification asks everybody to hand on.
_STATE: Final = re.compile(r"[ -~]{1,512}")


def trace_headers(headers: Mapping[str, str]) -> TraceHeaders:
    """Return what providers are told of the client's trace where nothing is traced here; malformed: nothing."""
    parent = headers.get("traceparent", "")
    if not _PARENT.fullmatch(parent):
        return ()
    state = headers.get("tracestate", "")
    told = (("tracestate", state),) if _STATE.fullmatch(state) else ()
    return (("traceparent", parent), *told)
