// Asks the graph at the given address with Apollo Client 4: by POST, by GET, and by hash alone; prints what came.
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const uri = process.argv[2];
const sent = [];
const watched = async (input, init) => {
  const response = await fetch(input, init);
  const hasQuery = init.method === "GET" ? new URL(input).searchParams.has("query") : "query" in JSON.parse(init.body);
  sent.push({ method: init.method, hasQuery, status: response.status });
  return response;
};
const query = gql`
  query Photos($first: Int!) {
    photos(first: $first) { nodes { __typename id slug image { __typename id url } } }
  }
`;
const hashed = new PersistedQueryLink({
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  useGETForHashedQueries: true,
});

async function ask(link, variables) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data, error } = await client.query({ query, variables });
  if (error) throw error;
  const requests = sent.splice(0);
  return { slugs: data.photos.nodes.map(({ slug }) => slug), kept: Object.keys(client.cache.extract()).length, requests };
}

async function complaint(text) {
  const client = new ApolloClient({ link: new HttpLink({ uri, fetch }), cache: new InMemoryCache() });
  try {
    await client.query({ query: gql(text) });
  } catch (error) {
    return { name: error.name, codes: (error.errors ?? []).map(({ extensions }) => extensions.code) };
  }
}

const http = new HttpLink({ uri, fetch: watched });
console.log(
  JSON.stringify({
    post: await ask(http, { first: 2 }),
    get: await ask(new HttpLink({ uri, fetch: watched, useGETForQueries: true }), { first: 2 }),
    firstHash: await ask(hashed.concat(http), { first: 2 }),
    secondHash: await ask(hashed.concat(http), { first: 3 }),
    refused: await complaint("{ nothing }"),
  }),
);
