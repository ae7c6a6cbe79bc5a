/** One upstream call of `extensions.upstream`, as the graph's contract prints it. */
export interface Call {
  provider: string;
  route: string;
  window?: { skip: number; limit: number } | null;
  keys?: number;
  verdict?: string;
  attempts?: number;
  ageSeconds?: number;
  startedMs?: number;
  ms?: number;
  /** Of a prediction only: whether the number of calls is certain. */
  exact?: boolean;
}

export interface Receipt {
  calls: Call[];
  totals: Record<string, number>;
  /** True for the answer to `x-mediagraph-explain: dry`: no call was made. */
  isPrediction: boolean;
}

/** The receipt in a response's `extensions`, or null where the server gave none. */
export function findReceipt(extensions: unknown): Receipt | null {
  const upstream = isObject(extensions) ? extensions.upstream : null;
  if (!isObject(upstream)) {
    return null;
  }
  const predicted = upstream.predicted;
  const source = isObject(predicted) ? predicted : upstream;
  const calls = Array.isArray(predicted) ? predicted : source.calls;
  return {
    calls: Array.isArray(calls) ? calls.filter(isCall) : [],
    totals: isObject(source.totals) ? numbersOf(source.totals) : {},
    isPrediction: predicted !== undefined,
  };
}

/** Milliseconds from the start of the request to the end of its last call; null where no call was timed. */
export function elapsedMs(calls: Call[]): number | null {
  const ends = calls.flatMap((call) => (call.ms === undefined ? [] : [(call.startedMs ?? 0) + call.ms]));
  return ends.length > 0 ? Math.max(...ends) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCall(value: unknown): value is Call {
  return isObject(value) && typeof value.provider === 'string' && typeof value.route === 'string';
}

function numbersOf(totals: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.entries(totals).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
