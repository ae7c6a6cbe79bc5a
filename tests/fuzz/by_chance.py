"""Requests made by chance: bodies, variables, documents, headers and targets, most of them nearly right."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

from graphql import get_named_type, is_leaf_type
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from schema.graph import build_subgraph, core_schema
from tests.fuzz import words

_ROOT = Path(__file__).parents[2]
_SCHEMA = core_schema(build_subgraph())
assert _SCHEMA.query_type
_FIELDS = _SCHEMA.query_type.fields

EXAMPLES = [
    text for text in (_ROOT / "server" / "examples.graphql").read_text().split("\n\n") if text.strip()
]
NAMES = sorted({name for kind in _SCHEMA.type_map.values() for name in getattr(kind, "fields", {})})

scalars = st.sampled_from(words.SCALARS) | st.text(max_size=8).map(json.dumps)
_keys = st.sampled_from(words.KEYS)


def _object(members: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members) + "}"


values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.lists(st.tuples(_keys, inner), max_size=4).map(_object)
    ),
    max_leaves=8,
)
nested = st.builds(
    lambda depth, kind: kind[0] * depth + kind[1] * depth,
    st.sampled_from([5, 100, 450, 900, 1100]),
    st.sampled_from([("[", "]"), ('{"a":', "0" + "}"), ("[[", "]]")]),
)


def _asked(name: str) -> tuple[str, tuple[str, ...]]:
    """Write an operation that hands each of a field's arguments on as a variable of the same name."""
    field = _FIELDS[name]
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in field.args.items())
    given = ", ".join(f"{each}: ${each}" for each in field.args)
    head = f"query ({declared})" if declared else "query"
    below = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"{head} {{ {name}{f'({given})' if given else ''}{below} }}", tuple(field.args)


OPERATIONS = [_asked(name) for name in _FIELDS]
operations_with_variables = st.sampled_from(OPERATIONS).flatmap(
    lambda asked: st.tuples(
        st.just(asked[0]), st.fixed_dictionaries({}, optional=dict.fromkeys(asked[1], values | nested))
    )
)
tokens = st.sampled_from([*words.MARKS, *words.VALUES, *NAMES, *(each[0] for each in OPERATIONS)])
documents = (
    st.lists(tokens, max_size=25).map(" ".join)
    | st.text(max_size=40)
    | st.sampled_from(EXAMPLES)
    | st.lists(tokens, min_size=1, max_size=12).map(lambda each: "{ " + " ".join(each) + " }")
    | st.builds(
        lambda depth, kind: kind[0] * depth + kind[1] + kind[2] * depth,
        st.sampled_from([3, 12, 90, 200, 400, 1000]),
        st.sampled_from(
            [
                ("{ photos { nodes { tags ", "{ slug }", " } } }"),
                ("{ ... ", "{ __typename }", " }"),
                ("{ _entities(representations: " + "[", '{__typename: "Photo"}', "]"),
                ("{ _entities(representations: [" + "{a: ", "1", "}"),
                ("query ($x: " + "[", "Int", "]"),
            ]
        ),
    )
)
members = st.sampled_from(
    ["query", "variables", "operationName", "extensions", "id", "documentId", "doc_id", "onError", "batch"]
)
persisted = st.builds(
    lambda version, named: _object(
        [("persistedQuery", _object([("version", version), ("sha256Hash", named)]))]
    ),
    scalars,
    scalars | st.just(f'"{"0" * 64}"'),
)
requests = st.lists(
    st.tuples(members, values | nested | persisted | documents.map(json.dumps)), max_size=5
).map(_object) | st.builds(
    lambda asked, more: _object(
        [("query", json.dumps(asked[0])), ("variables", _object(list(asked[1].items()))), *more]
    ),
    operations_with_variables,
    st.lists(st.tuples(members, values), max_size=1),
)
bodies = (
    requests.map(str.encode)
    | st.lists(requests, max_size=12).map(lambda each: f"[{','.join(each)}]".encode())
    | st.binary(max_size=60)
)


@st.composite
def mutated(draw: st.DrawFn, texts: st.SearchStrategy[bytes]) -> bytes:
    """Spoil bytes in a few places."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(text))))
        dropped = draw(st.sampled_from([0, 0, 1, 2, 7]))
        text = text[:at] + draw(st.sampled_from(words.JUNK) | st.binary(max_size=3)) + text[at + dropped :]
    return text


header_values = st.sampled_from(words.HEADER_VALUES) | st.binary(max_size=12).map(
    lambda each: each.translate(None, b"\r\n\0")
)
header_names = st.sampled_from(words.HEADER_NAMES)
headers = st.dictionaries(header_names, header_values, max_size=5)
parameters = st.lists(
    st.tuples(
        members.map(str.encode),
        mutated((values | documents).map(lambda each: each.encode("utf-8", "replace"))),
    ),
    max_size=4,
)
paths = st.sampled_from(words.PATHS).map(str.encode)
targets = st.builds(
    lambda path, sent: (
        path + b"?" + b"&".join(name + b"=" + quote_from_bytes(text).encode() for name, text in sent)
    ),
    paths,
    parameters,
)


def by_chance(examples: int) -> settings:
    """Try so many, the same each time; `FUZZ_EXAMPLES` asks for that many new ones instead."""
    asked = os.environ.get("FUZZ_EXAMPLES")
    return settings(
        max_examples=int(asked) if asked else examples,
        derandomize=not asked,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
