// Composes the same subgraphs with every composer. Asked: { cases: { name: [{ name, sdl }] } }.
// Answers { composer: { case: { errors, supergraph } } }; `supergraph` is empty where it failed.
import apollo from "@apollo/composition";
import * as guild from "@theguild/federation-composition";
import wundergraph from "@wundergraph/composition";
import { parse, printSchema } from "graphql";
import { answer, question } from "./asked.mjs";

const messages = (errors) => (errors ?? []).map((error) => error.message);

const composers = {
  "@apollo/composition": (subgraphs) => {
    const { errors, supergraphSdl } = apollo.composeServices(subgraphs);
    return { errors: messages(errors), supergraph: supergraphSdl ?? "" };
  },
  "@theguild/federation-composition": (subgraphs) => {
    const { errors, supergraphSdl } = guild.composeServices(subgraphs);
    return { errors: messages(errors), supergraph: supergraphSdl ?? "" };
  },
  "@wundergraph/composition": (subgraphs) => {
    const result = wundergraph.federateSubgraphs({
      version: wundergraph.LATEST_ROUTER_COMPATIBILITY_VERSION,
      subgraphs: subgraphs.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })),
    });
    return {
      errors: messages(result.errors),
      supergraph: result.success ? printSchema(result.federatedGraphClientSchema) : "",
    };
  },
};

const composed = {};
for (const [composer, compose] of Object.entries(composers)) {
  composed[composer] = {};
  for (const [name, subgraphs] of Object.entries(question.cases)) {
    composed[composer][name] = compose(
      subgraphs.map((each) => ({
        name: each.name,
        url: `http://${each.name}.invalid/graphql`,
        typeDefs: parse(each.sdl),
      })),
    );
  }
}
answer(composed);
