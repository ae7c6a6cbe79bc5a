// Runs the compiled operations of relay/app.js with the Relay runtime. Asked: { url, artifacts }.
// Answers what the store holds after each step.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import relay from "relay-runtime";
import { answer, question } from "./asked.mjs";
import { post } from "./served.mjs";

const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery, getSelector } = relay;

async function artifact(name) {
  const { default: node } = await import(pathToFileURL(join(question.artifacts, `${name}.graphql.js`)));
  return node;
}

let requests = 0;
const network = Network.create(({ text: query }, variables) => {
  requests += 1;
  return post(question.url, { query, variables });
});
const environment = new Environment({ network, store: new Store(new RecordSource()) });

const [page, photosQuery, activityQuery, again, photos, activity] = await Promise.all(
  ["appPageQuery", "appPhotosQuery", "appActivityQuery", "appAgainQuery", "app_photos", "app_activity"].map(artifact),
);
const fetched = (query, variables) => fetchQuery(environment, query, variables).toPromise();
const read = (query, variables) => environment.lookup(createOperationDescriptor(query, variables).fragment).data;
const within = (fragment, owner) => environment.lookup(getSelector(fragment, owner)).data;
const shown = (query, variables) => {
  const { edges, pageInfo } = within(photos, read(query, variables)).photos;
  return { slugs: edges.map(({ node }) => node.slug), ids: edges.map(({ node }) => node.id), pageInfo };
};

const start = (await post(question.url, { query: "{ photos(first: 10) { pageInfo { endCursor } } }" })).data.photos;
const variables = { first: 5, after: start.pageInfo.endCursor };
const steps = {};

await fetched(page, variables);
steps.first = shown(page, variables);
await fetched(photosQuery, { first: 5, after: steps.first.pageInfo.endCursor });
steps.forward = shown(page, variables);
await fetched(photosQuery, { last: 5, before: steps.first.pageInfo.startCursor });
steps.back = shown(page, variables);

const card = read(page, variables).activitySearch.nodes[0];
steps.card = within(activity, card);
await fetched(activityQuery, { id: card.id, pictures: 2 });
steps.refetched = within(activity, read(activityQuery, { id: card.id, pictures: 2 }).node);

steps.again = {};
for (const id of [steps.first.ids[0], steps.card.gallery.nodes[0].id]) {
  await fetched(again, { id });
  steps.again[id] = read(again, { id }).node;
}
answer({ ...steps, requests });
