"""What the neighbour's reviews are about: keys of what the emulators have, known before anything is asked."""

from typing import Any

from tests.graph import Graph

Review = dict[str, Any]


async def reviews_of(graph: Graph, count: int, distinct: int) -> list[Review]:
    """Make reviews of activities, products and photos in turn, and forget the calls that finding them took.

    ``distinct`` bounds how many of each kind there are; with more reviews they repeat.
    """
    found = await graph.query(
        "{ activitySearch(first: 40) { nodes { uuid } } resortCatalog(first: 30) { nodes { productId } }"
        "  photos(first: 40) { nodes { culture slug } } }"
    )
    graph.forget_calls()
    activities, resorts, photos = (field["nodes"][:distinct] for field in found.data.values())
    return [
        {
            "reviewId": str(number),
            "stars": 1 + number % 5,
            "text": f"Review {number}",
            "activity": activities[number % len(activities)],
            "resort": resorts[number % len(resorts)],
            "photo": photos[number % len(photos)],
        }
        for number in range(count)
    ]
