"""Errors as clients see them: a code, what is needed to act on it, and nothing of our inside."""

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from providers.errors import Forbidden, ProviderError, UpstreamRateLimited
from resolvers.errors import BadUserInput
from server.operations.limits import TooComplex
from server.operations.preparation import UnknownOperation
from server.operations.values import JsonObject
from server.operations.variables import UnfitVariable

LONGEST_MESSAGE: Final = 500

_log = structlog.get_logger()


def formatted(errors: Iterable[GraphQLError], request_id: str, *, ran: bool) -> list[JsonObject]:
    """Write the errors of an operation; ``ran`` tells field errors from request errors."""
    return [_formatted(error, request_id, ran=ran) for error in errors]


def plain_error(
    message: str, code: str, request_id: str, details: Mapping[str, Any] | None = None
) -> JsonObject:
    """Write an error that belongs to no field."""
    extensions = {"code": code, **(details or {}), "requestId": request_id}
    return {"message": bounded(message), "extensions": extensions}


def bounded(message: str) -> str:
    """Cut a message that echoes what a client sent to a readable length."""
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"


def name_and_place(cause: Exception | None) -> str:
    """Tell an error's class and where it was raised: its text and its stack may hold what a log must not."""
    frames = traceback.extract_tb(cause.__traceback__) if cause else []
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(cause).__name__}{place}"


def _formatted(error: GraphQLError, request_id: str, *, ran: bool) -> JsonObject:
    message, extensions = _told(error, request_id, ran=ran)
    written: JsonObject = {"message": bounded(message)}
    if error.locations:
        written["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        written["path"] = list(error.path)
    return {**written, "extensions": {**extensions, "requestId": request_id}}


def _told(error: GraphQLError, request_id: str, *, ran: bool) -> tuple[str, JsonObject]:
    """Choose the message and the extensions; an error that is none of a known kind is logged, not told."""
    cause = _cause(error)
    if isinstance(cause, ProviderError):
        return str(cause), _of_provider(cause)
    if isinstance(cause, BadUserInput):
        return error.message, {"code": cause.code, "argument": cause.argument}
    if not ran:
        return error.message, _of_request(error)
    if isinstance(cause, GraphQLError | None) and error.message.startswith("Argument '"):
        # The GraphQL library refused the argument: what fits as a variable may still be null, or absent.
        return error.message, {"code": "BAD_USER_INPUT", "argument": error.message.split("'")[1]}
    return _logged(error, request_id), {"code": "INTERNAL_SERVER_ERROR"}


def _logged(error: GraphQLError, request_id: str) -> str:
    _log.error("field_failed", request_id=request_id, path=error.path, error=name_and_place(_cause(error)))
    return "something went wrong here; it is logged"


def _cause(error: GraphQLError) -> Exception | None:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _of_provider(cause: ProviderError) -> JsonObject:
    extensions: JsonObject = {"code": cause.code, "provider": cause.provider.value}
    if isinstance(cause, Forbidden):
        return extensions
    extensions["retryable"] = cause.retryable
    if cause.status is not None:
        extensions["upstreamStatus"] = cause.status
    if isinstance(cause, UpstreamRateLimited) and cause.retry_after_s is not None:
        extensions["retryAfterSeconds"] = cause.retry_after_s
    return extensions


def _of_request(error: GraphQLError) -> JsonObject:
    if isinstance(error, GraphQLSyntaxError):
        return {"code": "GRAPHQL_PARSE_FAILED"}
    if isinstance(error, TooComplex):
        numbers = {"limit": error.limit, "actual": error.actual, "allowed": error.allowed}
        return {"code": "OPERATION_TOO_COMPLEX", **numbers}
    if isinstance(error, UnfitVariable):
        return {"code": "BAD_USER_INPUT", "argument": error.argument}
    if isinstance(error, UnknownOperation):
        return {"code": "OPERATION_RESOLUTION_FAILURE"}
    return {"code": "GRAPHQL_VALIDATION_FAILED"}
