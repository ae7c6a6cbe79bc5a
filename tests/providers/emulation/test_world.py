"""One world in three providers: what one speaks of, the others know."""

from collections.abc import Iterator

import pytest

from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.emulation.payload import part, parts, text
from providers.emulation.seeds import number_for, slugify, uuid_for
from providers.forge.emulator import create_emulator as create_forge
from providers.musement import printed
from providers.musement.emulator import create_emulator as create_musement


def references(culture: str) -> Iterator[tuple[str, str]]:
    for photo in create_forge().world.photos[culture]:
        for tag in parts(photo, "tags"):
            if reference := part(tag, "externalSourceReference"):
                yield text(reference, "sourceName"), text(reference, "sourceId")


@pytest.mark.parametrize("culture", ["en-us", "fr-fr", "it-it"])
def test_every_photo_that_names_an_activity_or_a_product_names_one_that_there_is(culture: str) -> None:
    named = set(references(culture))
    activities = {("musement", uuid) for uuid in create_musement().world.activities}
    products = {("clubmed", product_id) for product_id in create_clubmed().world.products["en-US"]}
    assert named <= activities | products
    assert len(named & activities) >= 40
    assert len(named & products) >= 30


def test_some_activities_have_editorial_photos_and_some_have_none() -> None:
    named = {identity for _, identity in references("en-us")}
    assert printed.GALLERY_UUID in named
    assert printed.FLAGGED_UUID not in named


def test_seeds_never_change() -> None:
    """Cursors, cached answers and documented examples of the sandbox live on them."""
    assert uuid_for("activity Colosseum", 1) == "bf3d4e35-f951-1c69-8d5b-e1de92dae7f8"
    assert number_for("palette", 100) == 84
    assert slugify("Café terrace in Malá Strana") == "cafe-terrace-in-mala-strana"
