"""Entity tags name bytes and nothing else, whatever was named before."""

import hashlib
from random import Random
from unittest.mock import patch

import pytest

from server.entity_tags import EntityTags


def named(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 20_000, 70_000])
def test_a_name_is_the_digest_of_the_bytes_each_time(size: int) -> None:
    tags, body = EntityTags(most_bytes=60_000), Random(size).randbytes(size)  # noqa: S311 - repeatable
    assert [tags.of(bytes(bytearray(body))) for _ in range(3)] == [named(body)] * 3


def test_bytes_that_were_named_lately_are_not_digested_again() -> None:
    tags, body = EntityTags(), b"a" * 5000
    tags.of(body)
    with patch("server.entity_tags.hashlib") as digesting:
        assert tags.of(bytes(bytearray(body))) == named(body)
    assert digesting.mock_calls == []


def test_bytes_that_differ_in_one_place_alone_have_names_of_their_own() -> None:
    tags = EntityTags()
    bodies = [b"a" * at + b"b" + b"a" * (9999 - at) for at in (0, 17, 4999, 5040, 9999)]
    for _ in range(3):
        assert [tags.of(body) for body in bodies] == [named(body) for body in bodies]
    assert tags.bytes <= len(bodies) * 10_000


def test_those_that_were_named_long_ago_make_room() -> None:
    tags = EntityTags(most_bytes=50_000)
    bodies = [bytes([each]) * 10_000 for each in range(12)]
    for body in bodies:
        assert tags.of(body) == named(body)
        assert tags.bytes <= 50_000
    with patch("server.entity_tags.hashlib", wraps=hashlib) as digesting:
        for body in bodies[::-1]:
            assert tags.of(body) == named(body)
    assert digesting.sha256.call_count == 7
