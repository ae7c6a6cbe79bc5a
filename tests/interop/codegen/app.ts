// What a TypeScript client asks, and what its types must allow and refuse.
import { graphql, useFragment } from "./generated";
import type { PageQuery } from "./generated/graphql";

export const card = graphql(`
  fragment Card on MediaOwner {
    cover {
      image {
        url(transform: { width: 400 })
      }
      reason
    }
  }
`);

export const page = graphql(`
  query Page($uuids: [ID!]!, $filter: PhotoFilter) {
    activities(uuids: $uuids) {
      title
      gallery(first: 3) {
        nodes {
          id
        }
      }
      ...Card
    }
    photos(filter: $filter, first: 5) {
      nodes {
        availability
        relations {
          slug
        }
      }
    }
  }
`);

export function titles(data: PageQuery): string[] {
  return (data.activities ?? []).flatMap((activity) => activity?.title ?? []);
}

export function cover(data: PageQuery): string | undefined {
  const found = useFragment(card, data.activities?.[0]);
  return found?.cover?.image.url;
}

// @ts-expect-error: a photo list may be null, and a client must look.
export const unlooked = (data: PageQuery) => data.photos.nodes;
