import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  // The committed schema: no server is needed to generate types.
  schema: "../../schema/schema.graphql",
  documents: ["src/**/*.tsx"],
  generates: {
    "src/gql/": {
      preset: "client",
      // Apollo Client masks at run time too, so its own types of masking are wanted, not the preset's.
      presetConfig: { fragmentMasking: false },
      config: {
        customDirectives: { apolloUnmask: true },
        inlineFragmentTypes: "mask",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { DateTime: "string", JSON: "unknown", Locale: "string", URL: "string" },
      },
    },
  },
};

export default config;
