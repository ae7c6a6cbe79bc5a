"""How a document runs. It knows no type of this graph: it works for any Strawberry schema."""
