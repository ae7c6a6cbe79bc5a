"""Operations that show what the graph can do: the tabs of GraphiQL, held to their call budgets in CI."""

from pathlib import Path
from typing import Final

from server.budget import read_budgets
from server.graphiql.page import Example

EXAMPLES_FILE: Final = Path(__file__).with_name("examples.graphql")

EXAMPLES: Final = tuple(
    Example(budget.name, budget.text, budget.variables)
    for budget in read_budgets(EXAMPLES_FILE.read_text(encoding="utf-8"))
)
