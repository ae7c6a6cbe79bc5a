"""The cities of the world: real places, told in its languages."""

import msgspec

from providers.emulation.countries import (
    CZECHIA,
    FRANCE,
    ITALY,
    JAPAN,
    MOROCCO,
    NETHERLANDS,
    PORTUGAL,
    SPAIN,
    UNITED_KINGDOM,
    Country,
)
from providers.emulation.words import Words


class City(msgspec.Struct, frozen=True):
    """`key` is the neutral slug of tags and image names; `number` the one that Musement would have for it."""

    key: str
    number: int
    name: Words
    country: Country
    latitude: float
    longitude: float
    time_zone: str


# 2 for Rome and 57 for Amsterdam were seen in recorded answers; the other numbers are made up.
FLORENCE = City(
    "florence", 1, Words("Florence", "Florence", "Firenze"), ITALY, 43.7696, 11.2558, "Europe/Rome"
)
ROME = City("rome", 2, Words("Rome", "Rome", "Roma"), ITALY, 41.9028, 12.4964, "Europe/Rome")
VENICE = City("venice", 3, Words("Venice", "Venise", "Venezia"), ITALY, 45.4408, 12.3155, "Europe/Rome")
MILAN = City("milan", 4, Words("Milan", "Milan", "Milano"), ITALY, 45.4642, 9.19, "Europe/Rome")
PARIS = City("paris", 40, Words("Paris", "Paris", "Parigi"), FRANCE, 48.8566, 2.3522, "Europe/Paris")
LONDON = City(
    "london", 42, Words("London", "Londres", "Londra"), UNITED_KINGDOM, 51.5072, -0.1276, "Europe/London"
)
LISBON = City(
    "lisbon", 61, Words("Lisbon", "Lisbonne", "Lisbona"), PORTUGAL, 38.7223, -9.1393, "Europe/Lisbon"
)
PRAGUE = City("prague", 65, Words("Prague", "Prague", "Praga"), CZECHIA, 50.0755, 14.4378, "Europe/Prague")
TOKYO = City("tokyo", 90, Words("Tokyo", "Tokyo", "Tokyo"), JAPAN, 35.6762, 139.6503, "Asia/Tokyo")
BARCELONA = City(
    "barcelona", 33, Words("Barcelona", "Barcelone", "Barcellona"), SPAIN, 41.3874, 2.1686, "Europe/Madrid"
)
AMSTERDAM = City(
    "amsterdam",
    57,
    Words("Amsterdam", "Amsterdam", "Amsterdam"),
    NETHERLANDS,
    52.3676,
    4.9041,
    "Europe/Amsterdam",
)
MARRAKECH = City(
    "marrakech",
    82,
    Words("Marrakech", "Marrakech", "Marrakech"),
    MOROCCO,
    31.6295,
    -7.9811,
    "Africa/Casablanca",
)

CITIES = (
    FLORENCE,
    ROME,
    VENICE,
    MILAN,
    PARIS,
    AMSTERDAM,
    BARCELONA,
    LISBON,
    LONDON,
    PRAGUE,
    MARRAKECH,
    TOKYO,
)
"""The twelve cities, in the order in which their activities are numbered."""
