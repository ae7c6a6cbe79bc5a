import { useEffect, useState } from "react";
import { isLanguage, type Language } from "./texts";

/** What the page shows, as its address says it: shared links and the back button work. */
export interface Address {
  language: Language;
  tags: string[];
}

function read(): Address {
  const search = new URLSearchParams(location.search);
  const wished = [search.get("lang") ?? "", ...navigator.languages];
  return { language: wished.find(isLanguage) ?? "en-US", tags: search.getAll("tag") };
}

export function useAddress(): [Address, (next: Address) => void] {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const goBack = () => setAddress(read());
    addEventListener("popstate", goBack);
    return () => removeEventListener("popstate", goBack);
  }, []);
  const go = (next: Address) => {
    const search = new URLSearchParams([["lang", next.language], ...next.tags.map((tag) => ["tag", tag])]);
    history.pushState(null, "", `?${search}`);
    setAddress(next);
  };
  return [address, go];
}
