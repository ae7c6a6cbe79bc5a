"""Why a field is null: the code and the extensions of every way in which a provider can fail."""

import re
from typing import Any

import pytest

from providers.emulation.emulator import Emulator
from providers.emulation.faults import (
    Fault,
    bad_gateway,
    cut,
    empty_body,
    forbidden,
    gzip_bomb,
    hang,
    huge,
    invalid_utf8,
    nan,
    other_shape,
    redirect,
    reset,
    server_error,
    too_many_requests,
    truncated,
    unauthorized,
    unavailable,
    wrong_content_type,
)
from tests.conftest import bare_settings
from tests.graph import Graph, running_graph
from tests.world import ACTIVITY, LOGIN, PHOTOS, PRODUCT_IDS, UUIDS

QUERIES = {
    "MUSEMENT": f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} }}',
    "CLUB_MED": '{ resortProduct(productId: "PALM") { videos { totalCount } } }',
    "FORGE": "{ photos { nodes { slug } } }",
}
PATHS = {
    "MUSEMENT": ["activity", "title"],
    "CLUB_MED": ["resortProduct", "videos"],
    "FORGE": ["photos"],
}


def emulator_of(graph: Graph, provider: str) -> Emulator:
    return {"MUSEMENT": graph.musement, "CLUB_MED": graph.clubmed, "FORGE": graph.forge}[provider]


UNAVAILABLE = {"code": "UPSTREAM_UNAVAILABLE", "retryable": True}
BAD_RESPONSE = {"code": "UPSTREAM_BAD_RESPONSE", "retryable": False}
REJECTED = {"code": "UPSTREAM_REJECTED", "retryable": False}
FAILURES: list[tuple[str, Fault, dict[str, Any]]] = [
    ("500", server_error(), UNAVAILABLE | {"upstreamStatus": 500}),
    ("502 with HTML", bad_gateway(), UNAVAILABLE | {"upstreamStatus": 502}),
    ("503", unavailable(), UNAVAILABLE | {"upstreamStatus": 503}),
    ("504", Fault(status=504), UNAVAILABLE | {"upstreamStatus": 504}),
    ("reset", reset(), UNAVAILABLE),
    ("cut short", cut(), UNAVAILABLE),
    ("429", too_many_requests(), {"code": "UPSTREAM_RATE_LIMITED", "retryable": True}),
    (
        "429 with a time",
        too_many_requests("7"),
        {"code": "UPSTREAM_RATE_LIMITED", "retryable": True, "retryAfterSeconds": 7},
    ),
    ("401", unauthorized(), {"code": "UPSTREAM_UNAUTHORIZED", "retryable": False}),
    ("403", forbidden(), {"code": "FORBIDDEN"}),
    ("400", Fault(status=400), REJECTED | {"upstreamStatus": 400}),
    ("405", Fault(status=405), REJECTED | {"upstreamStatus": 405}),
    ("410", Fault(status=410), REJECTED | {"upstreamStatus": 410}),
    ("422", Fault(status=422), REJECTED | {"upstreamStatus": 422}),
    ("no body", empty_body(), BAD_RESPONSE),
    ("half of the JSON", truncated(), BAD_RESPONSE),
    ("another shape", other_shape(), BAD_RESPONSE),
    ("HTML", wrong_content_type(), BAD_RESPONSE),
    ("NaN", nan(), BAD_RESPONSE),
    ("too large", huge(300_000), BAD_RESPONSE),
    ("a gzip bomb", gzip_bomb(2_000_000), BAD_RESPONSE),
    ("a redirect", redirect(), BAD_RESPONSE),
    ("a success that is none", Fault(status=204, body=b""), BAD_RESPONSE),
]


@pytest.mark.parametrize(("fault", "wanted"), [pytest.param(*rest, id=name) for name, *rest in FAILURES])
async def test_each_failure_has_its_code_and_what_a_client_needs_to_act_on_it(
    fault: Fault, wanted: dict[str, Any]
) -> None:
    limits = {f"{name}_MAX_BYTES": "200000" for name in ("MUSEMENT", "CLUBMED", "FORGE")}
    async with running_graph(**bare_settings(), **limits) as graph:
        for provider, query in QUERIES.items():
            emulator_of(graph, provider).faults.add(fault, times=1)
            reply = await graph.query(query, x_request_id="test-request")
            assert reply.status == 200
            assert [error["path"] for error in reply.errors] == [PATHS[provider]]
            extensions, message = reply.errors[0]["extensions"], reply.errors[0]["message"]
            asked = {**wanted, "provider": provider, "requestId": "test-request"}
            assert {name: extensions.get(name) for name in asked} == asked
            assert ("retryAfterSeconds" in extensions) is ("retryAfterSeconds" in wanted)
            assert provider in message
            assert (await graph.query(query)).errors == []


@pytest.mark.parametrize("provider", ["MUSEMENT", "FORGE"])
async def test_bytes_that_are_no_utf_8_are_no_json_wherever_they_stand(
    bare_graph: Graph, provider: str
) -> None:
    emulator_of(bare_graph, provider).faults.add(invalid_utf8())
    reply = await bare_graph.query(QUERIES[provider])
    assert [error["extensions"]["code"] for error in reply.errors] == ["UPSTREAM_BAD_RESPONSE"]


@pytest.mark.parametrize("provider", QUERIES)
async def test_a_call_that_takes_longer_than_the_provider_s_time_is_a_timeout(provider: str) -> None:
    name = provider.replace("_", "")
    async with running_graph(**bare_settings() | {f"{name}_TIMEOUT_S": "0.05"}) as graph:
        emulator_of(graph, provider).faults.add(hang())
        (error,) = (await graph.query(QUERIES[provider])).errors
        assert error["extensions"]["code"] == "UPSTREAM_TIMEOUT"
        assert (error["extensions"]["provider"], error["extensions"]["retryable"]) == (provider, True)


async def test_at_the_deadline_what_has_come_is_answered() -> None:
    async with running_graph(**bare_settings(), deadline_s="0.5") as graph:
        # The first request of a process has more to do than to answer.
        assert (await graph.query("{ __typename }")).errors == []
        graph.forge.faults.add(hang())
        reply = await graph.query(
            f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} resortProduct(productId: "PALM") {{ title }}'
            " photos { nodes { slug } } }"
        )
        assert reply.data == {
            "activity": {"title": "Tickets for the Bargello National Museum"},
            "resortProduct": {"title": "Marrakech Palm Grove"},
            "photos": None,
        }
        assert reply.codes == [("UPSTREAM_TIMEOUT", ("photos",))]


@pytest.mark.parametrize(
    ("settings", "provider", "variable"),
    [
        ({"musement_application": ""}, "MUSEMENT", "MEDIAGRAPH_MUSEMENT_APPLICATION"),
        ({"clubmed_api_key": ""}, "CLUB_MED", "MEDIAGRAPH_CLUBMED_API_KEY"),
        ({"forge_url": ""}, "FORGE", "MEDIAGRAPH_FORGE_URL"),
    ],
)
async def test_a_provider_that_is_not_configured_says_so_and_is_not_called(
    settings: dict[str, str], provider: str, variable: str
) -> None:
    async with running_graph(**settings) as graph:
        for each, query in QUERIES.items():
            reply = await graph.query(query)
            if each != provider:
                assert reply.errors == []
                continue
            (error,) = reply.errors
            assert error["path"] == PATHS[provider]
            assert error["extensions"]["code"] == "PROVIDER_NOT_CONFIGURED"
            assert (error["extensions"]["provider"], error["extensions"]["retryable"]) == (provider, False)
            assert variable in error["message"]
        assert emulator_of(graph, provider).hits.count() == 0


async def test_every_field_of_an_unconfigured_provider_answers_as_if_its_call_had_failed() -> None:
    async with running_graph(musement_application="") as graph:
        reply = await graph.query(
            f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid title cover {{ reason }} gallery {{ totalCount }} }}'
            f' keys: activity(uuid: "{UUIDS[0]}") {{ uuid }} activitySearch {{ totalCount }} }}'
        )
        assert reply.data["activity"] == {"uuid": UUIDS[0], "title": None, "cover": None, "gallery": None}
        assert (reply.data["keys"], reply.data["activitySearch"]) == (None, None)
        assert {code for code, _ in reply.codes} == {"PROVIDER_NOT_CONFIGURED"}
        assert len(reply.codes) == 5
        assert graph.calls == {}


LOGIN_SETTINGS = {"MUSEMENT_CLIENT_ID": "sandbox-client", "MUSEMENT_CLIENT_SECRET": "planted-secret"}


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_login_is_unauthorized_and_not_tried_again(status: int) -> None:
    async with running_graph(**bare_settings(), **LOGIN_SETTINGS) as graph:
        graph.musement.faults.add(Fault(status=status), route=LOGIN)
        for _ in range(2):
            (error,) = (await graph.query(QUERIES["MUSEMENT"])).errors
            assert error["extensions"]["code"] == "UPSTREAM_UNAUTHORIZED"
            assert (error["extensions"]["provider"], error["extensions"]["retryable"]) == ("MUSEMENT", False)
        assert graph.calls == {LOGIN: 1}


async def test_one_login_serves_every_call_and_a_401_renews_it_once() -> None:
    settings = bare_settings() | LOGIN_SETTINGS | {"MUSEMENT_CLIENT_SECRET": "sandbox-secret"}
    async with running_graph(**settings) as graph:
        graph.musement.require_token = True
        query = "query($u: [ID!]!) { activities(uuids: $u) { title gallery { totalCount } } }"
        assert (await graph.query(query, {"u": UUIDS[:10]})).errors == []
        assert graph.calls[LOGIN] == 1
        graph.musement.revoke_tokens()
        graph.forget_calls()
        assert (await graph.query(QUERIES["MUSEMENT"])).errors == []
        assert graph.calls == {LOGIN: 1, ACTIVITY: 2}
        graph.musement.faults.add(unauthorized(), route=ACTIVITY)
        graph.forget_calls()
        (error,) = (await graph.query(QUERIES["MUSEMENT"])).errors
        assert error["extensions"]["code"] == "UPSTREAM_UNAUTHORIZED"
        assert graph.calls == {LOGIN: 1, ACTIVITY: 2}


async def test_a_403_is_the_thing_s_own_state_and_never_renews_the_login() -> None:
    settings = bare_settings() | LOGIN_SETTINGS | {"MUSEMENT_CLIENT_SECRET": "sandbox-secret"}
    async with running_graph(**settings) as graph:
        graph.musement.require_token = True
        graph.musement.faults.add(forbidden(), route=ACTIVITY)
        (error,) = (await graph.query(QUERIES["MUSEMENT"])).errors
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert graph.calls == {LOGIN: 1, ACTIVITY: 1}


async def test_no_secret_header_or_upstream_body_reaches_a_client(capfd: pytest.CaptureFixture[str]) -> None:
    secrets = {
        "MUSEMENT_APPLICATION": "planted-application",
        "MUSEMENT_TOKEN": "planted-token",
        "CLUBMED_API_KEY": "planted-key",
    }
    async with running_graph(**bare_settings(), **secrets) as graph:
        body = b'{"code": "1", "message": "planted-body planted-token planted-key"}'
        for fault in (
            Fault(status=500, body=body),
            Fault(status=400, body=body),
            Fault(status=200, body=body[:-1]),
            Fault(status=401, body=body, headers={"x-planted-header": "planted-header"}),
            redirect("http://planted-host.test/?planted-token"),
        ):
            for provider, query in QUERIES.items():
                emulator = emulator_of(graph, provider)
                emulator.faults.clear()
                emulator.faults.add(fault)
                reply = await graph.query(query)
                assert len(reply.errors) == 1
                answered = reply.body.decode() + str(reply.headers)
                assert "planted" not in answered
                assert not re.search(r"Traceback|File \"|127\.0\.0\.1", answered)
    printed = capfd.readouterr()
    assert "planted" not in printed.out + printed.err


async def test_a_page_that_fails_after_the_first_ends_the_list_there_with_a_warning(
    bare_graph: Graph,
) -> None:
    bare_graph.forge.faults.add(unavailable(), match="$skip=100")
    reply = await bare_graph.query(
        "{ photos(first: 150) { nodes { slug } pageInfo { hasNextPage endCursor } } }"
    )
    assert reply.errors == []
    found = reply.data["photos"]
    assert len(found["nodes"]) == 100
    assert found["pageInfo"]["hasNextPage"] is True
    assert reply.json["extensions"]["warnings"] == [
        {
            "code": "UPSTREAM_UNAVAILABLE",
            "message": "FORGE answered 503",
            "path": ["photos"],
            "provider": "FORGE",
        }
    ]
    bare_graph.forge.faults.clear()
    rest = await bare_graph.query(
        "query($c: String) { photos(first: 1, after: $c) { nodes { slug } pageInfo { hasPreviousPage } } }",
        {"c": found["pageInfo"]["endCursor"]},
    )
    assert rest.data["photos"]["pageInfo"] == {"hasPreviousPage": True}
    assert rest.data["photos"]["nodes"][0]["slug"] not in {node["slug"] for node in found["nodes"]}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ activity(", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ activity { title } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_a_document_that_cannot_run_has_a_code_and_a_request_id_and_no_data(
    graph: Graph, query: str, code: str
) -> None:
    reply = await graph.query(query)
    assert "data" not in reply.json
    for error in reply.errors:
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"] == reply.headers["x-request-id"]
    assert graph.calls == {}


async def test_a_failing_list_of_keys_has_one_error_a_position(bare_graph: Graph) -> None:
    bare_graph.clubmed.faults.add(unavailable())
    reply = await bare_graph.query(
        "query($k: [ID!]!) { resortProducts(productIds: $k) { title } }",
        {"k": [PRODUCT_IDS[0], PRODUCT_IDS[1], PRODUCT_IDS[0]]},
    )
    assert reply.data["resortProducts"] == [{"title": None}] * 3
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("resortProducts", at, "title")) for at in range(3)]
    assert bare_graph.calls["GET /v2/products/{id}"] == 2
    assert PHOTOS not in bare_graph.calls
