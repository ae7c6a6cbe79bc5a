"""Settings: what each variable means, and how a wrong one stops the start."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.logs import secrets_of
from server.secret import Secret
from server.settings import Settings, SettingsError, all_variables, foreign_environment, load_settings
from server.settings_reading import Variable, shown_default

PLANTED = "planted-5ecret-0123456789abcdef"
SANDBOX = (
    '{"musement":"http://127.0.0.1:9001/api/v3","clubmed":"http://127.0.0.1:9002",'
    '"forge":"http://127.0.0.1:9003","images":"http://127.0.0.1:9004"}'
)
PER_PROVIDER = (
    "TIMEOUT_S CONCURRENCY RETRIES FRESH_S STALE_S ABSENT_S MAX_BYTES BREAKER_FAILURES BREAKER_OPEN_S URL "
    "RATE WAIT_S CACHE_BYTES"
)
OWN = """
MUSEMENT_APPLICATION MUSEMENT_VERSION MUSEMENT_MARKET MUSEMENT_CURRENCY MUSEMENT_TOKEN MUSEMENT_CLIENT_ID
MUSEMENT_CLIENT_SECRET MUSEMENT_LOCALES MUSEMENT_SOURCE_NAME CLUBMED_API_KEY CLUBMED_LOCALES CLUBMED_SOURCE_NAME
FORGE_CULTURES FORGE_ALLOW_UNLISTED FORGE_IMAGE_STRATEGY FORGE_IMAGE_FORMATS FORGE_IMAGE_LADDER
FORGE_CONTEXT_PARAMETER DRAIN_S LOG_FORMAT LOG_LEVEL TRACES
LOCALE LOCALES METRICS_TOKEN ADMIN_TOKEN MAX_CALLS MAX_ITEMS IMAGE_PROXY_URL
IMAGE_PROXY_KEY IMAGE_PROXY_SALT CORS_ORIGINS CLIENT_KEYS ROUTER_SECRET TRUSTED_DOCUMENTS TRUSTED_MODE DEADLINE_S
CACHE_URL CACHE_WAIT_S FEDERATION_VERSION EXPLAIN GRAPHIQL GRAPHIQL_IMG_SRC INTROSPECTION COMPILE COMPILE_AFTER
TRANSPORT RESPONSE_CACHE_BYTES SANDBOX SANDBOX_URLS PUBLIC_URL IMAGE_HOSTS
PURGE_FILE
MAX_DEPTH MAX_CHARACTERS MAX_TOKENS MAX_ALIASES MAX_ROOT_FIELDS MAX_DIRECTIVES MAX_BODY_BYTES MAX_BATCH MAX_CONNECTIONS
HEADER_TIMEOUT_S BODY_TIMEOUT_S IDLE_TIMEOUT_S RATE_REQUESTS RATE_CALLS REQUIRE_PREFLIGHT ON_ERROR
"""
VARIABLES = list(all_variables())


def settings_of(**variables: str) -> Settings:
    return load_settings({f"MEDIAGRAPH_{name}": text for name, text in variables.items()})


def refusal_of(**variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings_of(**variables)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_variable_of_the_contract_is_read_and_no_other() -> None:
    expected = {f"MEDIAGRAPH_{name}" for name in OWN.split()} | {
        f"MEDIAGRAPH_{provider}_{name}"
        for provider in ("MUSEMENT", "CLUBMED", "FORGE")
        for name in PER_PROVIDER.split()
    }
    assert {variable.name for variable in all_variables()} == expected


def test_nothing_set_gives_the_defaults_of_the_contract() -> None:
    settings = load_settings({})
    assert settings.musement.url == "https://api.musement.com/api/v3"
    assert settings.musement.version == "3.4.0"
    assert settings.clubmed.url == "https://api.clubmed.com"
    assert (settings.locale, settings.deadline_s) == ("en-US", 10.0)
    assert (settings.max_calls, settings.max_items) == (2000, 50_000)
    assert (settings.graphiql, settings.introspection, settings.explain) == (True, True, False)
    assert (settings.musement.source_name, settings.clubmed.source_name) == ("musement", "clubmed")
    assert settings.forge.image_strategy == "dynamic"
    assert settings.forge.image_ladder == (208, 416, 624, 832, 1280, 1920)
    assert settings.warnings == ()
    for provider in settings.providers.values():
        assert (provider.timeout_s, provider.concurrency, provider.retries) == (5.0, 64, 2)
        assert (provider.fresh_s, provider.stale_s, provider.absent_s) == (60.0, 86400.0, 30.0)
        assert provider.max_bytes == 10 * 1024 * 1024
        assert (provider.breaker_failures, provider.breaker_open_s) == (5, 10.0)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_default_that_is_written_out_reads_as_itself(variable: Variable) -> None:
    written = shown_default(variable.default)
    assert not written or variable.kind.read(written) == variable.default


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_an_empty_variable_counts_as_unset(variable: Variable) -> None:
    assert load_settings({variable.name: ""}) == load_settings({})


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_control_character_is_refused_everywhere_with_the_variable_named(variable: Variable) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable.name}: wanted .+, got [^\n\x07]+$"):
        load_settings({variable.name: "\x07"})


@given(st.sampled_from(VARIABLES), st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_line_that_names_the_variable(
    variable: Variable, text: str
) -> None:
    try:
        refusal = ""
        load_settings({variable.name: text})
    except SettingsError as error:
        refusal = str(error)
    assert not refusal or (refusal.isprintable() and refusal.startswith("MEDIAGRAPH_"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("DEADLINE_S", "soon", "MEDIAGRAPH_DEADLINE_S: wanted seconds from 0.01 to 600, got 'soon'"),
        ("DEADLINE_S", "0", "MEDIAGRAPH_DEADLINE_S: wanted seconds from 0.01 to 600, got '0'"),
        ("DEADLINE_S", "nan", "MEDIAGRAPH_DEADLINE_S: wanted seconds from 0.01 to 600, got 'nan'"),
        ("FORGE_RETRIES", "11", "MEDIAGRAPH_FORGE_RETRIES: wanted a whole number from 0 to 10, got '11'"),
        ("FORGE_RETRIES", "-1", "MEDIAGRAPH_FORGE_RETRIES: wanted a whole number from 0 to 10, got '-1'"),
        ("EXPLAIN", "yes", "MEDIAGRAPH_EXPLAIN: wanted true or false, got 'yes'"),
        ("LOCALE", "en_US", "MEDIAGRAPH_LOCALE: wanted a language tag like en-US, got 'en_US'"),
        ("SANDBOX", "on", "MEDIAGRAPH_SANDBOX: wanted true or auto or false, got 'on'"),
    ],
)
def test_a_wrong_value_is_answered_with_what_was_wanted_and_what_came(
    name: str, text: str, message: str
) -> None:
    assert refusal_of(**{name: text}) == message


@pytest.mark.parametrize(
    "url",
    [
        "acme.org",
        "ftp://acme.org",
        "https://",
        "https://acme.org?x=1",
        "https://acme.org#x",
        "https://me@acme.org",
        "https://acme.org:0",
        "https://acme.org:99999",
        "https://acme .org",
        "https://acme.org/{x}",
    ],
)
def test_a_base_url_has_a_host_and_nothing_that_a_path_cannot_follow(url: str) -> None:
    assert "wanted an http or https URL" in refusal_of(FORGE_URL=url)


@pytest.mark.parametrize(
    ("given_url", "read"),
    [
        ("https://acme.org", "https://acme.org"),
        ("http://127.0.0.1:8080/v/", "http://127.0.0.1:8080/v"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://api_2.acme.org/a%20b", "https://api_2.acme.org/a%20b"),
    ],
)
def test_a_base_url_is_kept_without_its_trailing_slash(given_url: str, read: str) -> None:
    assert settings_of(FORGE_URL=given_url).forge.url == read


def test_credentials_in_a_url_are_not_repeated_by_the_refusal() -> None:
    assert PLANTED not in refusal_of(CLUBMED_URL=f"https://user:{PLANTED}@api.clubmed.com")
    assert PLANTED not in refusal_of(CLUBMED_URL=f"https://api.clubmed.com?api_key={PLANTED}")


SECRETS = [variable for variable in VARIABLES if variable.kind.is_secret]


@pytest.mark.parametrize("variable", SECRETS, ids=lambda variable: variable.name)
def test_the_value_of_a_secret_is_in_no_refusal(variable: Variable) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({variable.name: f"{PLANTED} \x07"})
    assert PLANTED not in str(caught.value)
    assert "is not shown" in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_settings_can_be_printed_without_showing_a_secret() -> None:
    settings = settings_of(
        MUSEMENT_APPLICATION=PLANTED,
        MUSEMENT_CLIENT_ID=PLANTED,
        MUSEMENT_CLIENT_SECRET=PLANTED,
        CLUBMED_API_KEY=PLANTED,
        CACHE_URL=f"redis://user:{PLANTED}@cache:6379/0",
        CLIENT_KEYS=f"shop={PLANTED}",
        METRICS_TOKEN=PLANTED,
        ADMIN_TOKEN=PLANTED,
        ROUTER_SECRET=PLANTED,
        IMAGE_PROXY_URL="https://proxy.acme.org",
        IMAGE_PROXY_KEY="00ff" * 8,
        IMAGE_PROXY_SALT="00ff" * 8,
    )
    assert PLANTED not in f"{settings} {settings!r}"
    assert "00ff" not in f"{settings} {settings!r}"
    assert settings.clubmed.api_key.reveal() == PLANTED
    assert settings.client_keys[0].name == "shop"
    assert settings.client_keys[0].sha256 == hashlib.sha256(PLANTED.encode()).hexdigest()


def test_a_secret_read_from_a_file_may_end_with_a_line_break() -> None:
    assert settings_of(CLUBMED_API_KEY=f"{PLANTED}\n").clubmed.api_key == Secret(PLANTED)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"MUSEMENT_CLIENT_ID": PLANTED}, "MEDIAGRAPH_MUSEMENT_CLIENT_SECRET"),
        ({"MUSEMENT_CLIENT_SECRET": PLANTED}, "MEDIAGRAPH_MUSEMENT_CLIENT_ID"),
        (
            {"IMAGE_PROXY_URL": "https://proxy.acme.org", "IMAGE_PROXY_KEY": "00"},
            "MEDIAGRAPH_IMAGE_PROXY_SALT",
        ),
        ({"FORGE_IMAGE_STRATEGY": "named"}, "MEDIAGRAPH_FORGE_IMAGE_FORMATS"),
        ({"TRUSTED_MODE": "enforce"}, "MEDIAGRAPH_TRUSTED_DOCUMENTS"),
    ],
)
def test_half_of_what_belongs_together_stops_the_start(variables: Mapping[str, str], missing: str) -> None:
    message = refusal_of(**variables)
    assert message.startswith(f"{missing}: wanted ")
    assert PLANTED not in message


def test_a_token_wins_over_client_credentials() -> None:
    musement = settings_of(
        MUSEMENT_TOKEN="t0ken", MUSEMENT_CLIENT_ID="id", MUSEMENT_CLIENT_SECRET="secret"
    ).musement
    assert musement.token.reveal() == "t0ken"
    assert not musement.client_id
    assert not musement.client_secret


def test_a_provider_names_the_variable_that_it_cannot_do_without() -> None:
    bare = load_settings({})
    assert bare.musement.missing == ("MEDIAGRAPH_MUSEMENT_APPLICATION",)
    assert bare.clubmed.missing == ("MEDIAGRAPH_CLUBMED_API_KEY",)
    assert bare.forge.missing == ("MEDIAGRAPH_FORGE_URL",)
    whole = settings_of(MUSEMENT_APPLICATION="a", CLUBMED_API_KEY="k", FORGE_URL="https://acme.org")
    assert [provider.missing for provider in whole.providers.values()] == [(), (), ()]


@pytest.mark.parametrize("text", ["fr-FR,en-us", "fr-FR en-US", " fr-fr ,\ten-US,", "fr-FR,fr-FR,en-US"])
def test_a_list_is_separated_by_commas_or_spaces(text: str) -> None:
    assert settings_of(CLUBMED_LOCALES=text).clubmed.locales == ("fr-FR", "en-US")


def test_a_list_of_nothing_is_refused() -> None:
    assert "wanted a list" in refusal_of(LOCALES=" , ")


def test_the_ladder_ascends_however_it_is_given() -> None:
    assert settings_of(FORGE_IMAGE_LADDER="800 200,400").forge.image_ladder == (200, 400, 800)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("False", False), ("0", False)]
)
def test_a_flag_is_true_false_one_or_zero(text: str, value: bool) -> None:  # noqa: FBT001 - the value that is tested
    assert settings_of(EXPLAIN=text).explain is value


def test_the_served_locales_are_those_of_the_providers_unless_given() -> None:
    unset = load_settings({})
    assert set(unset.locales) == {*unset.musement.locales, *unset.clubmed.locales}
    assert settings_of(LOCALES="fr-FR de-DE").locales == ("fr-FR", "de-DE", "en-US")
    assert settings_of(LOCALES="fr-FR", LOCALE="de-de").locales == ("fr-FR", "de-DE")


def test_a_path_has_to_exist(tmp_path: Path) -> None:
    formats = tmp_path / "formats of ours.json"
    assert "wanted the path of something that exists" in refusal_of(FORGE_IMAGE_FORMATS=str(formats))
    formats.write_text('[{"name":"wide","instructions":"t_wide","width":16,"height":9}]', encoding="utf-8")
    settings = settings_of(FORGE_IMAGE_FORMATS=str(formats), FORGE_IMAGE_STRATEGY="named")
    assert settings.forge.image_formats == formats


def test_a_file_of_named_formats_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    formats = tmp_path / "formats.json"
    formats.write_text('[{"name": "wide"}]', encoding="utf-8")
    refusal = refusal_of(FORGE_IMAGE_FORMATS=str(formats))
    assert refusal.startswith("MEDIAGRAPH_FORGE_IMAGE_FORMATS: ")
    assert "instructions" in refusal


def test_an_unknown_name_is_warned_of_with_the_nearest_known_one() -> None:
    settings = settings_of(FROGE_URL=PLANTED, COMPLETELY_DIFFERENT=PLANTED)
    assert settings.warnings == (
        "MEDIAGRAPH_COMPLETELY_DIFFERENT is no setting",
        "MEDIAGRAPH_FROGE_URL is no setting; did you mean MEDIAGRAPH_FORGE_URL?",
    )


def test_names_without_the_prefix_are_nobodys_business() -> None:
    assert load_settings({"PATH": "/bin", "FORGE_URL": "nonsense"}) == load_settings({})


@pytest.mark.parametrize(
    ("mode", "forge_url", "wanted"),
    [
        ("auto", "", True),
        ("auto", "https://acme.org", False),
        ("true", "https://acme.org", True),
        ("false", "", False),
    ],
)
def test_the_sandbox_stands_in_when_told_to_or_when_no_provider_is_configured(
    mode: str,
    forge_url: str,
    wanted: bool,  # noqa: FBT001 - the expected answer
) -> None:
    assert settings_of(SANDBOX=mode, FORGE_URL=forge_url).wants_sandbox is wanted


def test_no_real_credential_is_left_where_the_sandbox_stands_in() -> None:
    settings = settings_of(
        SANDBOX="true",
        SANDBOX_URLS=SANDBOX,
        MUSEMENT_APPLICATION=PLANTED,
        MUSEMENT_TOKEN=PLANTED,
        MUSEMENT_MARKET="partner",
        CLUBMED_API_KEY=PLANTED,
        FORGE_URL="https://acme.org",
        MUSEMENT_TIMEOUT_S="1.5",
    )
    assert settings.sandbox_urls is not None
    assert settings.musement.url == "http://127.0.0.1:9001/api/v3"
    assert settings.clubmed.url == "http://127.0.0.1:9002"
    assert settings.forge.url == "http://127.0.0.1:9003"
    musement = settings.musement
    secrets = (musement.application, musement.token, musement.client_id, musement.client_secret)
    assert PLANTED not in {secret.reveal() for secret in (*secrets, settings.clubmed.api_key)}
    assert musement.market == ""
    assert musement.timeout_s == 1.5
    assert settings.warnings == (
        "MEDIAGRAPH_SANDBOX=true: every provider is emulated, the configured ones too",
    )


def test_a_sandbox_that_is_not_wanted_has_no_effect_and_is_warned_of() -> None:
    settings = settings_of(SANDBOX_URLS=SANDBOX, FORGE_URL="https://acme.org")
    assert settings.sandbox_urls is None
    assert settings.forge.url == "https://acme.org"
    assert settings.warnings == ("MEDIAGRAPH_SANDBOX_URLS has no effect: the sandbox is not wanted",)


def test_musement_credentials_without_the_application_value_are_warned_of() -> None:
    assert settings_of(MUSEMENT_TOKEN="t0ken").warnings == (
        "MEDIAGRAPH_MUSEMENT_APPLICATION is not set: the credentials of Musement have no effect",
    )


def test_another_process_is_given_nothing_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAGRAPH_CLUBMED_API_KEY", PLANTED)
    monkeypatch.setenv("UNRELATED", "stays")
    environment = foreign_environment()
    assert environment["UNRELATED"] == "stays"
    assert not [name for name in environment if name.startswith("MEDIAGRAPH_")]


def test_keys_of_clients_are_kept_by_their_sha_256_alone() -> None:
    plain, hashed = "a-key-of-the-shop", hashlib.sha256(b"another-key-of-the-shop").hexdigest()
    settings = settings_of(CLIENT_KEYS=f"shop={plain}, shop=sha256:{hashed.upper()}")

    assert [key.name for key in settings.client_keys] == ["shop", "shop"]
    assert settings.client_keys[1].sha256 == hashed
    assert not [text for text in secrets_of(settings) if plain in text]
    # What is pickled is all that there is.
    assert plain.encode() not in pickle.dumps(settings.client_keys)


@pytest.mark.parametrize("key", ["short", "sha256:", f"sha256:{'0' * 63}", f"sha256:{'g' * 64}", ""])
def test_what_is_no_key_of_a_client_stops_the_start_unseen(key: str) -> None:
    told = refusal_of(CLIENT_KEYS=f"shop={key}")

    assert told.startswith("MEDIAGRAPH_CLIENT_KEYS: wanted a list")
    assert told.endswith("got something else, which is not shown")
