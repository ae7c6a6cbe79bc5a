"""The graph as a subgraph: what its SDL says, and what the served schema answers beside the plain one."""

import pytest
from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)

from schema.federation import KEYS, VALUE_OBJECTS, federation_sdl
from schema.graph import build_schema, build_subgraph
from tests.graph import running_graph

TEXT = build_subgraph().as_str()


def types(sdl: str) -> dict[str, TypeDefinitionNode]:
    document: DocumentNode = parse(sdl)
    return {each.name.value: each for each in document.definitions if isinstance(each, TypeDefinitionNode)}


def fields(node: TypeDefinitionNode) -> dict[str, FieldDefinitionNode]:
    assert isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
    return {each.name.value: each for each in node.fields or ()}


def directives(node: TypeDefinitionNode | FieldDefinitionNode) -> list[str]:
    return [print_ast(each) for each in node.directives or ()]


@pytest.mark.parametrize("version", ["2.9", "2.3"])
async def test_the_service_tells_its_sdl_in_the_version_that_is_set(version: str) -> None:
    async with running_graph(federation_version=version) as graph:
        reply = await graph.query("{ _service { sdl } }")
    sdl = reply.data["_service"]["sdl"]
    assert sdl == federation_sdl(TEXT, version)
    assert f'url: "https://specs.apollo.dev/federation/v{version}"' in sdl
    assert ("@cost" in sdl) is ("@listSize" in sdl) is (version == "2.9")


def test_entry_points_of_the_whole_graph_and_the_routers_own_are_left_out() -> None:
    whole, told = types(TEXT), types(federation_sdl(TEXT, "2.9"))
    left_out = {"node", "nodes", "_sdl", "_service", "_entities"}
    assert set(fields(told["Query"])) == set(fields(whole["Query"])) - left_out
    assert set(whole) - set(told) == {"_Any", "_Entity", "_Service"}


def test_entities_carry_their_keys_of_fields_that_cannot_be_null() -> None:
    told = types(federation_sdl(TEXT, "2.3"))
    for name, key in KEYS.items():
        assert f'@key(fields: "{key}")' in directives(told[name])
        assert all(print_ast(fields(told[name])[part].type).endswith("!") for part in key.split())
    assert {name for name, node in told.items() if "@shareable" in directives(node)} == set(VALUE_OBJECTS)


def test_every_window_says_what_bounds_it_and_no_interface_does() -> None:
    told = types(federation_sdl(TEXT, "2.9"))
    for name, node in told.items():
        if isinstance(node, InterfaceTypeDefinitionNode):
            said = [text for field in fields(node).values() for text in directives(field)]
            assert not [text for text in said if text.startswith(("@cost", "@listSize"))], name
        if not isinstance(node, ObjectTypeDefinitionNode):
            continue
        for field in fields(node).values():
            pages = {"first", "last"} <= {argument.name.value for argument in field.arguments or ()}
            said = [text for text in directives(field) if text.startswith("@listSize")]
            assert not pages or 'slicingArguments: ["first", "last"]' in said[0]
            assert all("requireOneSlicingArgument: false" in text for text in said)


def test_the_plain_schema_knows_nothing_of_it() -> None:
    plain = build_schema().as_str()
    assert not any(word in plain for word in ("_service", "_entities", "_Any", "@key", "@shareable", "@link"))
    added = set(fields(types(TEXT)["Query"])) - set(fields(types(plain)["Query"]))
    assert added == {"_service", "_entities"}
