import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.forge.filling import Filling, is_safe
from providers.images import PixelSize

UNKNOWN = PixelSize(None, None)


@pytest.mark.parametrize(
    "text",
    [
        "f_auto/q_auto",
        "c_fill,g_auto,w_416,h_234/f_auto/q_80",
        "t_ratio16_9-size40/f_png",
        "Vertical%20banner",
    ],
)
def test_what_hosts_understand_is_safe(text: str) -> None:
    assert Filling(text, UNKNOWN, ()).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "f_auto/",
        "/f_auto",
        "f_auto//q_auto",
        ",f_auto",
        "..",
        ".",
        "a/../b",
        "a/./b",
        "a..b",
        "w_1?x",
        "w_1#x",
        "w_1%2f",
        "w_1\\x",
        "w_1 x",
        "w_1\n",
        "w_1\x00",
        "{formatName}",
        "$var_1",
        "w_ä",
        "w_\uff11",
    ],
)
def test_what_could_leave_the_placeholder_cannot_be_made(text: str) -> None:
    with pytest.raises(ValueError, match=f"^not safe in an image URL: {re.escape(repr(text))}$"):
        Filling(text, UNKNOWN, ())


@given(st.text())
def test_safe_text_is_made_of_harmless_characters(text: str) -> None:
    if is_safe(text):
        assert re.fullmatch(r"[A-Za-z0-9_.:,/%-]+", text)
        assert ".." not in text
