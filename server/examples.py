"""Operations that show what the graph can do: the tabs of GraphiQL and the queries of the README."""

from typing import Final

from server.graphiql.page import Example

THREE_PROVIDERS: Final = """\
query ThreeProviders {
  activities(uuids: ["7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10"]) {
    title
    cover { reason image { url } }
    gallery { nodes { url(transform: { width: 320, height: 200 }) isCover } }
  }
  resortProducts(productIds: ["product-1"]) {
    gallery { nodes { url keywords } }
    videos { nodes { url } }
  }
  photos(filter: { tags: { slug: ["beach"] } }, first: 3) {
    nodes { title image { url(transform: { width: 416 }) } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

EXAMPLES: Final = (Example("ThreeProviders", THREE_PROVIDERS),)
