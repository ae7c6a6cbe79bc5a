// A small neighbour: reviews that refer to activities, resort products and photos by their keys.
import { readFileSync } from "node:fs";
import { parse } from "graphql";

const FILE = new URL("../subgraphs/reviews.graphql", import.meta.url);

export const typeDefs = parse(readFileSync(FILE, "utf8"));

// Each review: { reviewId, stars, text, activity?, resort?, photo? }, the three as keys.
export function resolversOf(reviews) {
  const about = (role, fields) => (key) =>
    reviews.filter((review) => review[role] && fields.every((field) => review[role][field] === key[field]));
  return {
    Query: { reviews: (_, { first }) => reviews.slice(0, first) },
    Activity: { reviews: about("activity", ["uuid"]) },
    ResortProduct: { reviews: about("resort", ["productId"]) },
    Photo: { reviews: about("photo", ["culture", "slug"]) },
  };
}
