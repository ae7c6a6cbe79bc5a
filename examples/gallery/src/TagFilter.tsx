import { useTexts } from "./texts";

const MOST_CHIPS = 9;

interface Tag {
  neutralSlug?: string | null;
  title?: string | null;
}

interface TagFilterProps {
  photos: readonly { tags: readonly Tag[] }[];
  chosen: string[];
  choose: (tags: string[]) => void;
}

/** The tags of the photos below, the commonest first; each that is chosen narrows the photos further. */
export function TagFilter({ photos, chosen, choose }: TagFilterProps) {
  const texts = useTexts();
  const titles = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { neutralSlug: slug, title } of photos.flatMap(({ tags }) => tags)) {
    if (!slug) continue;
    titles.set(slug, title ?? slug);
    counts.set(slug, (counts.get(slug) ?? 0) + 1);
  }
  const others = [...counts.keys()]
    .filter((slug) => !chosen.includes(slug))
    .sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0));
  return (
    <ul className="chips" aria-label={texts.filter}>
      <li>
        <button type="button" aria-pressed={chosen.length === 0} onClick={() => choose([])}>
          {texts.all}
        </button>
      </li>
      {[...chosen, ...others.slice(0, MOST_CHIPS)].map((slug) => (
        <li key={slug}>
          <button
            type="button"
            aria-pressed={chosen.includes(slug)}
            onClick={() => choose(chosen.includes(slug) ? chosen.filter((each) => each !== slug) : [...chosen, slug])}
          >
            {titles.get(slug) ?? slug}
          </button>
        </li>
      ))}
    </ul>
  );
}
