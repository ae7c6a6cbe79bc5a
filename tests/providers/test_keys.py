"""Keys: what may leave in a URL, and nothing else."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import InvalidKey
from providers.keys import activity_uuid, photo_slug, product_id, shown

UUID = "0f5ca2e8-2046-11e7-9cc9-06a7e332783f"


@pytest.mark.parametrize(
    "uuid",
    [UUID, UUID.upper(), "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10", "00000000-0000-0000-0000-000000000000"],
)
def test_a_uuid_of_any_version_is_lower_cased(uuid: str) -> None:
    assert activity_uuid(uuid) == uuid.lower()


@pytest.mark.parametrize("key", ["MPAC", "CHAC_WINTER", "product-1", "a", "A" * 64, "-", "_"])
def test_a_product_id_stays_as_it_is(key: str) -> None:
    assert product_id(key) == key


@pytest.mark.parametrize("slug", ["cut1", "2-1", "a.b", "a_b~c", "...", "A" * 200, "~"])
def test_a_slug_stays_as_it_is(slug: str) -> None:
    assert photo_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", ".", "..", "a/b", "a%2fb", "A" * 201, "a\n", "é"])
def test_a_slug_that_could_leave_its_place_is_refused(slug: str) -> None:
    with pytest.raises(InvalidKey, match="wanted"):
        photo_slug(slug)


def read(check: Callable[[str], str], text: str) -> tuple[str | None, str]:
    """Give the key, or None and why there is none."""
    try:
        return check(text), ""
    except InvalidKey as error:
        return None, str(error)


@given(st.text())
def test_whatever_passes_needs_no_quoting_and_whatever_does_not_says_what_came(text: str) -> None:
    for check in (activity_uuid, product_id, photo_slug):
        key, refusal = read(check, text)
        if key is None:
            assert refusal.isprintable()
            assert len(refusal) < 600
        else:
            assert quote(key, safe="") == key
            assert key not in {"", ".", ".."}


@given(
    st.from_regex(re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII), fullmatch=True)
)
def test_every_text_in_the_shape_of_a_uuid_passes(text: str) -> None:
    assert activity_uuid(text) == text.lower()


def test_what_came_is_shown_escaped_and_cut() -> None:
    assert shown("a\r\nb") == "'a\\r\\nb'"
    assert shown("x" * 100) == repr("x" * 80 + "…")
