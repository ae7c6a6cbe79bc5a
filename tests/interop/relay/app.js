// What a Relay client asks: pages in both directions, items refetched by their ids, errors that throw where read.
import { graphql } from "relay-runtime";

export const photos = graphql`
  fragment app_photos on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "appPhotosQuery") {
    photos(first: $first, after: $after, last: $last, before: $before) @connection(key: "app_photos") {
      edges {
        node {
          id
          slug
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;

export const activity = graphql`
  fragment app_activity on Activity
  @argumentDefinitions(pictures: { type: "Int", defaultValue: 1 })
  @refetchable(queryName: "appActivityQuery")
  @throwOnFieldError {
    title
    gallery(first: $pictures) {
      nodes {
        id
        url
      }
    }
  }
`;

export const page = graphql`
  query appPageQuery($first: Int!, $after: String) {
    ...app_photos @arguments(first: $first, after: $after)
    activitySearch(first: 3) {
      nodes {
        id
        ...app_activity
      }
    }
  }
`;

export const again = graphql`
  query appAgainQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Photo {
        slug
      }
      ... on Image {
        url
      }
    }
  }
`;
