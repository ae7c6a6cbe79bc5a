// Compares two schemas with graphql-inspector. Asked: { old, new }. Answers [{ criticality, message, path }].
import { diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";
import { answer, question } from "./asked.mjs";

const changes = await diff(buildSchema(question.old), buildSchema(question.new));
answer(changes.map(({ criticality, message, path }) => ({ criticality: criticality.level, message, path })));
