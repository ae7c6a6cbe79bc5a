"""What the fields of a schema cost, by their types and names."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

from server.operations.excerpts import Excerpts
from server.operations.limits import INTROSPECTION

UNSIZED: Final = 25

Arguments = Mapping[str, Any]


class FieldPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a field costs.

    ``feeds`` names the calls of the parent that the field needs: each is made once for a parent, whatever needs it.
    ``size`` tells how many items it answers, ``page`` how many of them one call gives (0: it makes no calls itself).
    ``keys`` tells which entities it looks up; each distinct one is paid once. ``carries`` names the calls that items
    of this list do not need, since the list carries what they would give.
    """

    feeds: Callable[[Arguments], frozenset[str]] | frozenset[str] = frozenset()
    size: Callable[[Arguments], int] | None = None
    page: int = 0
    keys: Callable[[Arguments], Sequence[Hashable]] | None = None
    carries: frozenset[str] = frozenset()

    def needed(self, arguments: Arguments) -> frozenset[str]:
        """Name the calls of the parent that the field needs."""
        return self.feeds(arguments) if callable(self.feeds) else self.feeds

    def sized(self, arguments: Arguments) -> int:
        """Tell how many items the field answers at worst."""
        return self.size(arguments) if self.size else UNSIZED

    def paged(self, size: int) -> int:
        """Tell how many calls of its own the field makes for so many items."""
        return math.ceil(size / self.page) if self.page else 0


class Prices(msgspec.Struct, frozen=True):
    """The prices of a schema's fields, by type and field; ``alone`` is the call of an entity without any other."""

    fields: Mapping[tuple[str, str], FieldPrice]
    alone: Mapping[str, str]


class Priced(msgspec.Struct, frozen=True):
    """What one object costs: the calls of its own by name, the others below it, and the items below it."""

    named: frozenset[str]
    calls: int
    items: int


NOTHING: Final = Priced(frozenset(), 0, 0)


class Told(NamedTuple):
    """What an object costs whose selection has a certain text, and how many nodes were visited to tell."""

    priced: Priced
    visits: int


class Rate(NamedTuple):
    """What follows of a field from its type and name; ``fixed`` names its calls where nothing else is to be told.

    ``below`` are the types of objects that it may answer.
    """

    field: GraphQLField
    price: FieldPrice
    fixed: frozenset[str] | None
    below: Sequence[GraphQLObjectType]
    is_list: bool


class Tariff:
    """The prices of one schema by its fields, as tables that fill while it is used."""

    def __init__(self, schema: GraphQLSchema, prices: Prices) -> None:
        self.schema = schema
        self.alone = {
            name: frozenset({alone}) if alone else frozenset() for name, alone in prices.alone.items()
        }
        self.excerpts: Excerpts[Told] = Excerpts()
        self._prices = prices
        self._rates: dict[tuple[str, str], Rate] = {}

    def rate(self, type_: GraphQLObjectType, name: str) -> Rate | None:
        """Find what a field costs; None for one that the type has not."""
        found = self._rates.get((type_.name, name))
        if found is None:
            field = self.schema.get_field(type_, name)
            if field is None:
                return None
            price = self._prices.fields.get((type_.name, name), FieldPrice())
            found = self._rates[type_.name, name] = self._rated(name, field, price)
        return found

    def _rated(self, name: str, field: GraphQLField, price: FieldPrice) -> Rate:
        named = get_named_type(field.type)
        below: Sequence[GraphQLObjectType] = ()
        if is_object_type(named):
            below = (named,)
        elif is_abstract_type(named):
            below = self.schema.get_possible_types(named)
        fixed = None
        is_leaf = not is_composite_type(named) and name not in INTROSPECTION
        needs_none = not any(map(is_required_argument, field.args.values()))
        if is_leaf and needs_none and price.keys is None and not price.page and not callable(price.feeds):
            fixed = price.feeds
        return Rate(field, price, fixed, below, _is_list(field))


def _is_list(field: GraphQLField) -> bool:
    inner = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(inner)
