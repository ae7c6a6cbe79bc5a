import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { pick, useGraphiQL } from '@graphiql/react';
import { createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';

import type { PageConfig } from './config';
import { createExamplesPlugin } from './examples';
import { ExplainButton } from './explain';
import { createFetcher } from './fetcher';
import iconFile from './icon.svg';
import { Outcome } from './outcome';
import { Switch } from './switch';

const ICON = new URL(iconFile, import.meta.url).href;

// A namespace of our own: another project's GraphiQL on the same local port keeps its tabs, and this page its own.
const storage = createLocalStorage({ namespace: 'mediagraph' });

export function createPage(config: PageConfig) {
  const explain = config.explain ? new Switch('explain', true) : null;
  const fetcher = createFetcher(config.endpoint, explain);
  const examples = createExamplesPlugin(config);
  const plugins = [HISTORY_PLUGIN, explorerPlugin(), ...(config.examples.length > 0 ? [examples] : [])];
  const { linked, tabs, isFirstVisit } = readStart(config);

  return function Page() {
    return (
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={plugins}
        visiblePlugin={isFirstVisit && config.examples.length > 0 ? examples : undefined}
        defaultTabs={tabs.length > 0 ? tabs : undefined}
        initialQuery={linked?.query ?? undefined}
        initialVariables={linked?.variables ?? (isFirstVisit ? tabs[0]?.variables ?? undefined : undefined)}
        defaultEditorToolsVisibility
        inputValueDeprecation
      >
        <GraphiQL.Logo>
          <span className="mg-logo">
            <img src={ICON} alt="" width="20" height="20" />
            mediagraph
          </span>
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              {explain && <ExplainButton explain={explain} />}
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <Outcome />
        </GraphiQL.Footer>
        <StartInEditor />
      </GraphiQL>
    );
  };
}

/** Puts the cursor into the query, so that the key that runs it works from the first moment. */
function StartInEditor() {
  const { queryEditor } = useGraphiQL(pick('queryEditor'));
  useEffect(() => queryEditor?.focus(), [queryEditor]);
  return null;
}

/** What the tabs hold at first: a query from the address (`?query=…&variables=…`), then the examples. */
function readStart(config: PageConfig) {
  const address = new URLSearchParams(location.search);
  const query = address.get('query');
  const linked = query ? { query, variables: address.get('variables') } : null;
  const tabs = [...(linked ? [linked] : []), ...config.examples];
  const isFirstVisit = storage.getItem('graphiql:tabState') === null;
  if (isFirstVisit) {
    // GraphiQL gives a side panel a third of the page, which a list of examples does not need.
    storage.setItem('graphiql:docExplorerFlex', '0.25');
  }
  return { linked, tabs, isFirstVisit };
}
