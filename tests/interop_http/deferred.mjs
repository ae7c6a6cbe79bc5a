// Asks the graph at the given address for a deferred fragment with each client that reads answers in parts.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { Client, fetchExchange } from "@urql/core";

const uri = process.argv[2];
const text = `
  query Deferred {
    resortProduct(productId: "product-1") { __typename id title }
    ... @defer { photos(first: 2) { nodes { __typename id slug } } }
  }
`;

async function apollo(incrementalHandler) {
  const client = new ApolloClient({ link: new HttpLink({ uri, fetch }), cache: new InMemoryCache(), incrementalHandler });
  const seen = [];
  await new Promise((resolve, reject) => {
    client.watchQuery({ query: gql(text) }).subscribe({
      next: ({ data, dataState, error }) => {
        if (error) reject(error);
        if (data) seen.push({ hasPhotos: "photos" in data, hasTitle: Boolean(data.resortProduct?.title) });
        if (dataState === "complete") resolve();
      },
      error: reject,
    });
  });
  return seen;
}

async function urql() {
  const client = new Client({ url: uri, exchanges: [fetchExchange], preferGetMethod: false });
  const seen = [];
  await new Promise((resolve, reject) => {
    client.query(text, {}).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error);
      if (data) seen.push({ hasPhotos: "photos" in data, hasTitle: Boolean(data.resortProduct?.title) });
      if (!hasNext) resolve();
    });
  });
  return seen;
}

console.log(
  JSON.stringify({
    current: await apollo(new GraphQL17Alpha9Handler()),
    older: await apollo(new Defer20220824Handler()),
    urql: await urql(),
  }),
);
