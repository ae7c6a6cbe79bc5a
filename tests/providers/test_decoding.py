"""JSON into records: one bad item of a list never spoils the others."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.decoding import ListDecoder, text_or_none


class Item(msgspec.Struct, frozen=True):
    id: int | None = None
    name: str | None = None


ITEMS = ListDecoder(list[Item])


def test_a_list_of_fitting_items_is_decoded_whole() -> None:
    assert ITEMS.decode(b'[{"id": 1, "more": []}, {"id": "2", "name": null}, {}]') == [
        Item(1),
        Item(2),
        Item(),
    ]


@pytest.mark.parametrize(
    "bad", [b'"text"', b"5", b"null", b"[]", b'{"id": "one"}', b'{"id": []}', b'{"name": {}}']
)
def test_an_item_of_another_shape_is_none_at_its_own_position(bad: bytes) -> None:
    assert ITEMS.decode(b'[{"id": 1}, %s, {"id": 3}]' % bad) == [Item(1), None, Item(3)]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'"[]"', b"[", b"[1", b'[{"id": 1}', b'[{"id": NaN}]', b"nonsense"]
)
def test_what_is_no_json_array_is_an_error(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        ITEMS.decode(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner),
    max_leaves=8,
)


@given(st.lists(_JSON, max_size=8))
def test_every_position_of_the_array_stays(items: list[object]) -> None:
    decoded = ITEMS.decode(msgspec.json.encode(items))
    assert len(decoded) == len(items)
    for item, record in zip(items, decoded, strict=True):
        assert record is None or isinstance(item, dict)


def test_absent_null_and_empty_texts_are_none() -> None:
    assert [text_or_none(text) for text in (msgspec.UNSET, None, "", "text")] == [None, None, None, "text"]
