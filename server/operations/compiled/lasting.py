"""Which selections look the same whenever they are run on one record, so that it pays to keep what they gave."""

from functools import partial

from graphql import ListValueNode, ObjectValueNode, ValueNode, VariableNode

from server.operations.compiled.positions import Position, Steps
from server.operations.compiled.renderings import Renderings, Run, Shelf, rendered
from server.operations.compiled.resolving import Attribute, Direct, Wrapped
from server.operations.values import Value


class Reach:
    """What a selection reaches, as told while it is written; ``below`` are the selections on its fields' values.

    It ``lasts`` where everything in it follows from the record and from arguments, and ``varies`` where those come from
    variables.
    """

    def __init__(self) -> None:
        self.lasts = True
        self.varies = False
        self.below: dict[str, Reach] = {}

    def note_way(self, way: Attribute | Direct | Wrapped, position: Position) -> None:
        """Take note of how a field gets its value."""
        if isinstance(way, Attribute):
            return
        self.lasts = self.lasts and isinstance(way, Direct) and way.is_lasting
        arguments = position.nodes[0].arguments or ()
        self.varies = self.varies or any(_names_variable(each.value) for each in arguments)

    def note_below(self, name: str, reach: "Reach") -> None:
        """Take note of a selection on a field's value."""
        self.below[name] = reach
        self.lasts = self.lasts and reach.lasts
        self.varies = self.varies or reach.varies


def _names_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_names_variable(each) for each in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_names_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)


def outermost(reaches: dict[str, Reach]) -> dict[str, Reach]:
    """Find the selections that last and stand in one that does not: what is within them is kept along with them."""
    return {
        name: below
        for reach in reaches.values()
        if not reach.lasts
        for name, below in reach.below.items()
        if below.lasts
    }


def keeping(name: str, run: Run, reach: Reach, renderings: Renderings) -> Run:
    """Make of a selection's function one that keeps what it gave: for all variables, or for each choice of them."""
    if not reach.varies:
        return partial(rendered, run, Shelf(renderings))

    def for_these_variables(record: Value, steps: Steps, execution: Value) -> Value:
        shelf = execution.shelves.get(name) or execution.shelves.setdefault(name, Shelf(renderings))
        return rendered(run, shelf, record, steps, execution)

    return for_these_variables
