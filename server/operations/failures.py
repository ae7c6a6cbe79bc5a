"""What becomes of a position that fails, as a request may choose by ``onError``."""

from collections.abc import Mapping
from typing import Final

from graphql import GraphQLNonNull, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.incremental import IncrementalExecutor
from graphql.pyutils import Path

PROPAGATE: Final = "PROPAGATE"
NULL: Final = "NULL"
HALT: Final = "HALT"


class NullingExecutor(IncrementalExecutor):
    """Leaves null where something failed, whatever the schema says of the position."""

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        path: Path,
    ) -> None:
        """Note the error at its own position; called by graphql-core."""
        nullable = return_type.of_type if isinstance(return_type, GraphQLNonNull) else return_type
        super().handle_field_error(raw_error, nullable, field_details_list, path)


class HaltingExecutor(IncrementalExecutor):
    """Ends at the first failure: nothing is answered but that."""

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        path: Path,
    ) -> None:
        """Raise the error on, past positions that could be null too; called by graphql-core."""
        never_null = return_type if isinstance(return_type, GraphQLNonNull) else GraphQLNonNull(return_type)
        super().handle_field_error(raw_error, never_null, field_details_list, path)


EXECUTORS: Final[Mapping[str, type[IncrementalExecutor] | None]] = {
    PROPAGATE: None,
    NULL: NullingExecutor,
    HALT: HaltingExecutor,
}
"""By the behavior: what runs the operation in graphql-core; None is its own default."""
