"""Call budgets: the file, the verdicts, the command."""

from pathlib import Path

import pytest

from server.__main__ import main
from server.budget import BudgetError, check_budgets, read_budgets
from server.settings import load_settings

WITHIN = "# calls: 1\nquery Within { photos(first: 100) { nodes { slug } } }\n"
OVER = "# calls: 2\nquery Over { photos(first: 250) { nodes { slug } } }\n"
FRAGMENT = """
# calls: 4
# variables: {"ids": ["AGRC", "PALM", "AGRC"]}
query WithFragment($ids: [ID!]!) { resortProducts(productIds: $ids) { ...Media } }
fragment Media on ResortProduct { gallery { totalCount } videos { totalCount } }
"""


def _lines(text: str) -> list[str]:
    return [str(verdict) for verdict in check_budgets(read_budgets(text), load_settings({}))]


def test_each_operation_gets_one_line() -> None:
    assert _lines(WITHIN + OVER + FRAGMENT) == [
        "ok   Within: 1 calls, 1 allowed",
        "over Over: at most 3 calls, 2 allowed",
        "ok   WithFragment: 4 calls, 4 allowed",
    ]


def test_an_operation_that_cannot_run_fails() -> None:
    [line] = _lines("# calls: 1\nquery Wrong { nothing }")
    assert line == "fail Wrong: Cannot query field 'nothing' on type 'Query'."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query Free { photos { nodes { slug } } }", "wanted a comment like '# calls: 17'"),
        ("# calls: many\nquery Free { photos { nodes { slug } } }", "got 'many'"),
        ("# calls: 1\n# variables: [1]\nquery Free { photos { nodes { slug } } }", "JSON object"),
        ("# calls: 1\n{ photos { nodes { slug } } }", "each with a name"),
        ("fragment Alone on Photo { slug }", "one or more operations"),
        ("query {", "GraphQL document"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(BudgetError, match=message.replace("(", r"\(")):
        read_budgets(text)


def test_the_command_says_by_its_exit_code_whether_all_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "operations.graphql"
    file.write_text(WITHIN)
    assert main(["budget", str(file)]) == 0
    file.write_text(WITHIN + OVER)
    assert main(["budget", str(file)]) == 1
    file.write_text("nonsense")
    assert main(["budget", str(file)]) == 2
    assert main(["budget", str(tmp_path / "absent.graphql")]) == 2
    told = capsys.readouterr()
    assert told.out.count("\n") == 3
    assert told.err.count("\n") == 2
