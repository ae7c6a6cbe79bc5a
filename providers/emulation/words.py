"""A text in the languages of the world."""

import msgspec

LANGUAGES = ("en", "fr", "it", "es", "ja")


class Words(msgspec.Struct, frozen=True):
    """One text in up to five languages; what is not told is told in English."""

    en: str
    fr: str
    it: str
    # For Club Med alone, whose documented locales hold es-ES and ja-JP; the other emulators speak three languages.
    es: str = ""
    ja: str = ""

    def to(self, language: str) -> str:
        """Tell it in a language, e.g. `fr`, else in English."""
        texts = {"fr": self.fr, "it": self.it, "es": self.es, "ja": self.ja}
        return texts.get(language) or self.en

    def format(self, **words: "Words | str") -> "Words":
        """Fill placeholders, each language with its own words."""
        return Words(*(self._fill(language, words) for language in LANGUAGES))

    def _fill(self, language: str, words: "dict[str, Words | str]") -> str:
        said = {name: word if isinstance(word, str) else word.to(language) for name, word in words.items()}
        return self.to(language).format(**said)
