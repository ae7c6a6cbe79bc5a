import { Fragment } from 'react';

import { type Call, elapsedMs, type Receipt } from './receipt';

const SAVINGS: Record<string, string> = {
  savedByBatching: 'by batching',
  savedByMerging: 'by merging',
  savedByJoining: 'by joining',
  savedByCache: 'by the cache',
};

/** What one line says of a receipt: calls, time, and calls saved. */
export function summarise({ calls, totals, isPrediction }: Receipt): string {
  const count = totals.calls ?? calls.length;
  const elapsed = elapsedMs(calls);
  const saved = Object.entries(SAVINGS)
    .filter(([name]) => (totals[name] ?? 0) > 0)
    .map(([name, how]) => `${totals[name]} saved ${how}`);
  const made = `${count} ${count === 1 ? 'call' : 'calls'}${isPrediction ? ' predicted' : ''}`;
  return [made, ...(elapsed === null ? [] : [formatMs(elapsed)]), ...saved].join(' · ');
}

export function ReceiptTable({ receipt: { calls } }: { receipt: Receipt }) {
  const elapsed = elapsedMs(calls) ?? 0;
  return (
    <table className="mg-receipt">
      <thead>
        <tr>
          <th scope="col">Call</th>
          <th scope="col">Window · keys</th>
          <th scope="col">Verdict</th>
          <th scope="col" className="mg-time">ms</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call, index) => (
          <CallRow key={index} call={call} elapsed={elapsed} />
        ))}
      </tbody>
    </table>
  );
}

function CallRow({ call, elapsed }: { call: Call; elapsed: number }) {
  return (
    <tr>
      <td>
        <span className="mg-provider">{call.provider}</span>
        <Route route={call.route} />
      </td>
      <td>{extentOf(call)}</td>
      <td>
        <span className={`mg-verdict mg-${(call.verdict ?? 'none').toLowerCase()}`}>{verdictOf(call)}</span>
        {remarksOf(call)}
      </td>
      <td className="mg-time">
        {call.ms?.toFixed(1)}
        <Bar call={call} elapsed={elapsed} />
      </td>
    </tr>
  );
}

/** A route may break before each of its slashes, where a narrow panel needs it to. */
function Route({ route }: { route: string }) {
  const parts = route.split(/(?=\/)/);
  return (
    <code className="mg-route">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 1 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}

/** When the call ran, on a line that is as long as the whole request. */
function Bar({ call: { startedMs = 0, ms }, elapsed }: { call: Call; elapsed: number }) {
  if (ms === undefined || elapsed <= 0) {
    return null;
  }
  const percent = (part: number) => `${(100 * part) / elapsed}%`;
  return (
    <span className="mg-line">
      <span className="mg-bar" style={{ marginLeft: percent(startedMs), width: percent(ms) }} />
    </span>
  );
}

function extentOf({ window, keys }: Call): string {
  const parts = [];
  if (window) {
    parts.push(`${window.skip}–${window.skip + window.limit}`);
  }
  if (keys !== undefined) {
    parts.push(`${keys} ${keys === 1 ? 'key' : 'keys'}`);
  }
  return parts.join(' · ');
}

function verdictOf({ verdict, exact }: Call): string {
  return verdict ?? (exact === false ? 'AT MOST' : 'EXACT');
}

function remarksOf({ attempts = 1, ageSeconds = 0, verdict, exact }: Call): string {
  const remarks = [];
  if (attempts > 1) {
    remarks.push(`${attempts} attempts`);
  }
  if (ageSeconds > 0) {
    remarks.push(`${ageSeconds} s old`);
  }
  if (verdict !== undefined && exact === false) {
    remarks.push('at most');
  }
  return remarks.length > 0 ? ` ${remarks.join(', ')}` : '';
}

function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}
