// Servers of this process at free ports of 127.0.0.1.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql } from "graphql";
import { resolversOf, typeDefs } from "./reviews.mjs";

export async function listening(handler) {
  const server = createServer(handler);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${server.address().port}`;
}

// Serves the reviews as a subgraph; gives its URL.
export function reviewsSubgraph(reviews) {
  const schema = buildSubgraphSchema({ typeDefs, resolvers: resolversOf(reviews) });
  return listening(async (request, response) => {
    const { query: source, variables: variableValues, operationName } = await json(request);
    const result = await graphql({ schema, source, variableValues, operationName });
    response.setHeader("content-type", "application/json").end(JSON.stringify(result));
  });
}

export async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return response.json();
}
