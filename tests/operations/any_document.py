"""Documents made by chance for a schema made by chance, with their variables."""

import re
from random import Random
from typing import Any

from tests.operations.any_schema import Field, Shape, World

LITERALS = {
    "size": ("5", "null", "-1", "$size"),
    "name": ('"x"', '""', "$name"),
    "mood": ("WILD", "$mood", "CALM"),
    "sizes": ("[1, 2]", "[]", "7", "[null, $size]", "$sizes", "null"),
    "wish": ("{}", '{size: 9, names: ["a"]}', "{mood: DARK, size: 1}", "$wish", "null"),
    "gift": ("{}", "{data: {a: 1}}", "{data: {a: [$size]}}", "$gift", "{data: $data}"),
}
DECLARED = {
    "size": "Int = 2",
    "name": "String",
    "mood": "Mood = CALM",
    "sizes": "[Int]",
    "wish": "Wish",
    "gift": "Gift",
    "data": "JSON",
    "yes": "Boolean!",
    "no": "Boolean = false",
}


class Documents:
    """Writes one document; ask for its text and its variables."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._used: set[str] = set()
        self._fragments: list[tuple[str, str]] = []
        self._fragment_texts: list[str] = []
        self._aliases: dict[tuple[str, str, str], str] = {}
        self.text = self._operation()
        self.variables = self.some_variables()

    def _operation(self) -> str:
        body = self._selection("Query", 4)
        declared = ", ".join(f"${name}: {DECLARED[name]}" for name in sorted(self._used))
        head = f"query Asked({declared})" if declared else "query Asked"
        return "\n".join([f"{head} {body}", *self._fragment_texts])

    def some_variables(self) -> dict[str, Any]:
        """Choose values of the variables that the document uses."""
        chance = self._chance
        offers: dict[str, list[Any]] = {
            "size": [4, None],
            "name": ["v", None, ""],
            "mood": ["WILD", None],
            "sizes": [[1, None], None, 3],
            "wish": [{"size": 2}, {}, None, {"mood": "DARK", "names": ["z"]}],
            "gift": [{"data": {"a": [1]}}, {}, None],
            "data": [{}, {"a": 1}, None, 1],
            "no": [True, False],
        }
        found = {
            name: chance.choice(offers[name])
            for name in sorted(self._used)
            if name in offers and chance.random() < 0.6
        }
        if "yes" in self._used:
            found["yes"] = chance.random() < 0.6
        return found

    def _selection(self, type_name: str, depth: int) -> str:
        chance = self._chance
        parts = []
        for _ in range(chance.randrange(1, 6)):
            part = self._part(type_name, depth)
            if part:
                parts.append(part)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _part(self, type_name: str, depth: int) -> str:
        chance, world = self._chance, self._world
        turn = chance.random()
        if turn < 0.08 or not world.fields[type_name]:
            if turn < 0.08 or not world.possible.get(type_name):
                return chance.choice(("__typename", "kind: __typename")) + self._condition()
            return self._inline(type_name, depth)
        if turn < 0.25:
            return self._inline(type_name, depth)
        if turn < 0.32:
            return self._spread(type_name, depth)
        return self._field(type_name, chance.choice(world.fields[type_name]), depth)

    def _inline(self, type_name: str, depth: int) -> str:
        narrower = self._fitting(type_name)
        chosen = self._chance.choice([*narrower, type_name])
        on = f" on {chosen}" if self._chance.random() < 0.8 or chosen != type_name else ""
        return (
            f"...{on}{self._condition()} {self._selection(chosen, depth - 1)}" if depth > 0 else "__typename"
        )

    def _spread(self, type_name: str, depth: int) -> str:
        usable = [name for name, on in self._fragments if on == type_name]
        if usable and self._chance.random() < 0.5:
            return f"...{self._chance.choice(usable)}{self._condition()}"
        if depth <= 0:
            return "__typename"
        body = self._selection(type_name, depth - 1)
        name = f"Part{len(self._fragments)}"
        self._fragments.append((name, type_name))
        self._fragment_texts.append(f"fragment {name} on {type_name} {body}")
        return f"...{name}{self._condition()}"

    def _fitting(self, type_name: str) -> list[str]:
        world = self._world
        own = set(world.possible.get(type_name, [type_name]))
        return [name for name, names in sorted(world.possible.items()) if own & set(names) and names]

    def _field(self, type_name: str, field: Field, depth: int) -> str:
        named = _named(field.shape)
        is_leaf = named not in self._world.possible
        if not is_leaf and depth <= 0:
            return "__typename"
        arguments = (
            self._arguments(self._world.argument_names(type_name, field)) if field.takes_arguments else ""
        )
        alias = self._alias(field, arguments)
        below = "" if is_leaf else " " + self._selection(named, depth - 1)
        return f"{alias}{field.name}{arguments}{self._condition()}{below}"

    def _alias(self, field: Field, arguments: str) -> str:
        # A response name stands for one field with one set of arguments, wherever it is used.
        if arguments or self._chance.random() < 0.2:
            key = (field.name, arguments, "")
            if key not in self._aliases:
                self._aliases[key] = f"a{len(self._aliases)}: "
            return self._aliases[key]
        return ""

    def _arguments(self, names: set[str]) -> str:
        given = []
        for name, offers in LITERALS.items():
            if name in names and self._chance.random() < 0.3:
                text = self._chance.choice(offers)
                if text == "null" and name == "size":
                    text = "1"
                self._used.update(re.findall(r"\$(\w+)", text))
                given.append(f"{name}: {text}")
        return f"({', '.join(given)})" if given else ""

    def _condition(self) -> str:
        if self._chance.random() > 0.2:
            return ""
        condition = self._chance.choice(
            (
                "@skip(if: $no)",
                "@include(if: $yes)",
                "@skip(if: true)",
                "@include(if: true)",
                "@skip(if: $yes) @include(if: $yes)",
            )
        )
        self._used.update(each for each in ("yes", "no") if f"${each}" in condition)
        return f" {condition}"


def _named(shape: Shape) -> str:
    while shape.inner is not None:
        shape = shape.inner
    return shape.name
