"""Which selections look the same whenever they are run on one record, so that it pays to keep what they gave."""

from collections.abc import Sequence
from functools import partial

from graphql import ArgumentNode, ListValueNode, ObjectValueNode, ValueNode, VariableNode

from server.operations.compiled.positions import Steps
from server.operations.compiled.renderings import Renderings, Run, Shelf, rendered
from server.operations.compiled.resolving import Attribute, Direct, Way
from server.operations.values import Value


class Reach:
    """What a selection reaches, as told while it is made.

    It ``lasts`` where everything in it follows from the record and from arguments, and ``varies`` where those come from
    variables.
    """

    __slots__ = ("lasts", "varies")

    def __init__(self, *, lasts: bool) -> None:
        self.lasts = lasts
        self.varies = False

    def note_arguments(self, nodes: Sequence[ArgumentNode]) -> None:
        """Take note of the arguments of a field."""
        self.varies = self.varies or any(_names_variable(each.value) for each in nodes)

    def note_below(self, reach: "Reach") -> None:
        """Take note of a selection on a field's value."""
        self.lasts = self.lasts and reach.lasts
        self.varies = self.varies or reach.varies


def may_last(way: Way) -> bool:
    """Tell whether what a field gives follows from the record and from arguments."""
    return isinstance(way, Attribute) or (isinstance(way, Direct) and way.is_lasting)


def _names_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_names_variable(each) for each in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_names_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)


def keeping(name: str, run: Run, reach: Reach, renderings: Renderings) -> Run:
    """Make of a selection's function one that keeps what it gave: for all variables, or for each choice of them."""
    if not reach.varies:
        return partial(rendered, run, Shelf(renderings))

    def for_these_variables(record: Value, steps: Steps, execution: Value) -> Value:
        shelf = execution.shelves.get(name) or execution.shelves.setdefault(name, Shelf(renderings))
        return rendered(run, shelf, record, steps, execution)

    return for_these_variables
