// Runs Apollo's subgraph compatibility checks, with Apollo's own users and inventory beside the products.
// Asked: { url, sdl }. Answers { passed: ["name"], failed: { name: "message" } }.
import { execFile, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { answer, question } from "./asked.mjs";

const require = createRequire(import.meta.url);
const dist = dirname(require.resolve("@apollo/federation-subgraph-compatibility-tests"));

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function neighbour(name) {
  const port = await freePort();
  const folder = join(dist, "subgraphs", name);
  const env = { ...process.env, [`${name.toUpperCase()}_PORT`]: String(port) };
  const child = fork(join(folder, "index.js"), { env, silent: true });
  process.on("exit", () => child.kill());
  await new Promise((ready) => child.once("message", ready));
  return { name, url: `http://localhost:${port}/`, typeDefs: parse(readFileSync(join(folder, `${name}.graphql`), "utf8")) };
}

const products = { name: "products", url: question.url, typeDefs: parse(question.sdl) };
const { errors, supergraphSdl } = composeServices([await neighbour("users"), await neighbour("inventory"), products]);
if (errors?.length) throw new Error(errors.map(String).join("\n"));
const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) });
const { url: routerUrl } = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" } });

const config = {
  rootDir: join(dist, "tests"),
  testMatch: ["**/*.test.js"],
  testPathIgnorePatterns: [],
  haste: { retainAllFiles: true },
  transform: {},
  watchman: false,
  moduleNameMapper: { "^make-fetch-happen$": fileURLToPath(new URL("fetching.cjs", import.meta.url)) },
};
const words = [require.resolve("jest/bin/jest"), "--ci", "--json", "--runInBand", "--config", JSON.stringify(config)];
const env = { ...process.env, PRODUCTS_URL: question.url, ROUTER_URL: routerUrl };
const printed = await new Promise((ended) => {
  execFile(process.execPath, words, { env, maxBuffer: 2 ** 26 }, (_, out, err) => ended(out || err));
});
const assertions = JSON.parse(printed).testResults.flatMap(({ assertionResults }) => assertionResults);
answer({
  passed: assertions.filter(({ status }) => status === "passed").map(({ fullName }) => fullName),
  failed: Object.fromEntries(
    assertions
      .filter(({ status }) => status !== "passed")
      .map(({ fullName, failureMessages }) => [fullName, failureMessages.join("\n")]),
  ),
});
