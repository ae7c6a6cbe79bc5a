// Lints a schema with graphql-eslint, by eslint.config.mjs. Asked: { schema }. Answers ["rule: message (line)"].
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ESLint } from "eslint";
import config from "../eslint.config.mjs";
import { answer, question } from "./asked.mjs";

const folder = mkdtempSync(join(tmpdir(), "mediagraph-lint-"));
const schema = join(folder, "schema.graphql");
writeFileSync(schema, question.schema);
const [rules] = config;
const languageOptions = { ...rules.languageOptions, parserOptions: { graphQLConfig: { schema } } };
const eslint = new ESLint({
  cwd: folder,
  overrideConfigFile: true,
  overrideConfig: [{ ...rules, languageOptions }],
});
const results = await eslint.lintFiles([schema]);
rmSync(folder, { recursive: true });
answer(
  results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${ruleId}: ${message} (line ${line})`),
  ),
);
