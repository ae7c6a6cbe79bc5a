import { ToolbarButton } from '@graphiql/react';

import { type Switch, useSwitch } from './switch';

/** The toolbar's toggle that asks the server for a receipt of its upstream calls. */
export function ExplainButton({ explain }: { explain: Switch }) {
  const on = useSwitch(explain);
  return (
    <ToolbarButton
      className="mg-explain"
      aria-pressed={on}
      label={on ? 'Receipt of upstream calls: on' : 'Receipt of upstream calls: off'}
      onClick={explain.flip}
    >
      <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        <path d="M3 1.8v12.6l1.7-1.1 1.6 1.1 1.7-1.1 1.7 1.1 1.6-1.1 1.7 1.1V1.8l-1.7 1-1.6-1-1.7 1-1.7-1-1.6 1z" />
        <path d="M5.6 6h4.8M5.6 9h3" />
      </svg>
    </ToolbarButton>
  );
}
