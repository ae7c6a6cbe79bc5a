// The media graph itself: one that runs already, or one that is started here.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const RUN = fileURLToPath(new URL("../../run.py", import.meta.url));

// Starts the graph at a free port, over its emulated providers where none is configured; gives its URL.
export async function startGraph() {
  const child = spawn(process.env.PYTHON ?? "python3", [RUN, "serve", "--port", "0"], {
    stdio: ["inherit", "pipe", "inherit"],
  });
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const origin = line.match(/listens on (\S+)$/)?.[1];
    if (origin) return `${origin}/graphql`;
  }
  throw new Error("the graph did not start; what it printed says why");
}

// Asks the graph for its SDL as a subgraph.
export async function subgraphSdl(url) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ _service { sdl } }" }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map(({ message }) => message).join("\n"));
  return data._service.sdl;
}
