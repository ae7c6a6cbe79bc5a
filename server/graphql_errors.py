"""Errors as clients see them: a code, what is needed to act on it, and nothing of our inside."""

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from providers.errors import Forbidden, ProviderError, UpstreamRateLimited
from resolvers.errors import BadUserInput

_log = structlog.get_logger()


def formatted(errors: Iterable[GraphQLError], request_id: str, *, ran: bool) -> list[dict[str, Any]]:
    """Write the errors of an operation; ``ran`` tells field errors from request errors."""
    return [_formatted(error, request_id, ran=ran) for error in errors]


def plain_error(message: str, code: str, request_id: str) -> dict[str, Any]:
    """Write an error that belongs to no field."""
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def name_and_place(cause: Exception | None) -> str:
    """Tell an error's class and where it was raised: its text and its stack may hold what a log must not."""
    frames = traceback.extract_tb(cause.__traceback__) if cause else []
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(cause).__name__}{place}"


def _formatted(error: GraphQLError, request_id: str, *, ran: bool) -> dict[str, Any]:
    cause = _cause(error)
    message, extensions = error.message, {}
    if isinstance(cause, ProviderError):
        message, extensions = str(cause), _of_provider(cause)
    elif isinstance(cause, BadUserInput):
        extensions = {"code": cause.code, "argument": cause.argument}
    elif not ran:
        extensions = {"code": _request_code(error)}
    else:
        _log.error("field_failed", request_id=request_id, path=error.path, error=name_and_place(cause))
        message, extensions = "something went wrong here; it is logged", {"code": "INTERNAL_SERVER_ERROR"}
    written: dict[str, Any] = {"message": message}
    if error.locations:
        written["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        written["path"] = list(error.path)
    return {**written, "extensions": {**extensions, "requestId": request_id}}


def _cause(error: GraphQLError) -> Exception | None:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _of_provider(cause: ProviderError) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": cause.code, "provider": cause.provider.value}
    if isinstance(cause, Forbidden):
        return extensions
    extensions["retryable"] = cause.retryable
    if cause.status is not None:
        extensions["upstreamStatus"] = cause.status
    if isinstance(cause, UpstreamRateLimited) and cause.retry_after_s is not None:
        extensions["retryAfterSeconds"] = cause.retry_after_s
    return extensions


def _request_code(error: GraphQLError) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if error.message.startswith("Variable "):
        return "BAD_USER_INPUT"
    return "GRAPHQL_VALIDATION_FAILED"
