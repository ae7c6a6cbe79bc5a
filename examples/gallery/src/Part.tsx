import type { ReactNode } from "react";
import type { Failure } from "./failures";
import { useTexts } from "./texts";

const NAMES: Record<string, string> = { MUSEMENT: "Musement", CLUB_MED: "Club Med", FORGE: "Forge" };

/** Says what failed and offers another try; the rest of the page stands. */
export function Notice({ failures, retry }: { failures: readonly Failure[]; retry: () => void }) {
  const texts = useTexts();
  const [first] = failures;
  const provider = first?.provider && (NAMES[first.provider] ?? first.provider);
  const reference = [first?.code, first?.requestId].filter(Boolean).join(" · ");
  return (
    <div className="notice" role="alert">
      <p>{first?.path.length ? (provider ? texts.failed(provider) : texts.partly) : texts.offline}</p>
      <small>{reference}</small>
      <button type="button" onClick={retry}>
        {texts.retry}
      </button>
    </div>
  );
}

interface PartProps<T> {
  /** Undefined until it comes, null where there is none. */
  value: T | null | undefined;
  failures: readonly Failure[];
  retry: () => void;
  waiting: ReactNode;
  children: (value: T) => ReactNode;
}

/** One part of the page: waiting, whole, partly there, failed, or gone. Never empty without a word. */
export function Part<T>({ value, failures, retry, waiting, children }: PartProps<T>) {
  const texts = useTexts();
  if (value) {
    return (
      <>
        {failures.length > 0 && <Notice failures={failures} retry={retry} />}
        {children(value)}
      </>
    );
  }
  if (failures.length > 0) return <Notice failures={failures} retry={retry} />;
  return value === null ? <p className="notice">{texts.gone}</p> : waiting;
}
