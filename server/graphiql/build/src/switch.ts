import { useSyncExternalStore } from 'react';

/** A yes or no that a person sets, kept in this browser under `key`. */
export class Switch {
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  #on: boolean;

  constructor(key: string, initially: boolean) {
    this.#key = `mediagraph:${key}`;
    const stored = localStorage.getItem(this.#key);
    this.#on = stored === null ? initially : stored === 'on';
  }

  isOn = (): boolean => this.#on;

  flip = (): void => {
    this.#on = !this.#on;
    localStorage.setItem(this.#key, this.#on ? 'on' : 'off');
    for (const listener of this.#listeners) {
      listener();
    }
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export function useSwitch(subject: Switch): boolean {
  return useSyncExternalStore(subject.subscribe, subject.isOn);
}
