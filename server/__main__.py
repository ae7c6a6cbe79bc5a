"""The command line: ``mediagraph [serve]``, ``sandbox``, ``schema``, ``budget``, ``doctor``, ``drift`` and others."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from server.sandbox import SandboxError, sandbox_command
from server.service import StartError, serve, show_sandbox
from server.settings import SettingsError, all_variables, client_key, settings_from_environment
from server.settings_reading import shown_default
from server.version import VERSION

_ABOUT_ITSELF = {"-h", "--help", "--version"}
_HIGHEST_PORT = 65535
_MOST_WORKERS = 64
# `serve` passes the pictures of the sandbox on where it listens unless told otherwise.
_SERVED_AT = "http://localhost:8000"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    2 stands for a wrong argument or setting, 1 for a start that failed; both say why on standard error.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or (given[0].startswith("-") and given[0] not in _ABOUT_ITSELF):
        given.insert(0, "serve")
    arguments = parser().parse_args(given)
    try:
        return COMMANDS[arguments.command](arguments)
    except SettingsError as error:
        sys.stderr.write(f"mediagraph: {error}\n")
        return 2
    except (SandboxError, StartError) as error:
        sys.stderr.write(f"mediagraph: {error}\n")
        return 1


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    program = argparse.ArgumentParser(
        prog="mediagraph", description="One GraphQL graph over Musement, Club Med and Forge; alone it serves."
    )
    program.add_argument("--version", action="version", version=f"mediagraph {VERSION}")
    commands = program.add_subparsers(dest="command", required=True, metavar="command")
    _take_serve(commands.add_parser("serve", help="answer GraphQL requests (the default)"))
    _take_sandbox(commands.add_parser("sandbox", help="run the emulated providers alone"))
    schema = commands.add_parser("schema", help="print the schema")
    schema.add_argument(
        "--dialect",
        choices=("plain", "federation", "stitching", "composite"),
        default="plain",
        help="as clients read it, or as a kind of larger graph does (%(default)s)",
    )
    budget = commands.add_parser(
        "budget", help="check the calls that operations may cost, without sending any"
    )
    budget.add_argument("file", type=Path, help="a GraphQL document with '# calls: 17' above each operation")
    commands.add_parser("doctor", help="check the settings, providers, clock and cache, and say what to do")
    _take_warm(
        commands.add_parser("warm", help="send a list of requests to a running graph, to fill its cache")
    )
    _take_drift(
        commands.add_parser("drift", help="compare what the providers answer with what is known of them")
    )
    commands.add_parser("settings", help="list the environment variables that are read")
    return program


def _take_serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    command.add_argument(
        "--port", type=bounded(0, _HIGHEST_PORT), default=8000, help="0 = a free one (%(default)s)"
    )
    command.add_argument(
        "--workers", type=bounded(1, _MOST_WORKERS), default=1, help="processes (%(default)s)"
    )


def _take_sandbox(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    command.add_argument(
        "--port",
        type=bounded(0, _HIGHEST_PORT - 3),
        default=0,
        help="the first of four; 0 = free ones (%(default)s)",
    )
    command.add_argument(
        "--images-origin", default=_SERVED_AT, help="where clients load the pictures from (%(default)s)"
    )


def _take_warm(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        type=Path,
        help="on each line a GraphQL request as JSON, or a key: UUID, product id, culture/slug",
    )
    command.add_argument("--url", default=f"{_SERVED_AT}/graphql", help="the graph (%(default)s)")
    command.add_argument(
        "--at-once", type=bounded(1, 1000), default=8, help="requests in flight together (%(default)s)"
    )
    command.add_argument(
        "--as", dest="client", metavar="NAME", help="send the key of that name in MEDIAGRAPH_CLIENT_KEYS"
    )


def _take_drift(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--against", type=Path, metavar="FILE", help="shapes of an earlier --record")
    command.add_argument("--record", type=Path, metavar="FILE", help="write the shapes that came there")


def bounded(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds, for arguments."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"wanted a whole number from {least} to {most}, got {text!r}")
        return int(text)

    return read


def run_serve(arguments: argparse.Namespace) -> int:
    """Serve the graph until told to end."""
    return serve(arguments.host, arguments.port, arguments.workers)


def run_sandbox(arguments: argparse.Namespace) -> int:
    """Run the emulators until told to end, and say how a graph finds them."""
    return show_sandbox(sandbox_command(arguments.images_origin, arguments.host, arguments.port))


def run_schema(arguments: argparse.Namespace) -> int:
    """Print the schema in the schema definition language, in one of its dialects."""
    from schema.dialects import dialect_sdl

    sys.stdout.write(dialect_sdl(arguments.dialect, settings_from_environment().federation_version))
    return 0


def run_budget(arguments: argparse.Namespace) -> int:
    """Check a file of call budgets: one line an operation, 0 where all hold, else 1."""
    from server.budget import BudgetError, check_budgets, read_budgets

    try:
        budgets = read_budgets(arguments.file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"mediagraph: {arguments.file} cannot be read: {error}\n")
        return 2
    except BudgetError as error:
        sys.stderr.write(f"mediagraph: {arguments.file}: {error}\n")
        return 2
    verdicts = check_budgets(budgets, settings_from_environment())
    sys.stdout.write("".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def run_doctor(_: argparse.Namespace) -> int:
    """Print what works and what to do where it does not: 0 where nothing fails, else 1."""
    from server.doctor import examine, table

    findings = asyncio.run(examine(settings_from_environment()))
    sys.stdout.write(table(findings))
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def run_warm(arguments: argparse.Namespace) -> int:
    """Fill a running graph's cache: 0 where every request was answered without an error, else 1."""
    from server.warm import Target, WarmError, warm_file

    settings_from_environment()  # a wrong value is named before anything is sent
    key = client_key(arguments.client) if arguments.client else None
    if arguments.client and key is None:
        raise SettingsError(f"MEDIAGRAPH_CLIENT_KEYS: wanted a key named {arguments.client!r}, got none")
    target = Target(arguments.url, arguments.at_once, key)
    try:
        went_well = asyncio.run(warm_file(arguments.file.read_bytes(), target, sys.stdout.write))
    except (OSError, WarmError) as error:
        sys.stderr.write(f"mediagraph: {arguments.file}: {error}\n")
        return 2
    return 0 if went_well else 1


def run_drift(arguments: argparse.Namespace) -> int:
    """Print what has changed in the providers' answers: 0 nothing, 1 something, 2 where one could not be asked."""
    from server.drift import report
    from server.drift.shapes import Unreadable

    settings = settings_from_environment()
    try:
        known = report.read_shapes(arguments.against) if arguments.against else report.shipped_shapes()
        drift = asyncio.run(report.examine(settings, known))
        if arguments.record:
            arguments.record.write_bytes(report.write_shapes(drift.came))
    except (OSError, Unreadable) as error:
        sys.stderr.write(f"mediagraph: {error}\n")
        return 2
    sys.stdout.write((report.as_json if arguments.json else report.table)(drift, settings))
    return drift.exit_code


def run_settings(_: argparse.Namespace) -> int:
    """Print every variable: what it means, what it wants, and its default where it has one."""
    for variable in all_variables():
        default = shown_default(variable.default)
        unset = f"; default {default}" if default else ""
        sys.stdout.write(f"{variable.name}\n    {variable.meaning}\n    {variable.kind.wanted}{unset}\n")
    return 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "serve": run_serve,
    "sandbox": run_sandbox,
    "schema": run_schema,
    "budget": run_budget,
    "doctor": run_doctor,
    "warm": run_warm,
    "drift": run_drift,
    "settings": run_settings,
}


if __name__ == "__main__":
    sys.exit(main())
