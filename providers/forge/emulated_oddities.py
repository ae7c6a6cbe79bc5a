"""What a client has to survive: the few photos of the emulated tenant that lack what all others have."""

from collections.abc import Callable, Mapping

from providers.emulation.payload import Payload, part, parts, text


def _without_image(_photo: Payload) -> Payload:
    return {"image": None}


def _nothing_to_fill(photo: Payload) -> Payload:
    image = part(photo, "image")
    # The page has both placeholders; only the other one was ever seen in an answer.
    template = text(image, "templateUrl").replace("{formatInstructions}", "{formatName}")
    return {"image": image | {"templateUrl": template, "thumbnailUrl": None}}


def _nameless_tag(photo: Payload) -> Payload:
    tags = parts(photo, "tags")
    return {"tags": [*tags, {name: value for name, value in tags[0].items() if name != "slug"}]}


def _null_lists(_photo: Payload) -> Payload:
    # No recording has such nulls, but the page promises no member, so a client must stand them.
    return {"tags": None, "fields": None, "relations": None, "references": None}


ODDITIES: Mapping[str, Callable[[Payload], Payload]] = {
    "image is null": _without_image,
    "a format name and no thumbnail": _nothing_to_fill,
    "a tag without a slug": _nameless_tag,
    "tags, fields and relations are null": _null_lists,
}
"""Titles of the odd photos, all tagged `archive`, and what each changes in a photo that has nothing wrong."""
