/** What the server tells the page, as JSON in the element `#mediagraph-config`. */
export interface PageConfig {
  /** The GraphQL endpoint, relative to the page. */
  endpoint: string;
  /** Whether this server gives receipts to those who ask for them. */
  explain: boolean;
  /** What this graph is, in a sentence or two. */
  introduction: string;
  examples: Example[];
  /** File names of the worker scripts, beside the page's own script. */
  workers: Record<WorkerName, string>;
}

export interface Example {
  name: string;
  query: string;
  /** JSON text; empty where the operation has no variables. */
  variables: string;
}

export type WorkerName = 'editor' | 'graphql' | 'json';

export function readConfig(): PageConfig {
  const element = document.getElementById('mediagraph-config');
  if (!element?.textContent) {
    throw new Error('The page carries no configuration.');
  }
  return JSON.parse(element.textContent) as PageConfig;
}
