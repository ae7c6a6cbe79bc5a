import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Page, graph and sandbox pictures share one origin, as behind a production's reverse proxy: no CORS is needed.
const { origin, pathname } = new URL(process.env.GRAPH_URL ?? "http://localhost:8000/graphql");
const proxy = {
  "/graphql": { target: origin, changeOrigin: true, rewrite: () => pathname },
  "/sandbox": { target: origin, changeOrigin: true },
};

export default defineConfig({
  plugins: [react()],
  server: { proxy, strictPort: true },
  preview: { proxy, strictPort: true },
});
