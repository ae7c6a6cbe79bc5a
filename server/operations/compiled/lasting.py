"""Which selections look the same whenever they are run on one record, so that it pays to keep what they gave."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from graphql import ArgumentNode, GraphQLObjectType, ListValueNode, ObjectValueNode, ValueNode, VariableNode

from server.operations.compiled.calls import Part
from server.operations.compiled.positions import Steps
from server.operations.compiled.renderings import Renderings, Run, Shelf, is_lasting
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


def is_fixed(part: Part) -> bool:
    """Tell whether a field gives the same leaves for the same record, and looks at nothing else."""
    way = part.way
    is_apart = not isinstance(way, Direct) or not (way.begun or way.info_name)
    return may_last(way) and is_apart and not part.below


def may_have_frames(type_: GraphQLObjectType) -> bool:
    """Tell whether a type's selections are run on lasting records, as far as the type tells."""
    told = type_.is_type_of
    return told is None or is_lasting(getattr(told, "instances_of", None))


def _names_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_names_variable(each) for each in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_names_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)


class Show(Protocol):
    """Gives what a selection on a record comes to, with the help of what is kept on a shelf."""

    def __call__(self, shelf: Shelf, record: Value, steps: Steps, execution: Value, /) -> Value:
        """Give it."""
        ...


def keeping(name: str, show: Show, reach: Reach, renderings: Renderings) -> Run:
    """Make of what keeps a selection's function, with a shelf for all variables, or for each choice of them."""
    if not reach.varies:
        return partial(show, Shelf(renderings))

    def for_these_variables(record: Value, steps: Steps, execution: Value) -> Value:
        shelf = execution.shelves.get(name) or execution.shelves.setdefault(name, Shelf(renderings))
        return show(shelf, record, steps, execution)

    return for_these_variables
