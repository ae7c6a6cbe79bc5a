"""Operations that show what the graph can do: the tabs of GraphiQL, held to their call budgets in CI."""

import re
from pathlib import Path
from typing import Final

from server.budget import read_budgets
from server.graphiql.page import Example

EXAMPLES_FILE: Final = Path(__file__).with_name("examples.graphql")

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _title(name: str) -> str:
    return _WORD.sub(" ", name).capitalize()


EXAMPLES: Final = tuple(
    Example(_title(budget.name), budget.text, budget.variables)
    for budget in read_budgets(EXAMPLES_FILE.read_text(encoding="utf-8"))
)
