"""What may stand beside the data of an answer: its price, its warnings, the trace of its fields."""

import msgspec

from providers.rehearsal import Rehearsal
from resolvers.context import Context
from server.operations import ftv1
from server.operations.preparation import Prepared
from server.operations.tracing import FieldTrace
from server.operations.values import JsonObject
from server.receipt import prediction, receipt


def extensions_of(context: Context, prepared: Prepared, *, wants_receipt: bool) -> JsonObject:
    """Write the warnings, and the receipt where it is wanted."""
    extensions: JsonObject = {}
    if context.warnings:
        extensions["warnings"] = [_warning(each) for each in context.warnings]
    if wants_receipt:
        extensions["upstream"] = receipt(context) | _estimate(prepared)
    return extensions


def predicted(context: Context, rehearsal: Rehearsal, prepared: Prepared) -> JsonObject:
    """Write which calls an operation would make."""
    return {"upstream": prediction(context, rehearsal) | _estimate(prepared)}


def _estimate(prepared: Prepared) -> JsonObject:
    return {"estimate": msgspec.structs.asdict(prepared.cost)}


def _warning(warned: msgspec.Struct) -> JsonObject:
    return {name: value for name, value in msgspec.structs.asdict(warned).items() if value is not None}


def traced(trace: FieldTrace | None, answer: JsonObject) -> JsonObject:
    """Write the trace of an answer, where one was wanted."""
    return {"ftv1": ftv1.written(trace, answer.get("errors", ()))} if trace and "data" in answer else {}
