"""Every example operation: it answers, within its budget, with the calls that were predicted for it."""

import pytest

from server.budget import Budget, check_budgets, read_budgets
from server.examples import EXAMPLES_FILE
from server.settings import load_settings
from tests.graph import running_graph

BUDGETS = read_budgets(EXAMPLES_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda each: each.name)
async def test_an_example_answers_in_the_sandbox_with_the_calls_that_are_predicted(budget: Budget) -> None:
    async with running_graph(explain="true") as graph:
        dry = await graph.query(budget.text, budget.variables, x_mediagraph_explain="dry")
        assert graph.calls == {}
        real = await graph.query(budget.text, budget.variables, x_mediagraph_explain="1")
    predicted = dry.json["extensions"]["upstream"]["predicted"]
    made = real.json["extensions"]["upstream"]["calls"]
    assert real.codes == []
    assert sum(graph.calls.values()) == len(made) <= budget.most_calls

    def names(calls: list[dict[str, object]]) -> list[str]:
        return sorted(f"{call['route']} {call.get('window')}" for call in calls)

    exact = [call for call in predicted if call["exact"]]
    assert set(names(exact)) <= set(names(made))
    assert len(made) <= len(predicted)
    if len(exact) == len(predicted):
        assert names(predicted) == names(made)


def test_no_example_may_cost_more_than_its_budget() -> None:
    verdicts = check_budgets(BUDGETS, load_settings({}))
    assert [str(verdict) for verdict in verdicts if not verdict.holds] == []
    assert len(verdicts) == len(BUDGETS) >= 6
