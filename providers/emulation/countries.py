"""The countries of the world's cities and resorts."""

import msgspec

from providers.emulation.words import Words


class Country(msgspec.Struct, frozen=True):
    """`code` is ISO 3166, `number` the one that Musement would have for it."""

    code: str
    number: int
    name: Words


# 82 was seen for Italy in recorded answers; the other numbers keep its alphabetical order and are made up.
BAHAMAS = Country("BS", 16, Words("Bahamas", "Bahamas", "Bahamas", "Bahamas", "バハマ"))
BRAZIL = Country("BR", 30, Words("Brazil", "Brésil", "Brasile", "Brasil", "ブラジル"))
CANADA = Country("CA", 38, Words("Canada", "Canada", "Canada", "Canadá", "カナダ"))
CZECHIA = Country("CZ", 44, Words("Czech Republic", "Tchéquie", "Repubblica Ceca", "Chequia", "チェコ"))
DOMINICAN_REPUBLIC = Country(
    "DO",
    49,
    Words(
        "Dominican Republic",
        "République dominicaine",
        "Repubblica Dominicana",
        "República Dominicana",
        "ドミニカ共和国",
    ),
)
FRANCE = Country("FR", 60, Words("France", "France", "Francia", "Francia", "フランス"))
GREECE = Country("GR", 67, Words("Greece", "Grèce", "Grecia", "Grecia", "ギリシャ"))
INDONESIA = Country("ID", 79, Words("Indonesia", "Indonésie", "Indonesia", "Indonesia", "インドネシア"))
ITALY = Country("IT", 82, Words("Italy", "Italie", "Italia", "Italia", "イタリア"))
JAPAN = Country("JP", 86, Words("Japan", "Japon", "Giappone", "Japón", "日本"))
MALAYSIA = Country("MY", 104, Words("Malaysia", "Malaisie", "Malesia", "Malasia", "マレーシア"))
MALDIVES = Country("MV", 105, Words("Maldives", "Maldives", "Maldive", "Maldivas", "モルディブ"))
MAURITIUS = Country("MU", 110, Words("Mauritius", "Île Maurice", "Mauritius", "Mauricio", "モーリシャス"))
MEXICO = Country("MX", 111, Words("Mexico", "Mexique", "Messico", "México", "メキシコ"))
MOROCCO = Country("MA", 116, Words("Morocco", "Maroc", "Marocco", "Marruecos", "モロッコ"))
NETHERLANDS = Country("NL", 124, Words("Netherlands", "Pays-Bas", "Paesi Bassi", "Países Bajos", "オランダ"))
PORTUGAL = Country("PT", 139, Words("Portugal", "Portugal", "Portogallo", "Portugal", "ポルトガル"))
SENEGAL = Country("SN", 152, Words("Senegal", "Sénégal", "Senegal", "Senegal", "セネガル"))
SEYCHELLES = Country("SC", 154, Words("Seychelles", "Seychelles", "Seychelles", "Seychelles", "セーシェル"))
SPAIN = Country("ES", 164, Words("Spain", "Espagne", "Spagna", "España", "スペイン"))
SWITZERLAND = Country("CH", 170, Words("Switzerland", "Suisse", "Svizzera", "Suiza", "スイス"))
THAILAND = Country("TH", 176, Words("Thailand", "Thaïlande", "Thailandia", "Tailandia", "タイ"))
TUNISIA = Country("TN", 181, Words("Tunisia", "Tunisie", "Tunisia", "Túnez", "チュニジア"))
TURKEY = Country("TR", 182, Words("Türkiye", "Turquie", "Turchia", "Turquía", "トルコ"))
UNITED_KINGDOM = Country(
    "GB", 187, Words("United Kingdom", "Royaume-Uni", "Regno Unito", "Reino Unido", "イギリス")
)
