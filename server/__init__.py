"""How the graph is reached."""
