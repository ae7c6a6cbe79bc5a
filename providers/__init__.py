"""Where values come from: one folder for each REST API. No GraphQL here."""
