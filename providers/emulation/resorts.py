"""The resorts of the world: invented houses in real regions, the outlines of the emulated products."""

import msgspec

from providers.emulation import countries
from providers.emulation.countries import Country
from providers.emulation.words import Words

SEASONS = ("SUMMER", "WINTER")


class Landscape(msgspec.Struct, frozen=True):
    """Where a resort lies: its category at Club Med, and how its text is phrased."""

    category: str
    name: Words
    description: Words


SEA = Landscape(
    "sun",
    Words("Sun", "Soleil", "Sole", "Sol", "太陽"),
    Words(
        "{title}: sand, shade and a long swim before breakfast.",
        "{title} : du sable, de l'ombre et une longue baignade avant le petit-déjeuner.",
        "{title}: sabbia, ombra e una lunga nuotata prima di colazione.",
        "{title}: arena, sombra y un largo baño antes del desayuno.",
        "{title}:砂浜と木陰、そして朝食前のひと泳ぎ。",
    ),
)
MOUNTAIN = Landscape(
    "mountain",
    Words("Mountain", "Montagne", "Montagna", "Montaña", "山"),
    Words(
        "{title}: snow at the door in winter, meadows and paths in summer.",
        "{title} : la neige à la porte en hiver, les prés et les sentiers en été.",
        "{title}: la neve alla porta d'inverno, prati e sentieri d'estate.",
        "{title}: nieve en la puerta en invierno, prados y senderos en verano.",
        "{title}:冬は玄関先から雪、夏は草原と小道。",
    ),
)


class Resort(msgspec.Struct, frozen=True):
    """One resort. `key` names its place in tags and image names, `number` stands in its pictures' addresses.

    What is sold of it are its products: two, where there are two seasons.
    """

    code: str
    key: str
    title: str
    country: Country
    landscape: Landscape
    number: int
    product_ids: tuple[str, ...]


# The codes have Club Med's shape (observed): four capitals, and a season behind them where it is sold by season.
_OUTLINES = (
    ("AGRC", "agadir-corniche", "Agadir Corniche", countries.MOROCCO, SEA),
    ("PALM", "marrakech-palm-grove", "Marrakech Palm Grove", countries.MOROCCO, SEA),
    ("DJRB", "djerba-lagoon", "Djerba Lagoon", countries.TUNISIA, SEA),
    ("SALY", "saly-baobabs", "Saly Baobabs", countries.SENEGAL, SEA),
    ("GAUB", "gaube-bay", "Gaube Bay", countries.MAURITIUS, SEA),
    ("MORN", "le-morne-reef", "Le Morne Reef", countries.MAURITIUS, SEA),
    ("ARIA", "ari-atoll-sands", "Ari Atoll Sands", countries.MALDIVES, SEA),
    ("MAHE", "mahe-granite-cove", "Mahé Granite Cove", countries.SEYCHELLES, SEA),
    ("KRBI", "krabi-limestone-bay", "Krabi Limestone Bay", countries.THAILAND, SEA),
    ("LMBK", "lombok-rice-terraces", "Lombok Rice Terraces", countries.INDONESIA, SEA),
    ("TIOM", "tioman-rainforest", "Tioman Rainforest", countries.MALAYSIA, SEA),
    ("YUCA", "yucatan-cenotes", "Yucatán Cenotes", countries.MEXICO, SEA),
    ("SMNA", "samana-palms", "Samaná Palms", countries.DOMINICAN_REPUBLIC, SEA),
    ("TRNC", "trancoso-dunes", "Trancoso Dunes", countries.BRAZIL, SEA),
    ("EXUM", "exuma-sandbar", "Exuma Sandbar", countries.BAHAMAS, SEA),
    ("ALGV", "algarve-cliffs", "Algarve Cliffs", countries.PORTUGAL, SEA),
    ("TAOR", "taormina-gulf", "Taormina Gulf", countries.ITALY, SEA),
    ("PELO", "peloponnese-olive-bay", "Peloponnese Olive Bay", countries.GREECE, SEA),
    ("BODR", "bodrum-blue-coves", "Bodrum Blue Coves", countries.TURKEY, SEA),
    ("BRAV", "costa-brava-pines", "Costa Brava Pines", countries.SPAIN, SEA),
    ("MIYA", "miyako-coral-gardens", "Miyako Coral Gardens", countries.JAPAN, SEA),
    ("VEND", "vendee-pine-forest", "Vendée Pine Forest", countries.FRANCE, SEA),
    ("ARVE", "arve-balcony", "Arve Balcony", countries.FRANCE, MOUNTAIN),
    ("OISN", "oisans-high-plateau", "Oisans High Plateau", countries.FRANCE, MOUNTAIN),
    ("GRIS", "grisons-larch-forest", "Grisons Larch Forest", countries.SWITZERLAND, MOUNTAIN),
    ("DOLM", "dolomites-rose-peaks", "Dolomites Rose Peaks", countries.ITALY, MOUNTAIN),
    ("HKDO", "hokkaido-powder-bowl", "Hokkaido Powder Bowl", countries.JAPAN, MOUNTAIN),
    ("LAUR", "laurentides-lakeside", "Laurentides Lakeside", countries.CANADA, MOUNTAIN),
)

# `product-1` is the placeholder in some examples of the provider's portal.
ANNEX = Resort("product-1", "vendee-annex", "Vendée Annex", countries.FRANCE, SEA, 7900, ("product-1",))
"""Carries the payloads printed in Club Med's documentation."""


def _product_ids(code: str, landscape: Landscape) -> tuple[str, ...]:
    # A mountain resort of two seasons is two products there (its documentation), so two galleries of one place.
    return tuple(f"{code}_{season}" for season in SEASONS) if landscape is MOUNTAIN else (code,)


RESORTS = (
    *(
        Resort(code, key, title, country, landscape, 7000 + number, _product_ids(code, landscape))
        for number, (code, key, title, country, landscape) in enumerate(_OUTLINES)
    ),
    ANNEX,
)
"""29 resorts: 22 of all seasons, six with a product for each season, and the annex: 35 products."""
