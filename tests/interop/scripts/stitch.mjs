// Stitches the graph to the reviews. Asked: { url, reviews, query, how }; `how` is a name in `merges`, or "_sdl".
// Answers { data, errors, requests }: the operations that the graph was sent.
import { stitchingDirectives } from "@graphql-tools/stitching-directives";
import { buildHTTPExecutor } from "@graphql-tools/executor-http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { stitchSchemas } from "@graphql-tools/stitch";
import { schemaFromExecutor } from "@graphql-tools/wrap";
import { buildSchema, execute, parse, print, visit } from "graphql";
import { answer, question } from "./asked.mjs";
import { resolversOf, typeDefs } from "./reviews.mjs";

const requests = [];
const send = buildHTTPExecutor({ endpoint: question.url });
const executor = (request) => {
  requests.push(print(request.document));
  return send(request);
};

const byEntities = (type, fields) => ({
  selectionSet: `{ ${fields} }`,
  key: (parent) => ({ __typename: type, ...pick(parent, fields.split(" ")) }),
  fieldName: "_entities",
  argsFromKeys: (representations) => ({ representations }),
});
const merges = {
  list: {
    Activity: {
      selectionSet: "{ uuid }",
      key: ({ uuid }) => uuid,
      fieldName: "activities",
      argsFromKeys: (uuids) => ({ uuids }),
    },
    ResortProduct: {
      selectionSet: "{ productId }",
      key: ({ productId }) => productId,
      fieldName: "resortProducts",
      argsFromKeys: (productIds) => ({ productIds }),
    },
    Photo: {
      selectionSet: "{ culture slug }",
      key: (photo) => pick(photo, ["culture", "slug"]),
      fieldName: "photosByKey",
      argsFromKeys: (keys) => ({ keys }),
    },
  },
  single: {
    Activity: { selectionSet: "{ uuid }", fieldName: "activity", args: ({ uuid }) => ({ uuid }) },
    ResortProduct: {
      selectionSet: "{ productId }",
      fieldName: "resortProduct",
      args: ({ productId }) => ({ productId }),
    },
    Photo: {
      selectionSet: "{ culture slug }",
      fieldName: "photoByKey",
      args: (photo) => pick(photo, ["culture", "slug"]),
    },
  },
  entities: {
    Activity: byEntities("Activity", "uuid"),
    ResortProduct: byEntities("ResortProduct", "productId"),
    Photo: byEntities("Photo", "culture slug"),
  },
};

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

const plain = visit(typeDefs, { Directive: () => null, SchemaExtension: () => null });
const reviews = { schema: makeExecutableSchema({ typeDefs: plain, resolvers: resolversOf(question.reviews) }) };

async function stitched() {
  if (question.how === "_sdl") {
    const { data } = await send({ document: parse("{ _sdl }") });
    const { stitchingDirectivesTransformer } = stitchingDirectives();
    return stitchSchemas({
      subschemas: [{ schema: buildSchema(data._sdl), executor }, reviews],
      subschemaConfigTransforms: [stitchingDirectivesTransformer],
    });
  }
  const [name, batched] = question.how.split(" ");
  const schema = await schemaFromExecutor(send);
  return stitchSchemas({
    subschemas: [{ schema, executor, merge: merges[name], batch: batched === "batched" }, reviews],
  });
}

const { data, errors } = await execute({ schema: await stitched(), document: parse(question.query) });
answer({ data, errors: errors ?? [], requests });
