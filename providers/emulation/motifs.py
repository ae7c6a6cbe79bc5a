"""What the photographs of the world show: cities, sights and resorts, each from several sides."""

import msgspec

from providers.emulation.words import Words

THEMES = {
    "architecture": Words("Architecture", "Architecture", "Architettura"),
    "panorama": Words("Panorama", "Panorama", "Panorami"),
    "dawn": Words("Dawn", "Aube", "Alba"),
    "food": Words("Food", "Cuisine", "Cucina"),
    "people": Words("People", "Gens", "Persone"),
    "night": Words("Night", "Nuit", "Notte"),
    "street": Words("Street life", "Vie de rue", "Vita di strada"),
    "water": Words("Water", "Eau", "Acqua"),
    "weather": Words("Weather", "Météo", "Meteo"),
    "nature": Words("Nature", "Nature sauvage", "Natura"),
    "family": Words("Family", "Famille", "Famiglia"),
    "wellness": Words("Wellness", "Bien-être", "Benessere"),
    "sport": Words("Sport", "Sports", "Attività sportive"),
    "rooms": Words("Rooms", "Chambres", "Camere"),
    "guides": Words("Guides", "Nos guides", "Le guide"),
    # On the odd photos alone, so that a query can pick or avoid them.
    "archive": Words("From the archive", "Archives", "Dall'archivio"),
}
"""Themes by neutral slug."""


class Motif(msgspec.Struct, frozen=True):
    """One side of a place: how its photographs are called, and their themes."""

    key: str
    title: Words
    themes: tuple[str, ...]


# Photos are Forge's, and its tenant here has three cultures: Spanish and Japanese would never be read.
OF_CITIES = (
    Motif(
        "rooftops",
        Words("Rooftops of {place}", "Les toits de {place}", "I tetti di {place}"),
        ("architecture", "panorama"),
    ),
    Motif(
        "first-light",
        Words("{place} at first light", "{place} aux premières lueurs", "{place} alle prime luci"),
        ("dawn",),
    ),
    Motif(
        "market",
        Words("Market morning in {place}", "Matin de marché à {place}", "Mattina di mercato a {place}"),
        ("food", "people"),
    ),
    Motif(
        "lights",
        Words("Night lights in {place}", "Lumières de la nuit à {place}", "Luci della notte a {place}"),
        ("night",),
    ),
    Motif(
        "lane",
        Words("A quiet street in {place}", "Une rue tranquille à {place}", "Una via tranquilla a {place}"),
        ("street",),
    ),
    Motif(
        "water",
        Words("{place} from the water", "{place} depuis l'eau", "{place} dall'acqua"),
        ("water", "panorama"),
    ),
    Motif(
        "terrace",
        Words("Café terrace in {place}", "Terrasse de café à {place}", "Tavolini all'aperto a {place}"),
        ("food", "street"),
    ),
    Motif(
        "rain",
        Words("{place} after the rain", "{place} après la pluie", "{place} dopo la pioggia"),
        ("weather", "street"),
    ),
    Motif(
        "festival",
        Words("Festival evening in {place}", "Soir de fête à {place}", "Sera di festa a {place}"),
        ("people", "night"),
    ),
    Motif(
        "park",
        Words("Sunday in the park, {place}", "Dimanche au parc, {place}", "Domenica al parco, {place}"),
        ("nature", "family"),
    ),
)
OF_SIGHTS = (
    Motif(
        "entrance",
        Words("At the entrance, {place}", "À l'entrée, {place}", "All'ingresso, {place}"),
        ("architecture",),
    ),
    Motif(
        "detail", Words("{place}, a detail", "{place}, un détail", "{place}, un dettaglio"), ("architecture",)
    ),
    Motif("visitors", Words("Visitors, {place}", "Visiteurs, {place}", "Visitatori, {place}"), ("people",)),
    Motif("evening", Words("{place} in the evening", "{place}, le soir", "{place}, la sera"), ("night",)),
    Motif(
        "wide",
        Words("{place}, the whole view", "{place}, vue d'ensemble", "{place}, veduta d'insieme"),
        ("panorama",),
    ),
    Motif(
        "guide",
        Words("A guide at work, {place}", "Une guide au travail, {place}", "Una guida al lavoro, {place}"),
        ("people", "guides"),
    ),
    Motif(
        "family",
        Words(
            "A family day, {place}", "Une journée en famille, {place}", "Una giornata in famiglia, {place}"
        ),
        ("family",),
    ),
    Motif("winter", Words("{place} in winter", "{place} en hiver", "{place} d'inverno"), ("weather",)),
)
OF_RESORTS = (
    Motif("aerial", Words("{place} from above", "{place} vue du ciel", "{place} dall'alto"), ("panorama",)),
    Motif(
        "pool",
        Words("By the pool, {place}", "Au bord de la piscine, {place}", "A bordo piscina, {place}"),
        ("water", "family"),
    ),
    Motif("suite", Words("A suite at {place}", "Une suite, {place}", "Una suite, {place}"), ("rooms",)),
    Motif("dinner", Words("Dinner at {place}", "Dîner, {place}", "Cena, {place}"), ("food", "night")),
    Motif("spa", Words("The spa of {place}", "Le spa, {place}", "La spa, {place}"), ("wellness",)),
    Motif(
        "sport",
        Words("Sports hour, {place}", "L'heure du sport, {place}", "L'ora dello sport, {place}"),
        ("sport", "people"),
    ),
    Motif(
        "children",
        Words("Children's club, {place}", "Club enfants, {place}", "Club dei bambini, {place}"),
        ("family",),
    ),
    Motif(
        "sunset",
        Words("Sunset over {place}", "Coucher de soleil, {place}", "Tramonto, {place}"),
        ("night", "panorama"),
    ),
    Motif(
        "garden", Words("The garden of {place}", "Le jardin, {place}", "Il giardino, {place}"), ("nature",)
    ),
    Motif(
        "morning",
        Words("First coffee, {place}", "Premier café, {place}", "Primo caffè, {place}"),
        ("dawn", "food"),
    ),
    Motif(
        "path",
        Words("The path to {place}", "Le chemin, {place}", "Il sentiero, {place}"),
        ("nature", "sport"),
    ),
    Motif("bar", Words("The bar of {place}", "Le bar, {place}", "Il bar, {place}"), ("food", "people")),
)
