// One command: node start.mjs [--port 4000] [--graph URL]. Installs the locked packages once, then serves.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { port: { type: "string", default: "4000" }, graph: { type: "string" } },
});
const folder = fileURLToPath(new URL(".", import.meta.url));
if (!existsSync(new URL("node_modules", import.meta.url))) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["ci", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
// Hive Gateway listens to these signals too, and would leave the servers running.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
const { serve } = await import("./gateway.mjs");
await serve({ port: Number(values.port), graph: values.graph });
