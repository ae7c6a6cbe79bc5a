"""Global ids: what is written is read back, and nothing else is read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.records import Image, ImageRole, Media, OtherMedia, Owner, Provider, Video
from resolvers.errors import BadUserInput
from resolvers.ids import (
    ACTIVITY,
    IMAGE,
    OTHER,
    PHOTO,
    RESORT,
    VIDEO,
    digest,
    media_id,
    owner_of,
    read,
    written,
)

_KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_PARTS = {ACTIVITY: 1, RESORT: 1, PHOTO: 2, VIDEO: 3, OTHER: 4, **dict.fromkeys(IMAGE.values(), 3)}
OWNER = Owner(provider=Provider.MUSEMENT, key=("u",))


@given(st.sampled_from(sorted(_PARTS)), st.data())
def test_what_is_written_is_read_back(kind: str, data: st.DataObject) -> None:
    parts = data.draw(st.tuples(*[_KEYS] * _PARTS[kind]))
    text = written(kind, *parts)
    named = read(text)
    assert (named.kind, named.parts) == (kind, parts)
    assert text.isascii()
    assert set(text).isdisjoint("+/=")


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")))
def test_whatever_this_graph_has_not_written_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput, match="wanted an id that this graph gave"):
        read(text)


@given(st.integers(0, 200), st.sampled_from("AZaz09-_+=/ \n"))
def test_an_altered_id_is_refused_or_names_something_else(position: int, letter: str) -> None:
    text = written(ACTIVITY, "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10")
    altered = text[: position % len(text)] + letter + text[position % len(text) + 1 :]
    try:
        named = read(altered)
    except BadUserInput:
        return
    # Two texts never name one thing.
    assert written(named.kind, *named.parts) == altered


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://i.test/1.jpg?w=1", "https://i.test/1.jpg?w=2", True),
        ("https://i.test/1.jpg", "https://i.test/1.jpg?", True),
        ("https://i.test/1.jpg", "https://i.test/2.jpg", False),
        ("http://i.test/1.jpg", "https://i.test/1.jpg", False),
    ],
)
def test_an_item_is_its_address_without_the_query(one: str, other: str, *, same: bool) -> None:
    ids = [media_id(Image(owner=OWNER, url=url, provider_id=url)) for url in (one, other)]
    assert (ids[0] == ids[1]) is same


def test_kind_role_owner_and_provider_are_parts_of_an_item_s_id() -> None:
    url = "https://i.test/1"
    items: list[Media] = [
        *(Image(owner=OWNER, url=url, role=role) for role in ImageRole),
        Video(owner=OWNER, url=url),
        OtherMedia(owner=OWNER, url=url, provider_kind="x"),
        Image(owner=Owner(provider=Provider.CLUB_MED, key=("u",)), url=url),
        Image(owner=Owner(provider=Provider.MUSEMENT, key=("v",)), url=url),
    ]
    assert len({media_id(item) for item in items}) == len(items)
    assert len({digest(item) for item in items}) == 1


def test_a_forge_image_is_its_template_and_else_its_thumbnail() -> None:
    owner = Owner(provider=Provider.FORGE, key=("en-us", "s"))
    both = Image(owner=owner, url=None, template_url="https://i.test/{t}", thumbnail_url="https://i.test/a")
    template = Image(
        owner=owner, url=None, template_url="https://i.test/{t}", thumbnail_url="https://i.test/b"
    )
    thumbnail = Image(owner=owner, url=None, thumbnail_url="https://i.test/a")
    assert media_id(both) == media_id(template) != media_id(thumbnail)


def test_the_owner_of_an_item_is_read_with_a_provider_that_there_is() -> None:
    assert owner_of(("FORGE", "en-us", "s", "digest")) == Owner(provider=Provider.FORGE, key=("en-us", "s"))
    assert owner_of(("HOTELS", "1", "digest")) is None
