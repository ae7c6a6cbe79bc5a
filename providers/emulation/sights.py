"""What there is to do in the world's cities: the outlines of the emulated activities."""

import msgspec

from providers.emulation.places import CITIES, FLORENCE, City
from providers.emulation.seeds import uuid_for
from providers.emulation.words import Words


class Genre(msgspec.Struct, frozen=True):
    """A sort of activity: its category and vertical at Musement, and how its title and text are phrased."""

    number: int
    category: str
    vertical: str
    name: Words
    title: Words
    description: Words


GENRES = {
    "museum": Genre(
        13,
        "museums",
        "museums-art",
        Words("Museums", "Musées", "Musei"),
        Words(
            "Skip-the-line tickets for {sight}",
            "Billets coupe-file : {sight}",
            "Biglietti salta fila: {sight}",
        ),
        Words(
            "Walk past the queue and take your time with the collection of {sight} in {city}.",
            "Passez devant la file et prenez le temps de voir la collection de {sight} à {city}.",
            "Supera la coda e goditi con calma la collezione di {sight} a {city}.",
        ),
    ),
    "landmark": Genre(
        21,
        "landmarks",
        "sightseeing",
        Words("Landmarks", "Monuments", "Monumenti"),
        Words("Guided visit of {sight}", "Visite guidée : {sight}", "Visita guidata: {sight}"),
        Words(
            "A local guide shows you {sight}, the sight that everybody in {city} gives directions by.",
            "Un guide du quartier vous montre {sight}, le repère de tous les habitants de {city}.",
            "Una guida del posto ti mostra {sight}, il punto di riferimento di chi vive a {city}.",
        ),
    ),
    "walk": Genre(
        34,
        "walking-tours",
        "tours",
        Words("Walking tours", "Visites à pied", "Tour a piedi"),
        Words(
            "Small-group walk through {sight}",
            "Balade en petit groupe : {sight}",
            "Passeggiata in piccolo gruppo: {sight}",
        ),
        Words(
            "Two unhurried hours through {sight} in {city}, with the stories that no sign tells.",
            "Deux heures sans hâte, {sight} à {city}, avec ce que nul panneau ne raconte.",
            "Due ore senza fretta attraverso {sight} a {city}, con le storie che nessun cartello racconta.",
        ),
    ),
    "food": Genre(
        45,
        "food-tours",
        "food-wine",
        Words("Food tours", "Visites gourmandes", "Tour gastronomici"),
        Words("Food tasting in {sight}", "Dégustation : {sight}", "Degustazione: {sight}"),
        Words(
            "Six tastings at counters in {sight} where {city} has its lunch.",
            "Six dégustations aux comptoirs de {sight}, là où {city} déjeune.",
            "Sei assaggi ai banchi di {sight}, dove {city} va a pranzo.",
        ),
    ),
    "boat": Genre(
        52,
        "boat-tours",
        "cruises-boats",
        Words("Boat tours", "Croisières", "Tour in barca"),
        Words(
            "Sunset boat trip on {sight}",
            "Croisière au coucher du soleil : {sight}",
            "Giro in barca al tramonto: {sight}",
        ),
        Words(
            "See {city} from the water of {sight} while the light turns gold.",
            "Voyez {city} depuis l'eau, {sight}, quand la lumière devient dorée.",
            "Guarda {city} dall'acqua, {sight}, mentre la luce si fa dorata.",
        ),
    ),
    "garden": Genre(
        58,
        "parks-gardens",
        "nature",
        Words("Parks and gardens", "Parcs et jardins", "Parchi e giardini"),
        Words("Entrance to {sight}", "Entrée : {sight}", "Ingresso: {sight}"),
        Words(
            "An afternoon of shade and fountains at {sight} in {city}.",
            "Un après-midi d'ombre et de fontaines, {sight} à {city}.",
            "Un pomeriggio d'ombra e fontane, {sight} a {city}.",
        ),
    ),
}

_SIGHTS = {
    "florence": (
        "museum Uffizi Gallery",
        "landmark Brunelleschi's Dome",
        "walk Oltrarno",
        "garden Boboli Gardens",
    ),
    "rome": ("museum Galleria Borghese", "landmark Colosseum", "food Trastevere", "walk Appian Way"),
    "venice": ("museum Gallerie dell'Accademia", "landmark Doge's Palace", "boat Grand Canal", "food Rialto"),
    "milan": ("museum Pinacoteca di Brera", "landmark Duomo Terraces", "boat Navigli", "walk Isola"),
    "paris": ("museum Musée d'Orsay", "landmark Arc de Triomphe", "boat Seine", "food Le Marais"),
    "amsterdam": ("museum Rijksmuseum", "landmark Westertoren", "boat Canal Ring", "walk Jordaan"),
    "barcelona": ("museum Museu Picasso", "landmark Sagrada Família", "garden Park Güell", "food El Born"),
    "lisbon": ("museum Museu do Azulejo", "landmark Belém Tower", "boat Tagus", "walk Alfama"),
    "london": ("museum Tate Modern", "landmark Tower of London", "boat Thames", "garden Kew Gardens"),
    "prague": ("museum Sternberg Palace", "landmark Prague Castle", "boat Vltava", "walk Malá Strana"),
    "marrakech": (
        "museum Dar Si Said",
        "landmark Bahia Palace",
        "garden Jardin Majorelle",
        "food Jemaa el-Fna",
    ),
    "tokyo": ("museum Nezu Museum", "landmark Tokyo Tower", "boat Sumida River", "walk Yanaka"),
}

# A partner still reads the first two states by uuid, a draft answers 403; no search shows any (provider's guide).
_OFF_SALE = {"Sternberg Palace": "ARCHIVED", "Westertoren": "UNAVAILABLE", "Dar Si Said": "DRAFT"}


class Sight(msgspec.Struct, frozen=True):
    """The outline of one activity. Its old `number` only shows at the end of its web address."""

    uuid: str
    number: int
    name: str
    genre: Genre
    city: City
    status: str

    @property
    def title(self) -> Words:
        """What the activity is called."""
        return self.genre.title.format(sight=self.name)

    @property
    def description(self) -> Words:
        """What the activity offers."""
        return self.genre.description.format(sight=self.name, city=self.city.name)


BARGELLO_UUIDS = ("7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10", "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a11")
"""The two activities that carry the payloads printed in Musement's documentation."""

_BARGELLO = tuple(
    Sight(uuid, 88900 + number, "Bargello", GENRES["museum"], FLORENCE, "ONLINE")
    for number, uuid in enumerate(BARGELLO_UUIDS)
)


def _outline(number: int, place: City, line: str) -> Sight:
    genre, _, name = line.partition(" ")
    # Musement hands out both: time-based identities are the older ones.
    version = 1 if number % 3 == 0 else 4
    return Sight(
        uuid_for(f"activity {name}", version),
        # Web addresses in sandbox answers end in numbers like 88080 (observed).
        88000 + number,
        name,
        GENRES[genre],
        place,
        _OFF_SALE.get(name, "ONLINE"),
    )


_NUMBERED = enumerate((place, line) for place in CITIES for line in _SIGHTS[place.key])

SIGHTS = (*_BARGELLO, *(_outline(number, place, line) for number, (place, line) in _NUMBERED))
"""50 activities: the Bargello twice, then four a city; one each is ARCHIVED, UNAVAILABLE and DRAFT."""
