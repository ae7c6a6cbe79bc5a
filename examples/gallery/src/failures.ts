import { CombinedGraphQLErrors } from "@apollo/client/errors";

/** Why a part of the page is missing. An empty path concerns all of an answer. */
export interface Failure {
  path: readonly (string | number)[];
  code: string;
  provider?: string;
  requestId?: string;
}

/** Reads the graph's errors: each has a code, and its provider where one failed. */
export function failuresOf(error: unknown): Failure[] {
  if (!error) return [];
  if (!CombinedGraphQLErrors.is(error)) return [{ path: [], code: "NO_ANSWER" }];
  return error.errors.map(({ path = [], extensions }) => ({
    path,
    code: String(extensions?.code),
    provider: extensions?.provider as string | undefined,
    requestId: extensions?.requestId as string | undefined,
  }));
}

/** Chooses the failures of one field and of what is below it. */
export function at(failures: readonly Failure[], field: string): Failure[] {
  return failures.filter(({ path }) => path.length === 0 || path[0] === field);
}
