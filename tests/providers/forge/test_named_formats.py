import json
from pathlib import Path

import pytest

from providers.forge.named_formats import NamedFormat, NamedFormatsError, load_named_formats

WIDE = {"name": "wide", "instructions": "t_wide", "width": 416, "height": 234}


def written(path: Path, content: object) -> Path:
    file = path / "formats.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_a_file_of_formats_is_read_in_its_order(tmp_path: Path) -> None:
    banner = {"name": "Vertical banner", "instructions": "t_banner/f_auto", "width": 210, "height": 280}
    assert load_named_formats(written(tmp_path, [WIDE, banner])) == (
        NamedFormat("wide", "t_wide", 416, 234),
        NamedFormat("Vertical banner", "t_banner/f_auto", 210, 280),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "wanted at least one format, got an empty array"),
        ([WIDE, WIDE], "wanted each name once, got 'wide' 2 times"),
        ([WIDE, WIDE | {"width": 0}], "entry 1: width: wanted 1 to 8192, got 0"),
        ([WIDE | {"height": 8193}], "entry 0: height: wanted 1 to 8192, got 8193"),
        (
            [WIDE | {"name": "../wide"}],
            "entry 0: name: wanted letters, digits, _ . - and single spaces, got '../wide'",
        ),
        ([WIDE | {"name": ""}], "entry 0: name: wanted letters, digits, _ . - and single spaces, got ''"),
        (
            [WIDE | {"name": "a..b"}],
            "entry 0: name: wanted letters, digits, _ . - and single spaces, got 'a..b'",
        ),
        (
            [WIDE | {"name": "wide "}],
            "entry 0: name: wanted letters, digits, _ . - and single spaces, got 'wide '",
        ),
        (
            [WIDE | {"instructions": "t_wide/"}],
            "entry 0: instructions: wanted Cloudinary components like t_wide/f_auto, got 't_wide/'",
        ),
        (
            [WIDE | {"instructions": "t_wide%20"}],
            "entry 0: instructions: wanted Cloudinary components like t_wide/f_auto, got 't_wide%20'",
        ),
        (
            [WIDE | {"instructions": "t_wide\n"}],
            "entry 0: instructions: wanted Cloudinary components like t_wide/f_auto, got 't_wide\\n'",
        ),
    ],
)
def test_a_wrong_entry_is_named_with_what_was_wanted(tmp_path: Path, content: object, message: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(NamedFormatsError) as caught:
        load_named_formats(file)
    assert str(caught.value) == f"{file}: {message}"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("", "Input data was truncated"),
        ("[{]", "JSON is malformed"),
        ({"wide": WIDE}, "Expected `array`, got `object`"),
        ([{"name": "wide"}], "Object missing required field `instructions` - at `$[0]`"),
        ([WIDE | {"width": "416"}], "Expected `int`, got `str` - at `$[0].width`"),
        ([WIDE | {"width": True}], "Expected `int`, got `bool` - at `$[0].width`"),
        ([WIDE | {"Extension": ".jpg"}], "Object contains unknown field `Extension` - at `$[0]`"),
    ],
)
def test_another_shape_is_named_with_its_place(tmp_path: Path, content: object, detail: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(NamedFormatsError) as caught:
        load_named_formats(file)
    message = str(caught.value)
    assert message.startswith(
        f"{file}: wanted a JSON array of objects with name, instructions, width and height: {detail}"
    )
    assert "\n" not in message


def test_a_file_that_is_not_utf_8_is_another_shape(tmp_path: Path) -> None:
    file = tmp_path / "formats.json"
    file.write_bytes(b'[{"name": "\xff"}]')
    with pytest.raises(NamedFormatsError, match="wanted a JSON array of objects"):
        load_named_formats(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(NamedFormatsError) as missing:
        load_named_formats(tmp_path / "none.json")
    assert str(missing.value) == f"{tmp_path / 'none.json'}: cannot be read: No such file or directory"
    with pytest.raises(NamedFormatsError) as folder:
        load_named_formats(tmp_path)
    assert str(folder.value) == f"{tmp_path}: cannot be read: Is a directory"
