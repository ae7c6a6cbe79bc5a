// A second, small subgraph: reviews that know activities and resorts by their keys alone.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";

export const typeDefs = parse(readFileSync(new URL("reviews.graphql", import.meta.url), "utf8"));

const dome = { uuid: "f8588839-c993-491d-97cc-a96f03dfb144" };
const uffizi = { uuid: "5ea0bf53-c3b9-1217-8a81-473a654a48f9" };
const palmGrove = { productId: "PALM" };

const reviews = [
  { reviewId: "4", stars: 5, text: "Four hundred steps, and each was worth it.", activity: dome },
  { reviewId: "3", stars: 4, text: "Oranges for breakfast, straight from the tree.", resort: palmGrove },
  { reviewId: "2", stars: 5, text: "No queue at all, and Botticelli to ourselves.", activity: uffizi },
  { reviewId: "1", stars: 3, text: "The guide was in a hurry.", activity: dome },
];

const resolvers = {
  Query: { reviews: (_, { first }) => reviews.slice(0, first) },
  Activity: { reviews: ({ uuid }) => reviews.filter(({ activity }) => activity?.uuid === uuid) },
  ResortProduct: { reviews: ({ productId }) => reviews.filter(({ resort }) => resort?.productId === productId) },
};

// Serves the subgraph at a free port; gives its URL.
export async function serveReviews() {
  const schema = buildSubgraphSchema({ typeDefs, resolvers });
  const server = createServer(async (request, response) => {
    const { query: source, variables: variableValues, operationName } = await json(request);
    const result = await graphql({ schema, source, variableValues, operationName });
    response.setHeader("content-type", "application/json").end(JSON.stringify(result));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${server.address().port}/graphql`;
}
