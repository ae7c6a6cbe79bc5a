"""How far ``mediagraph warm`` is: bars where a person watches, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_WORTH_TELLING: Final = 100
Step = Callable[[int], None]
"""Is told of each request that is over: 1 where it failed, else 0."""


@contextmanager
def progress(total: int, console: Console | None = None) -> Iterator[Step]:
    """Show on standard error how many of the requests are over."""
    target = console or Console(stderr=True)
    with _bars(total, target) if target.is_terminal else _lines(total, target) as step:
        yield step


@contextmanager
def _bars(total: int, console: Console) -> Iterator[Step]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    # What is said of single failures goes to standard output, which may be a file: it is left alone.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bars:
        task = bars.add_task("warming", total=total, failed=0)
        failures = 0

        def step(failed: int) -> None:
            nonlocal failures
            failures += failed
            bars.update(task, advance=1, failed=failures)

        yield step


@contextmanager
def _lines(total: int, console: Console) -> Iterator[Step]:
    over = 0

    def step(_: int) -> None:
        nonlocal over
        over += 1
        # A tenth is enough for a log.
        if total >= _WORTH_TELLING and over % (total // 10) == 0:
            console.file.write(f"{over} of {total}\n")
            console.file.flush()

    yield step
