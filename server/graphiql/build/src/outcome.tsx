import { pick, useGraphiQL } from '@graphiql/react';
import { type ReactNode, useMemo, useState } from 'react';

import { Gallery } from './gallery';
import { findPictures } from './pictures';
import { findReceipt } from './receipt';
import { ReceiptTable, summarise } from './receipt-table';
import { Switch, useSwitch } from './switch';

const showsPictures = new Switch('shows-pictures', true);
const showsReceipt = new Switch('shows-receipt', true);

/** What a response shows beside its JSON: the pictures that it names and the receipt of the calls that it cost. */
export function Outcome() {
  const response = useLastResponse();
  const { data, extensions } = useMemo(() => parse(response), [response]);
  const pictures = useMemo(() => findPictures(data), [data]);
  const receipt = useMemo(() => findReceipt(extensions), [extensions]);
  return (
    <>
      {pictures.length > 0 && (
        <Section title="Images" summary={String(pictures.length)} isOpen={showsPictures}>
          <Gallery pictures={pictures} />
        </Section>
      )}
      {receipt && (
        <Section title="Upstream" summary={summarise(receipt)} isOpen={showsReceipt}>
          <ReceiptTable receipt={receipt} />
        </Section>
      )}
    </>
  );
}

function Section({ title, summary, isOpen, children }: { title: string; summary: string; isOpen: Switch; children: ReactNode }) {
  const open = useSwitch(isOpen);
  return (
    <section className="mg-section" aria-label={title}>
      <button type="button" className="mg-heading" aria-expanded={open} onClick={isOpen.flip}>
        <span className="mg-title">{title}</span>
        <span className="mg-summary">{summary}</span>
      </button>
      {open && children}
    </section>
  );
}

// GraphiQL empties the response when a run starts; what was shown stays until there is something new, so that nothing jumps.
function useLastResponse(): string {
  const { tabs, activeTabIndex, isFetching } = useGraphiQL(pick('tabs', 'activeTabIndex', 'isFetching'));
  const current = tabs[activeTabIndex]?.response ?? '';
  const [last, setLast] = useState(current);
  if (!isFetching && last !== current) {
    setLast(current);
  }
  return isFetching ? current || last : current;
}

function parse(response: string): { data?: unknown; extensions?: unknown } {
  try {
    return (JSON.parse(response) as { data?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}
