"""The printed schema against the contract that clients rely on."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    build_schema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_specified_scalar_type,
    print_ast,
)

from schema.graph import build_schema as build_graph

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "schema" / "schema.graphql"
CONTRACT = Path(__file__).with_name("contract.graphql")

printed = build_schema(build_graph().as_str())
contract = build_schema(CONTRACT.read_text())
CONTRACT_TYPES = [
    name
    for name, kind in contract.type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(kind)
]


def test_the_committed_sdl_is_the_printed_one() -> None:
    assert COMMITTED.read_text() == build_graph().as_str() + "\n"


def _shape(argument: GraphQLArgument | GraphQLInputField) -> tuple[str, str]:
    node = argument.ast_node
    default = node.default_value if node else None
    return str(argument.type), print_ast(default) if default else ""


def _members(kind: GraphQLNamedType) -> dict[str, object]:
    if is_enum_type(kind):
        return dict.fromkeys(kind.values)
    if is_input_object_type(kind):
        return {name: _shape(each) for name, each in kind.fields.items()}
    if is_object_type(kind) or is_interface_type(kind):
        fields: dict[str, object] = {
            name: (str(each.type), {key: _shape(argument) for key, argument in each.args.items()})
            for name, each in kind.fields.items()
        }
        return fields | {f"implements {each.name}": True for each in kind.interfaces}
    return {}


@pytest.mark.parametrize("name", CONTRACT_TYPES)
def test_the_schema_holds_every_member_of_the_contract(name: str) -> None:
    wanted, got = contract.type_map[name], printed.type_map[name]
    assert type(wanted) is type(got)
    members = _members(got)
    assert {member: members.get(member) for member in _members(wanted)} == _members(wanted)


@pytest.mark.parametrize("name", [each for each in printed.type_map if not each.startswith("__")])
def test_everything_in_the_schema_is_described(name: str) -> None:
    kind = printed.type_map[name]
    assert kind.description
    if is_enum_type(kind):
        assert all(value.description for value in kind.values.values())
    if is_object_type(kind) or is_interface_type(kind) or isinstance(kind, GraphQLInputObjectType):
        for field in kind.fields.values():
            assert field.description
            assert all(argument.description for argument in getattr(field, "args", {}).values())
