"""The composite dialect keeps the rules of the draft, and the rules can be broken."""

import pytest

from schema.composite import composite_sdl
from schema.graph import build_schema, build_subgraph
from tests.schema.composite_rules import violations

SDL = composite_sdl(build_schema().as_str())


def test_the_source_schema_keeps_every_rule() -> None:
    assert violations(SDL) == []


@pytest.mark.parametrize("entity", ["Activity", "ResortProduct", "Photo"])
def test_every_entity_has_a_lookup_by_its_own_key(entity: str) -> None:
    assert f"): {entity} @lookup\n" in SDL
    assert violations(SDL.replace(f"): {entity} @lookup", f"): {entity}")) == []


@pytest.mark.parametrize(
    ("part", "broken", "code"),
    [
        (
            '@key(fields: "culture slug")',
            '@key(fields: "culture")',
            "LOOKUP_ARGUMENTS_ARE_NO_KEY photoByKey Photo",
        ),
        ('@key(fields: "uuid")', '@key(fields: "uid")', "KEY_INVALID_FIELDS Activity.uid"),
        ('@key(fields: "uuid")', '@key(fields: "uuid {")', "KEY_INVALID_SYNTAX Activity"),
        (
            '@key(fields: "uuid")',
            '@key(fields: "uuid gallery { totalCount }")',
            "KEY_FIELDS_HAS_ARGS Activity.gallery",
        ),
        (
            '@key(fields: "productId")',
            '@key(fields: "productId countryCodes")',
            "KEY_FIELDS_SELECT_INVALID_TYPE",
        ),
        ("): Activity @lookup", "): Activity! @lookup", "LOOKUP_RETURNS_NON_NULLABLE_TYPE activity"),
        ("): [Activity]", "): [Activity] @lookup", "LOOKUP_RETURNS_LIST activities"),
        ('interface Node @key(fields: "id")', "interface Node", "LOOKUP_ARGUMENTS_ARE_NO_KEY node Node"),
        (
            "uuid: ID!\n  ): Activity @lookup",
            "uuid: String!\n  ): Activity @lookup",
            "ARGUMENT_OF_OTHER_TYPE activity",
        ),
        ("): Photo\n", "): Photo @lookup\n", "LOOKUP_ARGUMENTS_ARE_NO_KEY photo Photo"),
        ("): ActivityConnection", "): Nothing", "INVALID_GRAPHQL"),
    ],
)
def test_a_broken_rule_is_seen(part: str, broken: str, code: str) -> None:
    assert part in SDL
    assert any(code in violation for violation in violations(SDL.replace(part, broken, 1)))


def test_what_a_larger_graph_has_itself_is_internal_and_the_routers_machinery_is_gone() -> None:
    for field in (
        "): Node @lookup @internal",
        "): [Node] @semanticNonNull(levels: [0]) @internal",
        "_sdl: String! @internal",
    ):
        assert field in SDL
    assert composite_sdl(build_subgraph().as_str()) == SDL
    assert "_entities" not in SDL
