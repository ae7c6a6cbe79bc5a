"""Documents: kept by their text, and closed where nothing may tell of the schema."""

import pytest
from graphql import build_schema

from server.operations.documents import MOST_DOCUMENTS, Documents

SCHEMA = build_schema(
    "type Query { name: String _service: Service! _sdl: String } type Service { sdl: String }"
)


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ _service { sdl } }",
        "{ _sdl }",
    ],
)
def test_a_closed_schema_is_told_of_by_no_field(query: str) -> None:
    assert Documents(SCHEMA).read(query).errors == ()
    assert Documents(SCHEMA, introspection=False).read(query).errors


def test_suggestions_end_with_introspection() -> None:
    (told,) = Documents(SCHEMA).read("{ nam }").errors
    (closed,) = Documents(SCHEMA, introspection=False).read("{ nam }").errors

    assert "Did you mean" in told.message
    assert "Did you mean" not in closed.message


def test_a_document_is_made_once_and_the_least_used_is_forgotten() -> None:
    documents = Documents(SCHEMA)
    first = documents.read("{ name }")
    others = [documents.read(f"{{ a{number}: name }}") for number in range(MOST_DOCUMENTS - 1)]
    assert documents.read("{ name }") is first
    documents.read("{ one: name }")

    assert documents.read("{ name }") is first
    assert documents.read("{ a0: name }") is not others[0]
