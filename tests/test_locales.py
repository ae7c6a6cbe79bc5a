"""Which language a request is answered in, and what each provider is asked for."""

from tests.graph import Graph, running_graph
from tests.world import ACTIVITY, MEDIA, PHOTO, PHOTOS, PICTURES, RESORT, SEARCH, UUIDS

ALL = f"""query($l: Locale) {{
  activity(uuid: "{UUIDS[0]}", locale: $l) {{
    title gallery {{ totalCount }} photos(first: 1) {{ nodes {{ culture }} }}
  }}
  resortProduct(productId: "PALM", locale: $l) {{ description gallery {{ totalCount }} }}
}}"""


def asked(graph: Graph) -> tuple[set[str], set[str], set[str]]:
    """Read the languages that Musement, Club Med and Forge were asked for."""
    return (
        {hit.headers["accept-language"] for hit in graph.musement.hits.calls},
        {hit.headers["accept-language"] for hit in graph.clubmed.hits.calls},
        {hit.raw_path.split("/")[3] for hit in graph.forge.hits.calls},
    )


LOCALES = [
    ("en-US", "en-US", "en-US", "en-us"),
    ("EN-us", "en-US", "en-US", "en-us"),
    ("fr-FR", "fr-FR", "fr-FR", "fr-fr"),
    ("it-IT", "it-IT", "en-US", "it-it"),
    ("ja-JP", "en-US", "ja-JP", "en-us"),
    ("en-GB", "en-GB", "en-US", "en-us"),
    ("en-SG", "en-US", "en-SG", "en-us"),
    ("fr-CA", "fr-FR", "fr-FR", "fr-fr"),
    ("fr", "fr-FR", "fr-FR", "fr-fr"),
    ("pt-AO", "pt-PT", "en-US", "en-us"),
    ("zh-Hant-TW", "en-US", "en-US", "en-us"),
]


async def test_each_adapter_translates_the_locale_and_falls_back_to_its_language_and_then_the_default(
    bare_graph: Graph,
) -> None:
    for locale, *wanted in LOCALES:
        bare_graph.forget_calls()
        reply = await bare_graph.query(ALL, {"l": locale})
        assert reply.errors == []
        assert (locale, asked(bare_graph)) == (locale, tuple({each} for each in wanted))
        assert bare_graph.calls == {ACTIVITY: 1, MEDIA: 1, RESORT: 1, PICTURES: 1, PHOTOS: 1}


HEADERS = [
    ("fr-FR", "fr-FR", "fr-FR"),
    ("FR-fr", "fr-FR", "fr-FR"),
    ("ja-JP, fr-FR", "en-US", "ja-JP"),
    ("ja-JP;q=0.5, fr-FR;q=0.7, es-ES;q=0.6", "fr-FR", "fr-FR"),
    ("xx-XX, tlh;q=0.9, de-DE;q=0.8", "de-DE", "en-US"),
    ("fr-FR;q=0, it-IT;q=0.1", "it-IT", "en-US"),
    ("fr-FR;q=2, es-ES;q=0.1", "es-ES", "es-ES"),
    ("fr-FR;q=nonsense, es-ES", "es-ES", "es-ES"),
    (";;;,,q=1, fr-FR", "fr-FR", "fr-FR"),
    ("fr", "en-US", "en-US"),
    ("*", "en-US", "en-US"),
    ("", "en-US", "en-US"),
    ("../../etc", "en-US", "en-US"),
]


async def test_without_an_argument_the_request_s_accept_language_decides(bare_graph: Graph) -> None:
    for header, *wanted in HEADERS:
        bare_graph.forget_calls()
        reply = await bare_graph.query(
            f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} resortProduct(productId: "PALM") {{ title }} }}',
            accept_language=header,
        )
        assert reply.errors == []
        assert (header, asked(bare_graph)[:2]) == (header, tuple({each} for each in wanted))


async def test_the_argument_outweighs_the_header(graph: Graph) -> None:
    await graph.query(ALL, {"l": "fr-FR"}, accept_language="es-ES")
    assert asked(graph) == ({"fr-FR"}, {"fr-FR"}, {"fr-fr"})


async def test_texts_come_in_the_locale(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ a: activity(uuid: "{UUIDS[0]}", locale: "fr-FR") {{ title gallery(first: 1) {{ nodes {{ title }} }} }}'
        f' b: activity(uuid: "{UUIDS[0]}", locale: "it-IT") {{ title }} c: activity(uuid: "{UUIDS[0]}") {{ title }} }}'
    )
    french = "Billets pour le musée national du Bargello"
    assert reply.data == {
        "a": {"title": french, "gallery": {"nodes": [{"title": french}]}},
        "b": {"title": "Biglietti per il Museo Nazionale del Bargello"},
        "c": {"title": "Tickets for the Bargello National Museum"},
    }
    # The locale is part of the key: three languages are three details.
    assert graph.calls == {ACTIVITY: 3, MEDIA: 1}


async def test_two_spellings_of_one_locale_are_one_key(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ a: activity(uuid: "{UUIDS[0]}", locale: "fr-fr") {{ title }}'
        f' b: activity(uuid: "{UUIDS[0]}", locale: "FR-FR") {{ title }} }}'
    )
    assert reply.data["a"] == reply.data["b"]
    assert graph.calls == {ACTIVITY: 1}


async def test_the_search_passes_its_locale_on_to_its_items(graph: Graph) -> None:
    reply = await graph.query(
        '{ activitySearch(text: "Bargello", locale: "fr-FR", first: 1) { nodes { title gallery { totalCount } } } }'
    )
    assert reply.data["activitySearch"]["nodes"][0]["title"] == "Billets pour le musée national du Bargello"
    assert asked(graph)[0] == {"fr-FR"}
    assert graph.calls == {SEARCH: 1, MEDIA: 1}


async def test_the_default_and_the_served_locales_are_settings() -> None:
    async with running_graph(locale="fr-FR", locales="it-IT") as graph:
        await graph.query(ALL)
        assert asked(graph) == ({"fr-FR"}, {"fr-FR"}, {"fr-fr"})
        graph.forget_calls()
        # A tag that is not listed is passed over, whatever the providers speak.
        await graph.query(ALL.replace("title", "url").replace("PALM", "AGRC"), accept_language="es-ES, it-IT")
        assert asked(graph) == ({"it-IT"}, {"fr-FR"}, {"it-it"})


async def test_only_an_explicit_locale_of_photos_that_forge_lacks_is_refused(graph: Graph) -> None:
    reply = await graph.query(
        '{ a: photos(locale: "de-DE") { nodes { slug } } b: photos(first: 1) { nodes { culture } }'
        f' activity(uuid: "{UUIDS[0]}", locale: "de-DE") {{ photos(first: 1) {{ nodes {{ culture }} }} }} }}',
        accept_language="de-DE",
    )
    assert reply.data == {
        "a": None,
        "b": {"nodes": [{"culture": "en-us"}]},
        "activity": {"photos": {"nodes": [{"culture": "en-us"}]}},
    }
    assert reply.codes == [("BAD_USER_INPUT", ("a",))]
    assert reply.errors[0]["extensions"]["argument"] == "locale"
    assert graph.calls == {PHOTOS: 2}


async def test_cultures_that_nobody_configured_are_found_out_by_asking_once() -> None:
    async with running_graph(forge_cultures="") as graph:
        reply = await graph.query('{ photos(locale: "de-DE") { nodes { slug } } }')
        assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
        assert asked(graph)[2] == {"de-de"}
        graph.forget_calls()
        join = f'{{ activity(uuid: "{UUIDS[0]}", locale: "de-DE") {{ photos(first: 1) {{ nodes {{ culture }} }} }} }}'
        reply = await graph.query(join)
        assert reply.data["activity"]["photos"]["nodes"] == [{"culture": "en-us"}]
        assert asked(graph)[2] == {"en-us"}


async def test_a_join_falls_back_where_its_culture_turns_out_to_be_absent() -> None:
    async with running_graph(forge_cultures="") as graph:
        reply = await graph.query(
            f'{{ activity(uuid: "{UUIDS[0]}", locale: "de-DE") {{ photos(first: 1) {{ nodes {{ culture }} }} }} }}'
        )
        assert reply.errors == []
        assert reply.data["activity"]["photos"]["nodes"] == [{"culture": "en-us"}]
        assert asked(graph)[2] == {"de-de", "en-us"}
        assert graph.calls == {PHOTOS: 2}


async def test_a_photo_s_culture_is_the_nearest_that_the_tenant_has(graph: Graph) -> None:
    slug = str(graph.forge.world.photos["fr-fr"][0]["slug"])
    reply = await graph.query(
        f'{{ a: photo(slug: "{slug}", locale: "fr-CA") {{ culture }}'
        f' b: photo(slug: "{slug}", locale: "de-DE") {{ culture }}'
        f' c: photoByKey(culture: "FR-fr", slug: "{slug}") {{ culture }} }}'
    )
    assert reply.errors == []
    assert reply.data["a"] == reply.data["c"] == {"culture": "fr-fr"}
    assert asked(graph)[2] == {"fr-fr", "en-us"}
    assert graph.calls == {PHOTO: 2}


async def test_answers_vary_by_accept_language(graph: Graph) -> None:
    reply = await graph.query(ALL)
    assert "accept-language" in {part.strip().lower() for part in reply.headers["vary"].split(",")}
