// Generates the types of codegen/app.ts. Asked: { folder }, with schema.graphql and app.ts in it.
import { generate } from "@graphql-codegen/cli";
import { answer, question } from "./asked.mjs";

const files = await generate(
  {
    cwd: question.folder,
    schema: "schema.graphql",
    documents: ["app.ts"],
    silent: true,
    noSilentErrors: true,
    generates: { "generated/": { preset: "client", config: { useTypeImports: true, strictScalars: true,
      scalars: { DateTime: "string", JSON: "unknown", Locale: "string", URL: "string" } } } },
  },
  true,
);
answer(files.map(({ filename }) => filename));
