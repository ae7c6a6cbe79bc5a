"""GraphiQL, bundled and served from the graph's own origin: no request leaves for another host."""
