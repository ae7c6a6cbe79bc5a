"""The audits that the authors of the specification publish."""

import json

from tests.graph import Graph
from tests.interop_http.node import run_node
from tests.live import serving

AUDITS = 61


async def test_every_audit_of_graphql_over_http_passes(graph: Graph) -> None:
    async with serving(graph.app) as origin:
        results = json.loads(await run_node("audits.mjs", f"{origin}/graphql"))

    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) == AUDITS
