"""The schema as each kind of larger graph wants to read it."""

from typing import Final

from schema.composite import composite_sdl
from schema.federation import federation_sdl
from schema.graph import build_schema
from schema.stitching import stitching_sdl

DIALECTS: Final = ("plain", "federation", "stitching", "composite")


def dialect_sdl(dialect: str, federation_version: str) -> str:
    """Write the schema in a dialect, with a line break at its end; only ``federation`` knows versions."""
    plain = build_schema().as_str() + "\n"
    if dialect == "federation":
        return federation_sdl(plain, federation_version)
    if dialect == "stitching":
        return stitching_sdl(plain)
    return composite_sdl(plain) if dialect == "composite" else plain
