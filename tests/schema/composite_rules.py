"""Rules of the Composite Schemas draft for one source schema, by the draft's own error codes."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate_schema,
)

Composite = GraphQLObjectType | GraphQLInterfaceType


def violations(sdl: str) -> list[str]:
    """List the codes of the rules that a source schema breaks, each with where."""
    try:
        schema = build_schema(sdl)
    except (TypeError, GraphQLSyntaxError) as error:
        return [f"INVALID_GRAPHQL {error}"]
    if validate_schema(schema):
        return [f"INVALID_GRAPHQL {validate_schema(schema)}"]
    if schema.query_type is None or schema.query_type.name != "Query":
        return ["ROOT_QUERY_USED"]
    return [*_keys(schema), *_lookups(schema, schema.query_type)]


def keys_of(kind: Composite) -> list[str]:
    """Read the field sets of a type's keys."""
    node = kind.ast_node
    return [
        argument.value.value
        for directive in (node.directives if node else None) or ()
        if directive.name.value == "key"
        for argument in directive.arguments or ()
        if isinstance(argument.value, StringValueNode)
    ]


def _keys(schema: GraphQLSchema) -> Iterator[str]:
    for kind in schema.type_map.values():
        if isinstance(kind, Composite):
            for fields in keys_of(kind):
                yield from _key(kind, fields)


def _key(kind: Composite, fields: str) -> Iterator[str]:
    try:
        operation = parse(f"{{ {fields} }}").definitions[0]
    except GraphQLSyntaxError:
        yield f"KEY_INVALID_SYNTAX {kind.name}"
        return
    assert isinstance(operation, OperationDefinitionNode)
    yield from _selected(kind, operation.selection_set)


def _selected(kind: Composite, selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        if not isinstance(node, FieldNode):
            yield f"KEY_INVALID_SYNTAX {kind.name}"
            continue
        at = f"{kind.name}.{node.name.value}"
        field = kind.fields.get(node.name.value)
        if field is None:
            yield f"KEY_INVALID_FIELDS {at}"
            continue
        if field.args:
            yield f"KEY_FIELDS_HAS_ARGS {at}"
        named = get_named_type(field.type)
        if is_list_type(get_nullable_type(field.type)) or is_abstract_type(named):
            yield f"KEY_FIELDS_SELECT_INVALID_TYPE {at}"
        elif not is_leaf_type(named):
            if node.selection_set is None or not isinstance(named, GraphQLObjectType):
                yield f"KEY_INVALID_FIELDS {at}"
            else:
                yield from _selected(named, node.selection_set)


def _has(field: GraphQLField, directive: str) -> bool:
    node = field.ast_node
    return any(each.name.value == directive for each in (node.directives if node else None) or ())


def _lookups(schema: GraphQLSchema, query: GraphQLObjectType) -> Iterator[str]:
    seen: set[tuple[str, frozenset[str]]] = set()
    for name, field in query.fields.items():
        if not _has(field, "lookup"):
            continue
        if is_non_null_type(field.type):
            yield f"LOOKUP_RETURNS_NON_NULLABLE_TYPE {name}"
        if is_list_type(get_nullable_type(field.type)):
            yield f"LOOKUP_RETURNS_LIST {name}"
            continue
        for kind in _found(schema, field):
            yield from _arguments(f"{name} {kind.name}", field, kind)
            if (kind.name, frozenset(field.args)) in seen:
                yield f"LOOKUP_TWICE_FOR_ONE_KEY {name} {kind.name}"
            seen.add((kind.name, frozenset(field.args)))


def _arguments(at: str, field: GraphQLField, kind: Composite) -> Iterator[str]:
    if set(field.args) not in [set(key.split()) for key in keys_of(kind)]:
        yield f"LOOKUP_ARGUMENTS_ARE_NO_KEY {at}"
    elif any(str(field.args[part].type) != str(kind.fields[part].type) for part in field.args):
        yield f"LOOKUP_ARGUMENT_OF_OTHER_TYPE {at}"


def _found(schema: GraphQLSchema, field: GraphQLField) -> list[Composite]:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLInterfaceType):
        return [named, *schema.get_possible_types(named)]
    return [named] if isinstance(named, GraphQLObjectType) else []
