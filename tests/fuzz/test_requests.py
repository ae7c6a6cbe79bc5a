"""Whatever a request says, it is answered as the contract says: fuzzing over real sockets."""

import itertools
import json
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import by_chance
from tests.fuzz.by_chance import mutated
from tests.fuzz.findings import findings
from tests.fuzz.wire import CLOSED, JSON, Answer, Wire

PREPARED = b'{"query": "{ photos(first: 2) { nodes { slug ... @defer { title } } } }"}'


def found(answer: Answer, sent: bytes) -> list[str]:
    return ["closed without an answer"] if answer == CLOSED else findings(answer, sent)


@by_chance.by_chance(700)
@given(body=mutated(by_chance.bodies))
def test_no_body_is_answered_in_another_way(wire: Wire, body: bytes) -> None:
    assert found(wire.post(body), body) == []


@by_chance.by_chance(500)
@given(asked=by_chance.operations_with_variables, on_error=st.sampled_from(["PROPAGATE", "NULL", "HALT"]))
def test_no_variable_is_answered_in_another_way(
    wire: Wire, asked: tuple[str, Mapping[str, str]], on_error: str
) -> None:
    query, variables = asked
    sent = ",".join(f'"{name}":{text}' for name, text in variables.items())
    body = f'{{"query": {json.dumps(query)}, "variables": {{{sent}}}, "onError": "{on_error}"}}'.encode()

    assert found(wire.post(body), body) == []


@by_chance.by_chance(500)
@given(text=mutated(by_chance.documents.map(lambda each: each.encode("utf-8", "replace"))))
def test_no_document_is_answered_in_another_way(wire: Wire, text: bytes) -> None:
    query = text.decode("utf-8", "replace")
    body = json.dumps({"query": query}).encode()

    assert found(wire.post(body), query.encode()) == []


@by_chance.by_chance(500)
@given(
    headers=by_chance.headers,
    method=st.sampled_from([b"POST", b"GET", b"HEAD", b"PUT", b"OPTIONS", b"PATCH"]),
)
def test_no_header_is_answered_in_another_way(wire: Wire, headers: dict[bytes, bytes], method: bytes) -> None:
    answer = wire.request(method, b"/graphql?query={__typename}", {**JSON, **headers}, PREPARED)
    # With two ways to tell a body's length, or two hosts, a request may be refused without a word.
    is_told = not headers.keys() & {b"transfer-encoding", b"host", b"upgrade"}

    assert (found if is_told else findings)(answer, b" ".join(headers.values())) == []


@by_chance.by_chance(500)
@given(target=by_chance.targets, headers=by_chance.headers)
def test_no_target_is_answered_in_another_way(wire: Wire, target: bytes, headers: dict[bytes, bytes]) -> None:
    kept = {name: text for name, text in headers.items() if name.startswith(b"accept")}
    answer = wire.request(b"GET", target, kept)

    assert findings(answer, target) == []


@by_chance.by_chance(250)
@given(
    request=mutated(
        st.builds(
            lambda method, target, fields, body: b"\r\n".join(
                [b"%s %s HTTP/1.1" % (method, target), *(b"%s: %s" % each for each in fields), b"", body]
            ),
            st.sampled_from([b"POST", b"GET", b"HEAD", b"CONNECT", b"TRACE", b"post", b"PRI", b"\x16\x03"]),
            st.sampled_from(
                [b"/graphql", b"/graphql?query={__typename}", b"*", b"graphql", b"", b"/\0", b"/a b"]
            ),
            st.lists(
                st.tuples(by_chance.header_names | st.binary(max_size=4), by_chance.header_values)
                | st.sampled_from(
                    [
                        (b"content-length", b"5"),
                        (b"content-length", b"-1"),
                        (b"content-length", b"9" * 30),
                        (b"content-length", b"5, 6"),
                        (b"transfer-encoding", b"chunked"),
                        (b"transfer-encoding", b"gzip, chunked"),
                        (b"content-type", b"application/json"),
                    ]
                ),
                max_size=5,
            ),
            st.sampled_from(
                [b"", PREPARED, b"5\r\n{}   \r\n0\r\n\r\n", b"zz\r\n{}\r\n", b"fffffffff\r\n{", b"0\r\n\r\n"]
            ),
        )
    ),
    cuts=st.lists(st.integers(0, 200), max_size=3),
)
def test_what_is_hardly_http_is_refused_or_closed(wire: Wire, request: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(request)) for cut in cuts} | {0, len(request)})
    pieces = [request[start:end] for start, end in itertools.pairwise(places)]

    assert findings(wire.exchange([*pieces, b"\r\n\r\n"], request[:4].strip()), request) == []
