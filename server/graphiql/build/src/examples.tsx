import { type GraphiQLPlugin, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

import type { Example, PageConfig } from './config';

const LICENCES = new URL('LICENSES.txt', import.meta.url).href;
const RUN_KEYS = navigator.userAgent.includes('Mac') ? '⌘ Enter' : 'Ctrl Enter';

/** The side panel that lists the examples: a click leads to the tab that holds one, or opens it in a new one. */
export function createExamplesPlugin({ examples, introduction }: PageConfig): GraphiQLPlugin {
  return {
    title: 'Examples',
    icon: ExamplesIcon,
    content: () => <Examples examples={examples} introduction={introduction} />,
  };
}

function Examples({ examples, introduction }: Pick<PageConfig, 'examples' | 'introduction'>) {
  const { addTab, changeTab } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    pick('tabs', 'activeTabIndex', 'queryEditor', 'variableEditor'),
  );
  const open = (example: Example) => {
    const held = tabs.findIndex((tab) => tab.query === example.query);
    if (held >= 0) {
      changeTab(held);
    } else {
      addTab();
      queryEditor?.setValue(example.query);
      variableEditor?.setValue(example.variables);
    }
    queryEditor?.focus();
  };
  return (
    <div className="mg-examples">
      <h2>mediagraph</h2>
      <p>{introduction}</p>
      <p>
        Pick an example and run it: <kbd>{RUN_KEYS}</kbd>
      </p>
      <ol>
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" aria-current={tabs[activeTabIndex]?.query === example.query} onClick={() => open(example)}>
              {example.name}
            </button>
          </li>
        ))}
      </ol>
      <footer>
        Made with GraphiQL. <a href={LICENCES}>Licences</a>
      </footer>
    </div>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M10 4.6C8.3 3.3 5.6 3 2.5 3.4v12.2c3.1-.4 5.8-.1 7.5 1.2 1.7-1.3 4.4-1.6 7.5-1.2V3.4C14.4 3 11.7 3.3 10 4.6zM10 4.6v12.2" />
    </svg>
  );
}
