// Asks the graph at the given address with urql: by POST, by GET, and by hash alone; prints what came.
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

const url = process.argv[2];
const query = "query Photos($first: Int!) { photos(first: $first) { nodes { __typename slug } } }";

async function ask(preferGetMethod, exchanges, first) {
  const sent = [];
  const watched = async (input, init) => {
    const response = await fetch(input, init);
    const hasQuery = init.method === "GET" ? new URL(input).searchParams.has("query") : "query" in JSON.parse(init.body);
    sent.push({ method: init.method, hasQuery, status: response.status });
    return response;
  };
  const client = new Client({ url, exchanges, preferGetMethod, fetch: watched });
  const { data, error } = await client.query(query, { first }).toPromise();
  if (error) throw error;
  return { slugs: data.photos.nodes.map(({ slug }) => slug), requests: sent };
}

const hashed = [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange];
console.log(
  JSON.stringify({
    post: await ask(false, [fetchExchange], 2),
    get: await ask("force", [fetchExchange], 2),
    firstHash: await ask(false, hashed, 3),
    secondHash: await ask(false, hashed, 3),
  }),
);
