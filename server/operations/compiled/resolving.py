"""How a field gets its value: read off its parent, by its own function, or by the function that wraps it."""

import inspect
import keyword
from collections.abc import Callable
from typing import Final, TypeAlias, cast

import msgspec
from graphql import FieldNode, GraphQLField, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import default_field_resolver
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryContainer, has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.types.info import Info
from strawberry.types.lazy_type import LazyType

from server.operations.compiled.inputs import takes_the_same
from server.operations.values import Value

_MADE_BY: Final = "strawberry.schema.schema_converter"
_WRAPPERS: Final = "GraphQLCoreConverter.from_resolver.<locals>."


class Attribute(msgspec.Struct, frozen=True):
    """The value is an attribute of the parent."""

    name: str


class Wrapped(msgspec.Struct, frozen=True):
    """The value comes from the schema's function, called as graphql-core calls it."""

    function: Callable[..., Value]


class Direct(msgspec.Struct, frozen=True):
    """The value comes from a function of a Strawberry field that nothing stands around.

    ``begun`` is the mark of a function whose coroutine may start in the task that calls it: its ``begin`` runs that up
    to its first wait, and gives its result, or an instance of the mark to be awaited. ``looks_at_context_alone``
    is the mark of one that looks at nothing else of its info, which is therefore the same for all of its calls.
    ``is_lasting`` is the mark of one that gives the same for the same source and arguments, whoever asks and whenever.
    """

    function: Callable[..., Value]
    is_async: bool
    begun: type[Value] | None
    takes_source_first: bool
    source_names: tuple[str, ...]
    info_name: str | None
    looks_at_context_alone: bool
    is_lasting: bool
    call: "DirectCall"


Way: TypeAlias = Attribute | Direct | Wrapped


class LateInfo(Info[Value, Value]):
    """Strawberry's info; graphql-core's within it is made when asked for, since most look at the context alone.

    ``nodes`` are those that ask for the field.
    """

    # What Strawberry works out each time it is looked at.
    context: Value = None

    def __init__(
        self,
        make_raw: Callable[[], GraphQLResolveInfo[Value]] | None = None,
        context: object = None,
        _field: Value = None,
        nodes: list[FieldNode] | None = None,
        *,
        _raw_info: Value = None,
    ) -> None:
        if _raw_info is not None:
            # As ``dataclasses.replace`` makes one of another.
            self._raw_info = _raw_info
            context, nodes = _raw_info.context, _raw_info.field_nodes
        self.nodes = nodes
        self.context = context
        self._make_raw = make_raw
        self._field = _field

    def __getattr__(self, name: str) -> Value:
        """Make what is missing yet."""
        if name != "_raw_info" or self._make_raw is None:
            raise AttributeError(name)
        self._raw_info = self._make_raw()
        return self._raw_info


class DirectCall:
    """Makes the keyword arguments of a Strawberry field's function."""

    def __init__(self, field: StrawberryField, converter: Value) -> None:
        self._field = field
        self._converter = converter
        self._taken = [
            (converter.config.name_converter.from_argument(each), each.python_name, each.type)
            for each in field.arguments
        ]
        self._needs_info = any(_has_input_type(each.type) for each in field.arguments)

    def info(
        self, raw: Callable[[], GraphQLResolveInfo[Value]], context: object, nodes: list[FieldNode]
    ) -> Value:
        """Make Strawberry's info; ``nodes`` are those that ask for the field."""
        kind = self._converter.config.info_class
        if kind is Info:
            return LateInfo(raw, context, self._field, nodes)
        # A class of the schema's own may want all of it at once.
        return self._whole_info(raw())

    def _whole_info(self, raw: GraphQLResolveInfo[Value]) -> Value:
        return self._converter.config.info_class(_raw_info=raw, _field=self._field)

    def converted(
        self, arguments: dict[str, Value], raw: Callable[[], GraphQLResolveInfo[Value]]
    ) -> dict[str, Value]:
        """Convert arguments as Strawberry does."""
        taken = [each for each in self._taken if each[0] in arguments]
        if not taken:
            return {}
        info = self._whole_info(raw()) if self._needs_info else None
        converter = self._converter
        return {
            python_name: convert_argument(
                arguments[name], type_, converter.scalar_registry, converter.config, info, path=(name,)
            )
            for name, python_name, type_ in taken
        }


def _has_input_type(type_: object) -> bool:
    if isinstance(type_, StrawberryContainer):
        return _has_input_type(type_.of_type)
    return isinstance(type_, LazyType) or has_object_definition(type_)


def resolution_of(schema: GraphQLSchema, definition: GraphQLField) -> Way:
    """Choose the shortest way to a field's value that is sure to be the same."""
    resolve = definition.resolve
    if resolve is None:
        return Wrapped(default_field_resolver)
    field = (definition.extensions or {}).get("strawberry-definition")
    strawberry_schema = getattr(schema, "_strawberry_schema", None)
    if not _is_untouched(resolve, field) or strawberry_schema is None:
        return Wrapped(resolve)
    converter = strawberry_schema.schema_converter
    way = _shortened(cast("StrawberryField", field), converter) or Wrapped(resolve)
    if isinstance(way, Direct) and way.is_lasting and not takes_the_same(definition):
        # What a mark promises for the same arguments says nothing of how they are read.
        return msgspec.structs.replace(way, is_lasting=False)
    return way


def _is_untouched(resolve: Callable[..., Value], field: object) -> bool:
    return (
        isinstance(field, StrawberryField)
        and type(field).get_result is StrawberryField.get_result
        and getattr(resolve, "__module__", "") == _MADE_BY
        and getattr(resolve, "__qualname__", "").startswith(_WRAPPERS)
    )


def _shortened(field: StrawberryField, converter: Value) -> Attribute | Direct | None:
    if field.extensions or converter._get_field_exception_handlers(field):  # noqa: SLF001 - no other way to ask
        return None
    name, resolver = field.python_name, field.base_resolver
    if resolver is not None:
        return _direct(field, resolver, converter)
    is_name = name.isidentifier() and not keyword.iskeyword(name)
    return Attribute(name) if field.default_resolver is getattr and is_name else None


def _direct(field: StrawberryField, resolver: StrawberryResolver[Value], converter: Value) -> Direct | None:
    function = resolver.wrapped_func
    if not inspect.isfunction(function) or field.is_async != inspect.iscoroutinefunction(function):
        return None
    sources = [each for each in (resolver.parent_parameter, resolver.root_parameter) if each is not None]
    info = resolver.info_parameter
    return Direct(
        function=function,
        is_async=field.is_async,
        begun=getattr(function, "begins_at_once", None),
        takes_source_first=resolver.self_parameter is not None,
        source_names=tuple({each.name: None for each in sources}),
        info_name=info.name if info is not None else None,
        looks_at_context_alone=getattr(function, "looks_at_context_alone", False),
        is_lasting=not field.is_async and getattr(function, "__lasting__", False) is True,
        call=DirectCall(field, converter),
    )
