"""Every field of the schema, asked for with arguments and selections that schemathesis makes for it."""

from typing import Any

import pytest
import schemathesis
from graphql import parse_value
from hypothesis import given
from hypothesis import strategies as st

from schema.graph import build_subgraph, core_schema
from tests.fuzz.by_chance import by_chance
from tests.fuzz.findings import findings
from tests.fuzz.wire import Answer

QUERY = core_schema(build_subgraph()).query_type
assert QUERY
# Its words for the custom scalars, which it cannot know: some that fit, some that do not.
for scalar, offers in {
    "Locale": ['"en-US"', '"fr"', '"x-"', '""'],
    "_Any": [
        '{__typename: "Photo"}',
        '{__typename: "Activity", uuid: "f8588839-c993-491d-97cc-a96f03dfb144"}',
        "1",
    ],
}.items():
    schemathesis.graphql.scalar(scalar, st.sampled_from(offers).map(parse_value))


@pytest.fixture(scope="module")
def served(origin: str) -> Any:
    """Read the schema as the running graph tells it."""
    return schemathesis.graphql.from_url(f"{origin}/graphql")


@pytest.mark.parametrize("name", QUERY.fields)
def test_no_query_is_answered_in_another_way(served: Any, name: str) -> None:
    @by_chance(25)
    @given(case=served["Query"][name].as_strategy())
    def ask(case: Any) -> None:
        response = case.call()
        headers = {field.lower(): texts[0] for field, texts in response.headers.items()}
        assert findings(Answer(response.status_code, headers, response.content), case.body.encode()) == []

    ask()
