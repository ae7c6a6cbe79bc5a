// One command: node start.mjs [--port 5173]. Installs the locked packages once, then serves the page with its graph:
// the one that GRAPH_URL names, else one of its own over emulated providers.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { port: { type: "string", default: "5173" } } });
process.chdir(fileURLToPath(new URL(".", import.meta.url)));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

function npm(...words) {
  const { status } = spawnSync("npm", [...words, "--loglevel=error"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return String(port);
}

async function startGraph() {
  const port = await freePort();
  const child = spawn(process.env.PYTHON ?? "python3", ["../../run.py", "serve", "--port", port], {
    stdio: ["inherit", "pipe", "inherit"],
    // The sandbox names its pictures by this origin, and Vite hands on what is asked there.
    env: { ...process.env, MEDIAGRAPH_PUBLIC_URL: `http://localhost:${values.port}` },
  });
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(" listens on ")) return `http://127.0.0.1:${port}/graphql`;
  }
  throw new Error("the graph did not start; what it printed says why");
}

if (!existsSync("node_modules")) npm("ci", "--include=dev");
npm("run", "--silent", "codegen");
process.env.GRAPH_URL ??= await startGraph();
const vite = await import("vite");
const page = await vite.createServer({ server: { port: Number(values.port) } });
await page.listen();
console.log(`The gallery is at http://localhost:${values.port}`);
