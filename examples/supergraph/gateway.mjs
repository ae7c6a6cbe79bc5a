// Hive Gateway in front of the media graph and the reviews.
import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";
import { startGraph, subgraphSdl } from "./graph.mjs";
import { serveReviews, typeDefs } from "./reviews.mjs";

// What the media graph chooses its language by, and what ties its logs and traces to a request.
const HANDED_ON = ["accept-language", "traceparent", "x-request-id"];

export async function serve({ port, graph }) {
  const url = graph ?? (await startGraph());
  const { errors, supergraphSdl } = composeServices([
    { name: "media", url, typeDefs: parse(await subgraphSdl(url)) },
    { name: "reviews", url: await serveReviews(), typeDefs },
  ]);
  if (errors?.length) throw new Error(errors.map(({ message }) => message).join("\n"));
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: "error",
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) =>
        Object.fromEntries(HANDED_ON.map((name) => [name, request.headers.get(name) ?? undefined])),
    },
  });
  const server = createServer(gateway);
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  console.log(`The supergraph listens on http://localhost:${server.address().port}/graphql`);
}
