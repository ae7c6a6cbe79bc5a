"""How a field gets its value: plain async functions over the providers' records."""
