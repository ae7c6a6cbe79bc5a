"""``mediagraph drift``: what each provider's answers have become, beside what is known of them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import msgspec

from server.drift.differences import Difference, differences
from server.drift.listening import listening
from server.drift.replays import REPLAYS, Asker, Heard, replayed
from server.drift.shapes import Shape, Unreadable, field, shape_of
from server.logs import Blotting, secrets_of
from server.settings import Settings

_ITEMS: Final = 5
_WORDS: Final = {"same": "as known", "drift": "has changed", "nothing": "has nothing here (404)"}

KnownShapes = Mapping[str, Mapping[str, Shape]]
"""Shapes by provider and route."""


class RouteDrift(msgspec.Struct, frozen=True):
    """What a route came to: ``unasked`` where nothing came that could be compared, ``problem`` says why."""

    route: str
    state: Literal["same", "drift", "nothing", "unasked"]
    answers: int = 0
    problem: str = ""
    differences: tuple[Difference, ...] = ()


class ProviderDrift(msgspec.Struct, frozen=True):
    """A provider's routes; ``missing`` names the settings without which it was not asked."""

    provider: str
    missing: tuple[str, ...] = ()
    routes: tuple[RouteDrift, ...] = ()


class Drift(msgspec.Struct, frozen=True):
    """What all configured providers came to, and the shapes in which they answered."""

    providers: tuple[ProviderDrift, ...]
    came: KnownShapes

    @property
    def exit_code(self) -> int:
        """0: all as known; 1: something has changed; 2: nothing has, as far as could be asked."""
        states = [route.state for each in self.providers for route in each.routes]
        if "drift" in states:
            return 1
        return 0 if "same" in states and "unasked" not in states else 2


def shipped_shapes() -> KnownShapes:
    """Read what each adapter's folder says of its provider."""
    return {
        name: _shapes(msgspec.json.decode((files("providers") / replay.folder / "shapes.json").read_bytes()))
        for name, replay in REPLAYS.items()
    }


def read_shapes(path: Path) -> KnownShapes:
    """Read what ``write_shapes`` has written; raises OSError or Unreadable."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, dict[str, str]]])
    except msgspec.DecodeError as error:
        raise Unreadable(f"wanted the shapes of providers, routes and paths: {error}") from None
    return {provider: _shapes(routes) for provider, routes in found.items()}


def write_shapes(shapes: KnownShapes) -> bytes:
    """Write shapes by provider, as a file to compare with later."""
    return written_json({name: written_shapes(routes) for name, routes in shapes.items()})


def written_shapes(routes: Mapping[str, Shape]) -> dict[str, dict[str, str]]:
    """Write the shapes of one provider's routes as its ``shapes.json`` has them."""
    return {route: {path: each.written() for path, each in shape.items()} for route, shape in routes.items()}


def written_json(value: object) -> bytes:
    """Write JSON for people and for version control."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _shapes(routes: Mapping[str, Mapping[str, str]]) -> Mapping[str, Shape]:
    return {route: {path: field(text) for path, text in shape.items()} for route, shape in routes.items()}


async def examine(settings: Settings, known: KnownShapes, items: int = _ITEMS) -> Drift:
    """Ask every configured provider for a list of so many items and for all of each item, and compare."""
    async with listening(settings) as (providers, listeners):
        asker = Asker(providers, settings.locale, items, settings.deadline_s)
        asked = {
            name: each for name, each in settings.providers.items() if not each.missing and name in REPLAYS
        }
        heard = await asyncio.gather(*(replayed(REPLAYS[name], asker, listeners[name]) for name in asked))
    by_name = dict(zip(asked, heard, strict=True))
    came = {name: _came(known.get(name, {}), each) for name, each in by_name.items()}
    return Drift(
        tuple(
            ProviderDrift(name, routes=tuple(_compared(known.get(name, {}), came[name], by_name[name])))
            if name in asked
            else ProviderDrift(name, missing=settings.providers[name].missing)
            for name in settings.providers
        ),
        came,
    )


def _came(known: Mapping[str, Shape], heard: Iterable[Heard]) -> Mapping[str, Shape]:
    """Tell the shapes of what came, with what is free in the known ones left free."""
    return {
        each.route: shape_of(
            each.documents, {path for path, one in known.get(each.route, {}).items() if one.is_free}
        )
        for each in heard
        if each.documents
    }


def _compared(
    known: Mapping[str, Shape], came: Mapping[str, Shape], heard: Iterable[Heard]
) -> Iterator[RouteDrift]:
    for each in heard:
        shape = came.get(each.route)
        if shape is None or each.route not in known:
            problem = each.problem or ("" if shape is None else "no shape is known of it")
            yield RouteDrift(each.route, "unasked" if problem else "nothing", problem=problem)
            continue
        found = tuple(differences(known[each.route], shape))
        state: Literal["drift", "same"] = "drift" if found else "same"
        yield RouteDrift(each.route, state, len(each.documents), each.problem, found)


def as_json(drift: Drift, settings: Settings) -> str:
    """Write the comparison for programs, without anything secret."""
    verdict = ("same", "drift", "unasked")[drift.exit_code]
    value = {"verdict": verdict, "providers": msgspec.to_builtins(drift.providers)}
    return written_json(Blotting(secrets_of(settings)).clean(value)).decode()


def table(drift: Drift, settings: Settings) -> str:
    """Write the comparison for people, without anything secret."""
    text = "".join(f"{line}\n" for each in drift.providers for line in _lines(each))
    return str(Blotting(secrets_of(settings)).clean(text))


def _lines(drift: ProviderDrift) -> Iterator[str]:
    if drift.missing:
        yield f"off      {drift.provider} is not configured: set {' and '.join(drift.missing)}"
    for route in drift.routes:
        answers = f"{route.answers} answer{'s' * (route.answers != 1)}" if route.answers else ""
        said = ", ".join(filter(None, (_WORDS.get(route.state), answers, route.problem)))
        yield f"{route.state:<8} {drift.provider} {route.route}: {said}"
        for each in route.differences:
            yield f"         {each.what:<8} {each.path}: {_change(each)}"


def _change(difference: Difference) -> str:
    if difference.what == "renamed":
        return f"is now {difference.came}"
    return f"was {difference.known}, is {difference.came}"
