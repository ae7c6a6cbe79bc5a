import type { PageConfig, WorkerName } from './config';

/** Starts Monaco's workers from this page's own origin: module workers, so that they share chunks with the page. */
export function provideWorkers(workers: PageConfig['workers']): void {
  window.MonacoEnvironment = {
    getWorker(_id, label) {
      const name: WorkerName = label === 'json' || label === 'graphql' ? label : 'editor';
      return new Worker(new URL(workers[name], import.meta.url), { type: 'module', name });
    },
  };
}
