import { createGraphiQLFetcher, type Fetcher, type FetcherOpts } from '@graphiql/toolkit';

import type { Switch } from './switch';

const EXPLAIN_HEADER = 'x-mediagraph-explain';

/**
 * GraphiQL's own fetcher (JSON and multipart), asking for a receipt while `explain` is on; null where the server gives none.
 * A person's own value of that header, such as `dry`, wins.
 */
export function createFetcher(endpoint: string, explain: Switch | null): Fetcher {
  const send = createGraphiQLFetcher({ url: new URL(endpoint, location.href).href });
  return (params, options) => {
    const asks = explain?.isOn() && params.operationName !== 'IntrospectionQuery';
    return send(params, asks ? withReceipt(options) : options);
  };
}

function withReceipt(options: FetcherOpts | undefined): FetcherOpts {
  const own = options?.headers ?? {};
  const named = Object.keys(own).some((name) => name.toLowerCase() === EXPLAIN_HEADER);
  return { ...options, headers: named ? own : { ...own, [EXPLAIN_HEADER]: '1' } };
}
