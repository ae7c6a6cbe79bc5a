"""Language tags: their shape, the one that a header asks for, and the nearest that is spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import InvalidKey
from providers.locales import accepted, culture_tag, fallbacks, language_tag

SERVED = ("en-US", "en-GB", "fr-FR", "pt-BR", "ja-JP")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("zh-hANT-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("SR-latn", "sr-Latn"),
        ("de-DE-1996X", "de-DE-1996x"),
        ("yue-HK", "yue-HK"),
    ],
)
def test_a_tag_takes_its_usual_case(text: str, tag: str) -> None:
    assert language_tag(text) == tag
    assert culture_tag(text) == tag.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "english",
        "en_US",
        "en-",
        "-US",
        "en-US-x",
        "en US",
        "en-US\n",
        "é-FR",
        "en/US",
        "..",
        "\u0435n-US",
        "en" + "-subtag" * 6,
    ],
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidKey, match="wanted a language tag like en-US"):
        language_tag(text)


@given(st.text(max_size=40))
def test_a_tag_that_passes_stays_the_same_when_read_again(text: str) -> None:
    try:
        tag = language_tag(text)
    except InvalidKey:
        return
    assert language_tag(tag) == tag
    assert tag.lower() == text.lower()
    assert tag.replace("-", "").isalnum()
    assert tag.isascii()


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en-US"),
        ("fr-FR", "fr-FR"),
        ("FR-fr;Q=0.5", "fr-FR"),
        ("ja-JP;q=0.2, fr-FR;q=0.3", "fr-FR"),
        ("ja-JP;q=0.3, fr-FR;q=0.3", "ja-JP"),
        ("fr-FR;q=1.001, ja-JP;q=0.1", "ja-JP"),
        ("fr-FR;q=0, de-DE", "en-US"),
        ("fr-FR;level=1, ja-JP;q=0.1", "ja-JP"),
        ("fr , pt-BR ; q=0.9", "pt-BR"),
        (" ,;,; q=1,,", "en-US"),
        ("x" * 2000 + ",fr-FR", "en-US"),
    ],
)
def test_the_first_served_tag_by_quality_wins_and_malformed_ones_are_ignored(
    header: str, locale: str
) -> None:
    assert accepted(header, SERVED, "en-US") == locale


@given(st.text())
def test_any_header_chooses_a_served_locale_or_the_default(header: str) -> None:
    assert accepted(header, SERVED, "de-DE") in {*SERVED, "de-DE"}


@pytest.mark.parametrize(
    ("locale", "spoken", "tried"),
    [
        ("fr-FR", SERVED, ["fr-FR", "en-US"]),
        ("fr-CA", SERVED, ["fr-FR", "en-US"]),
        ("en-GB", SERVED, ["en-GB", "en-US"]),
        ("en-AU", ("en-GB", "en-US"), ["en-US", "en-GB"]),
        ("pt-PT", SERVED, ["pt-BR", "en-US"]),
        ("de-DE", SERVED, ["en-US"]),
        ("FR-fr", ("fr-fr",), ["fr-fr", "en-US"]),
        ("fr", (), ["en-US"]),
    ],
)
def test_a_locale_falls_back_to_its_language_and_then_to_the_default(
    locale: str, spoken: tuple[str, ...], tried: list[str]
) -> None:
    assert fallbacks(locale, spoken, "en-US") == tried
