"""Image transformations for property tests, and the words that no client may get into a URL."""

from hypothesis import strategies as st

from providers.records import ImageFit, ImageFormat, Transform

SIDES = st.integers(1, 8192)


def transforms(
    widths: st.SearchStrategy[int | None] | None = None, heights: st.SearchStrategy[int | None] | None = None
) -> st.SearchStrategy[Transform]:
    """Every transformation that the graph accepts."""
    return st.builds(
        Transform,
        width=st.none() | SIDES if widths is None else widths,
        height=st.none() | SIDES if heights is None else heights,
        fit=st.sampled_from(ImageFit),
        format=st.sampled_from(ImageFormat),
        quality=st.none() | st.integers(1, 100),
        dpr=st.integers(1, 4),
    )
