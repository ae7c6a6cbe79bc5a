"""Where log lines go and what they look like; what is secret never stands in one."""

import json
import logging
import sys
from collections.abc import Iterator, MutableMapping
from typing import ClassVar, Final, Literal, TextIO
from urllib.parse import urlsplit

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.secret import Secret

HIDDEN: Final = "[secret]"
SHORTEST_HIDDEN: Final = 4
"""A shorter text is no secret, and would blot out half of every line."""

Format = Literal["auto", "json", "text"]


def configure_logs(form: Format, level: str, settings: msgspec.Struct, stream: TextIO | None = None) -> None:
    """Send this process's log lines, those of its libraries too, to standard error.

    ``auto`` is text where a person reads it, JSON elsewhere. Whatever ``settings`` holds as a Secret is blotted out.
    """
    target = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        Blotting(secrets_of(settings)),
    ]
    render = _renderer(form, target)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    processors = [*before, render]
    factory = structlog.WriteLoggerFactory(target)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    is_told = threshold <= logging.INFO and isinstance(render, structlog.processors.JSONRenderer)
    ReadyLines.current = ReadyLines(processors, factory, settings) if is_told else None
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Blotting(secrets_of(settings)),
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up where something is wrong; what they say beside that is theirs.
    root.setLevel(max(threshold, logging.WARNING))


class ReadyLines:
    """Writes lines in JSON in one step, to where and as the processors would in several.

    ``current`` is the one of this process, None where lines have another form, or are not wanted.
    """

    current: ClassVar["ReadyLines | None"] = None

    def __init__(
        self, processors: list[Processor], factory: structlog.WriteLoggerFactory, settings: msgspec.Struct
    ) -> None:
        self._processors = processors[:]
        self._factory = factory
        self._logger = factory()
        self._encode = msgspec.json.Encoder().encode
        # As they would stand in a line.
        self._secrets = [_json(text)[1:-1].encode() for text in Blotting(secrets_of(settings)).secrets]

    @property
    def are_in_force(self) -> bool:
        """Whether nobody has configured other lines since, or bound what belongs into all of them."""
        config = structlog.get_config()
        return (
            config["processors"] == self._processors
            and config["logger_factory"] is self._factory
            and not structlog.contextvars.get_contextvars()
        )

    def write(self, line: msgspec.Struct) -> bool:
        """Write a line of JSON's kinds; False where there is a secret to blot out of it, and nothing was written."""
        written = self._encode(line)
        for secret in self._secrets:
            if secret in written:
                return False
        self._logger.msg(written.decode())
        return True


def _renderer(form: Format, target: TextIO) -> Processor:
    if form == "text" or (form == "auto" and target.isatty()):
        return structlog.dev.ConsoleRenderer(colors=target.isatty())
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(event: EventDict | str, **_: object) -> str:
    try:
        return msgspec.json.encode(event).decode()
    except UnicodeEncodeError:
        # Half a surrogate pair, which JSON in UTF-8 cannot hold but escaped.
        return json.dumps(event)


class Blotting:
    """Puts ``[secret]`` in the place of every secret, wherever in an event it stands."""

    def __init__(self, secrets: Iterator[str]) -> None:
        # Longest first: one secret may be a part of another.
        self.secrets = sorted(
            {text for text in secrets if len(text) >= SHORTEST_HIDDEN}, key=len, reverse=True
        )

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Return the event without secrets."""
        del logger, method
        return {name: self.clean(value) for name, value in event.items()}

    def clean(self, value: object) -> object:
        """Return a value of JSON's kinds without secrets; anything else becomes its text."""
        if isinstance(value, str):
            return self._blotted(value)
        if value is None or isinstance(value, int | float):
            return value
        if isinstance(value, dict | MutableMapping):
            return {self.clean(str(name)): self.clean(each) for name, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(each) for each in value]
        return self._blotted(str(value))

    def _blotted(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


def secrets_of(settings: object) -> Iterator[str]:
    """Find every secret text in settings, however deep."""
    if isinstance(settings, Secret):
        text = settings.reveal()
        yield text
        if "://" in text:
            # A library names the password of a URL without the rest of it.
            yield urlsplit(text).password or ""
    elif isinstance(settings, msgspec.Struct):
        for value in msgspec.structs.astuple(settings):
            yield from secrets_of(value)
    elif isinstance(settings, tuple):
        for value in settings:
            yield from secrets_of(value)
