"""Every field without a resolver is read off its record by name: the names exist, and so do values never null."""

import types
import typing

import msgspec
import pytest
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from providers import records
from providers.clubmed.records import Resort
from providers.forge.records import Photo, RelatedContent, Tag
from providers.musement.records import Activity, City
from resolvers.connections import Connection, Edge, PageInfo
from resolvers.covers import Cover
from resolvers.freshness import Freshness
from resolvers.photo_lists import MergedConnection
from schema.graph import build_schema

# An interface has no record of its own: whatever implements it is in the table.
RECORDS: dict[str, tuple[type, ...]] = {
    "Activity": (Activity,),
    "City": (City,),
    "ResortProduct": (Resort,),
    "Photo": (Photo,),
    "Tag": (Tag,),
    "RelatedContent": (RelatedContent,),
    "Image": (records.Image,),
    "Video": (records.Video,),
    "OtherMedia": (records.OtherMedia,),
    "ImageRendition": (records.Rendition,),
    "Cover": (Cover,),
    "Freshness": (Freshness,),
    "PageInfo": (PageInfo,),
    "PhotoConnection": (Connection, MergedConnection),
    **dict.fromkeys(
        (
            "ActivityConnection",
            "ResortProductConnection",
            "MediaConnection",
            "ImageConnection",
            "VideoConnection",
        ),
        (Connection,),
    ),
    **dict.fromkeys(
        ("ActivityEdge", "ResortProductEdge", "MediaEdge", "ImageEdge", "VideoEdge", "PhotoEdge"), (Edge,)
    ),
}

TYPES = {
    name: definition
    for name, converted in build_schema().schema_converter.type_map.items()
    if isinstance(definition := converted.definition, StrawberryObjectDefinition)
    and not definition.is_input
    and not definition.is_interface
}


def plain_fields(name: str) -> list[StrawberryField]:
    return [field for field in TYPES[name].fields if field.base_resolver is None]


def may_be_none(record: type, name: str) -> bool:
    """Tell whether the record's own annotation lets the value be None."""
    member = getattr(record, name, None)
    if isinstance(member, property):
        hint = typing.get_type_hints(member.fget)["return"]
    else:
        hint = typing.get_type_hints(record)[name]
    is_union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return hint is typing.Any or (is_union and type(None) in typing.get_args(hint))


def test_the_table_names_every_type_that_has_fields_without_a_resolver() -> None:
    assert {name for name in TYPES if plain_fields(name)} == set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_without_a_resolver_exists_on_its_records(name: str) -> None:
    assert plain_fields(name)
    for record in RECORDS[name]:
        declared = {each.name for each in msgspec.structs.fields(record)}
        computed = {each for each in dir(record) if isinstance(getattr(record, each), property)}
        missing = {field.python_name for field in plain_fields(name)} - declared - computed
        assert (record.__name__, missing) == (record.__name__, set())


CHECKED_BEFORE = {
    # A photo whose image is None leaves its adapter neither as a list item nor as a detail.
    ("Photo", "image"),
    # Nor does a tag without a slug.
    ("Tag", "slug"),
    # Only an object becomes a related entity.
    ("RelatedContent", "raw"),
    # The list of one owner is all there, so that its length is known.
    ("MediaConnection", "total_count"),
    ("ImageConnection", "total_count"),
    ("VideoConnection", "total_count"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_field_that_is_never_null_reads_what_is_never_none(name: str) -> None:
    never_null = [field.python_name for field in plain_fields(name) if not field_may_be_null(field)]
    for record in RECORDS[name]:
        found = {(name, each) for each in never_null if may_be_none(record, each)}
        assert found <= CHECKED_BEFORE


def field_may_be_null(field: StrawberryField) -> bool:
    return type(field.type).__name__ == "StrawberryOptional"
