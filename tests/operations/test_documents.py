"""Documents: kept by their text, and closed where nothing may tell of the schema."""

import pytest
from graphql import build_schema

from server.operations.documents import MOST_CHARACTERS, Documents

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


def test_a_document_is_made_once() -> None:
    documents = Documents(SCHEMA)
    assert documents.read("{ name }") is documents.read("{ name }")


def test_new_documents_push_out_none_that_is_used_again_however_many_they_are() -> None:
    documents = Documents(SCHEMA)
    first = documents.read("{ name }")
    documents.read("{ name }")
    once = documents.read("{ once: name }")
    for number in range(50):
        documents.read(f"{{ a{number}: name }} #{'-' * (MOST_CHARACTERS // 40)}")

    assert documents.read("{ name }") is first
    assert documents.read("{ once: name }") is not once


def test_a_document_that_comes_back_is_kept_from_its_second_use_on() -> None:
    documents = Documents(SCHEMA)
    documents.read("{ name }")
    for number in range(1000):
        documents.read(f"{{ a{number}: name }}")
    second = documents.read("{ name }")
    for number in range(1000, 2000):
        documents.read(f"{{ a{number}: name }}")
    assert documents.read("{ name }") is second
