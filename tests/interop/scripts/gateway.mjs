// Runs a query through a real gateway over the graph and the reviews, all of them over HTTP.
// Asked: { gateway: "apollo" | "hive", url, sdl, reviews, queries, headers }. Answers the gateway's answers.
import { parse } from "graphql";
import { answer, question } from "./asked.mjs";
import { typeDefs } from "./reviews.mjs";
import { listening, post, reviewsSubgraph } from "./served.mjs";

const HANDED_ON = ["accept-language", "traceparent", "x-request-id"];

const subgraphs = [
  { name: "media", url: question.url, typeDefs: parse(question.sdl) },
  { name: "reviews", url: await reviewsSubgraph(question.reviews), typeDefs },
];

function supergraph({ composeServices }) {
  const { errors, supergraphSdl } = composeServices(subgraphs);
  if (errors?.length) throw new Error(errors.map(String).join("\n"));
  return supergraphSdl;
}

const gateways = {
  async apollo() {
    const { ApolloGateway, RemoteGraphQLDataSource } = await import("@apollo/gateway");
    const { ApolloServer } = await import("@apollo/server");
    const { startStandaloneServer } = await import("@apollo/server/standalone");
    const composition = await import("@apollo/composition");
    class HandingOn extends RemoteGraphQLDataSource {
      willSendRequest({ request, context }) {
        for (const name of HANDED_ON) {
          if (context.headers?.[name]) request.http.headers.set(name, context.headers[name]);
        }
      }
    }
    const gateway = new ApolloGateway({
      supergraphSdl: supergraph(composition),
      buildService: ({ url }) => new HandingOn({ url, honorSubgraphCacheControlHeader: false }),
    });
    const server = new ApolloServer({ gateway });
    const context = async ({ req }) => ({ headers: req.headers });
    const { url } = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" }, context });
    return url;
  },
  async hive() {
    const { createGatewayRuntime } = await import("@graphql-hive/gateway-runtime");
    const composition = await import("@theguild/federation-composition");
    const runtime = createGatewayRuntime({
      supergraph: supergraph(composition),
      logging: false,
      propagateHeaders: {
        fromClientToSubgraphs: ({ request }) =>
          Object.fromEntries(HANDED_ON.map((name) => [name, request.headers.get(name) ?? undefined])),
      },
    });
    return `${await listening(runtime)}/graphql`;
  },
};

const url = await gateways[question.gateway]();
const answers = [];
for (const query of question.queries) answers.push(await post(url, { query }, question.headers));
answer(answers);
