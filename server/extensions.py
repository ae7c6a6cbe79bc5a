"""What may stand beside the data of an answer: its price, its warnings, the trace of its fields."""

import msgspec

from server.operations import ftv1
from server.operations.preparation import Prepared
from server.operations.tracing import FieldTrace
from server.operations.values import JsonObject


def estimate(prepared: Prepared) -> JsonObject:
    """Write what an operation comes to at worst."""
    return {"estimate": msgspec.structs.asdict(prepared.cost)}


def warning(warned: msgspec.Struct) -> JsonObject:
    """Write a warning, without what it does not tell."""
    return {name: value for name, value in msgspec.structs.asdict(warned).items() if value is not None}


def traced(trace: FieldTrace | None, answer: JsonObject) -> JsonObject:
    """Write the trace of an answer, where one was wanted."""
    return {"ftv1": ftv1.written(trace, answer.get("errors", ()))} if trace and "data" in answer else {}
