"""What one request and one client may ask of the graph, at most."""

from typing import Annotated

import msgspec

from server.settings_kinds import FLAG, integer, seconds


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds that hold before any call is made, on by default."""

    max_depth: Annotated[int, integer(1, 100), "fields within fields, introspection aside"] = 12
    # The lexer looks at them one by one.
    max_characters: Annotated[int, integer(1000, 10**9), "characters of a document"] = 256 * 1024
    max_tokens: Annotated[int, integer(10, 10**6), "words and marks of a document"] = 5000
    max_aliases: Annotated[int, integer(1, 10**5), "aliases of a document"] = 200
    max_root_fields: Annotated[int, integer(1, 10**5), "fields at the top of an operation"] = 200
    max_directives: Annotated[int, integer(1, 10**5), "directives of a document"] = 50
    max_body_bytes: Annotated[int, integer(1000, 10**9), "largest body of a request"] = 1024 * 1024
    max_batch: Annotated[int, integer(0, 100), "operations in one request; 0: no batches"] = 10
    max_connections: Annotated[int, integer(1, 10**6), "open connections of one process"] = 2000
    header_timeout_s: Annotated[float, seconds(0.05, 600), "time for the headers of a request"] = 10.0
    body_timeout_s: Annotated[float, seconds(0.05, 600), "time for the body of a request"] = 10.0
    idle_timeout_s: Annotated[int, integer(1, 3600), "seconds of silence that end a connection"] = 60
    rate_requests: Annotated[int, integer(0, 10**9), "requests a minute of one client; 0: any number"] = 0
    rate_calls: Annotated[
        int, integer(0, 10**9), "upstream calls a minute that one client's operations may cost; 0: any"
    ] = 0
    require_preflight: Annotated[
        bool, FLAG, "GET needs a header that no other site's page can send without asking first"
    ] = False
    on_error: Annotated[
        bool, FLAG, "requests may say by onError what a failed position becomes: PROPAGATE, NULL or HALT"
    ] = False
