"""How often the garbage collector runs."""

import gc
from typing import Final

_COLLECT_AFTER: Final = 50_000


def spare_collections() -> None:
    """Keep the garbage collector from walking over what lives as long as the process, and from walking often.

    A request makes many small objects and hardly a cycle: the default threshold would collect several times in each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
