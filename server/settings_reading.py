"""From a mapping of variables to a frozen group of settings, with errors that name the variable."""

import difflib
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from server.settings_kinds import Kind, shown

PREFIX = "MEDIAGRAPH_"
G = TypeVar("G", bound=msgspec.Struct)
_USER = re.compile(r"(//|^(?!.*//)).*@")


class SettingsError(Exception):
    """A variable has a wrong value; the one-line message names it, what was wanted and what came."""


class Variable(NamedTuple):
    """One variable: the field that it fills, how it is read, what it means and what it is when unset."""

    name: str
    field: str
    kind: Kind[object]
    meaning: str
    default: object


def variables(group: type[msgspec.Struct], segment: str) -> Iterator[Variable]:
    """List the variables of a group in the order of its fields: a field with a Kind is one."""
    hints = typing.get_type_hints(group, include_extras=True)
    for field in msgspec.structs.fields(group):
        notes: tuple[object, ...] = getattr(hints[field.name], "__metadata__", ())
        match notes:
            case (Kind() as kind, str(meaning)):
                name = f"{PREFIX}{segment}{field.name.upper()}"
                yield Variable(name, field.name, kind, meaning, field.default)


def read_group(group: type[G], segment: str, environ: Mapping[str, str]) -> G:
    """Build the group out of what is set; an empty variable counts as unset. Raises SettingsError."""
    values = {
        variable.field: read_value(variable, environ[variable.name])
        for variable in variables(group, segment)
        if environ.get(variable.name)
    }
    return group(**values)


def read_value(variable: Variable, text: str) -> object:
    """Read one text; a secret's is not shown in the error."""
    kind = variable.kind
    try:
        return kind.read(text)
    except ValueError:
        came = "something else, which is not shown" if kind.is_secret else shown(_without_credentials(text))
    # Raised here and not inside the handler, so that no chained error carries a secret's text.
    raise SettingsError(f"{variable.name}: wanted {kind.wanted}, got {came}")


def _without_credentials(text: str) -> str:
    """Hide what a URL can carry in the wrong place: a user before the host, a key in the query."""
    return _USER.sub(r"\1…@", text).partition("?")[0] + ("?…" if "?" in text else "")


def shown_default(default: object) -> str:
    """Write a default as a variable would hold it; empty where there is none."""
    match default:
        # Before int, which every bool is too.
        case bool():
            return str(default).lower()
        case float():
            return f"{default:g}"
        case tuple():
            return " ".join(map(str, default))
        case int() | str():
            return str(default)
    return ""


def refuse_parts(environ: Mapping[str, str], *names: str) -> None:
    """Raise SettingsError where some of the variables are set, but not all."""
    missing = [f"{PREFIX}{name}" for name in names if not environ.get(f"{PREFIX}{name}")]
    found = [f"{PREFIX}{name}" for name in names if environ.get(f"{PREFIX}{name}")]
    if found and missing:
        raise SettingsError(
            f"{' and '.join(missing)}: wanted together with {' and '.join(found)}, got nothing"
        )


def refuse_alone(environ: Mapping[str, str], name: str, value: str, needed: str) -> None:
    """Raise SettingsError where a variable has a value that makes no sense without another variable."""
    if environ.get(f"{PREFIX}{name}", "").lower() == value and not environ.get(f"{PREFIX}{needed}"):
        raise SettingsError(f"{PREFIX}{needed}: wanted for {PREFIX}{name}={value}, got nothing")


def unknown_names(environ: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Tell of each name with our prefix that is no setting, with the nearest that is."""
    names = list(known)
    for name in sorted(set(environ) - set(names)):
        if name.startswith(PREFIX):
            # High enough that only a typing error finds its neighbour.
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
            yield f"{shown(name)[1:-1]} is no setting" + (f"; did you mean {nearest[0]}?" if nearest else "")
