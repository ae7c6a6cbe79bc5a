import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import type { GraphQLCodegenDataMasking } from "@apollo/client/masking";
import { relayStylePagination } from "@apollo/client/utilities";

declare module "@apollo/client" {
  export interface TypeOverrides
    extends GraphQLCodegenDataMasking.TypeOverrides,
      GraphQL17Alpha9Handler.TypeOverrides {}
}

/** Makes the client of one language: an activity has the same id in all of them, so each needs a cache of its own. */
export function clientFor(locale: string): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({ uri: "/graphql", headers: { "accept-language": locale } }),
    cache: new InMemoryCache({
      // Pages of one filter grow one list; another filter is another list.
      typePolicies: { Query: { fields: { photos: relayStylePagination(["filter"]) } } },
    }),
    incrementalHandler: new GraphQL17Alpha9Handler(),
    dataMasking: true,
  });
}
