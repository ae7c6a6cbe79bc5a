// What graphql-eslint holds the schema to: its recommended rules and Relay's, with the exceptions that the names
// and shapes of the contract ask for.
import graphqlEslint from "@graphql-eslint/eslint-plugin";

const recommended = graphqlEslint.configs["flat/schema-recommended"].rules;
const relay = graphqlEslint.configs["flat/schema-relay"].rules;
const [, names] = recommended["@graphql-eslint/naming-convention"];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphqlEslint.parser },
    plugins: { "@graphql-eslint": graphqlEslint },
    rules: {
      ...recommended,
      ...relay,
      "@graphql-eslint/naming-convention": [
        "error",
        // Stitching gateways look for a field of just this name.
        {
          ...names,
          allowLeadingUnderscore: true,
          FieldDefinition: { style: names.FieldDefinition, ignorePattern: "^_sdl$" },
        },
      ],
      // A city has no id of its own here: it cannot be looked up, and `cityId` is the provider's.
      "@graphql-eslint/no-typename-prefix": "off",
      // What cannot be fetched again has no id.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Connection", "Edge"],
            types: ["City", "Cover", "Freshness", "ImageRendition", "PageInfo", "RelatedContent", "Tag"],
          },
        },
      ],
      // Connections also list their nodes, and lookups by many keys answer as they were asked.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
];
