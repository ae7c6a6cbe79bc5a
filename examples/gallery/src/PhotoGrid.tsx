import { useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { at, failuresOf } from "./failures";
import { graphql } from "./gql";
import { Notice } from "./Part";
import { PhotoCard } from "./PhotoCard";
import { TagFilter } from "./TagFilter";
import { useTexts } from "./texts";

const PAGE_SIZE = 24;

const PHOTOS = graphql(`
  query Photos($tags: [String!], $first: Int!, $after: String) {
    photos(filter: { tags: { neutralSlug: $tags } }, first: $first, after: $after) {
      edges {
        node {
          id
          ...PhotoCard
          tags {
            neutralSlug
            title
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

interface PhotoGridProps {
  tags: string[];
  setTags: (tags: string[]) => void;
}

/** Editorial photos, page after page as the end comes near. Make a new one (by its key) for another choice of tags. */
export function PhotoGrid({ tags, setTags }: PhotoGridProps) {
  const texts = useTexts();
  const { data, error, fetchMore, refetch } = useQuery(PHOTOS, { variables: { tags, first: PAGE_SIZE } });
  const photos = data?.photos?.edges.map(({ node }) => node) ?? [];
  const { hasNextPage = false, endCursor } = data?.photos?.pageInfo ?? {};
  // While the list still ends where more was asked for, that is on its way or has failed: nothing asks a second time.
  const [asked, setAsked] = useState<{ after?: string | null; failure?: unknown }>({});
  const isAsked = asked.after === endCursor;
  const more = useCallback(async () => {
    setAsked({ after: endCursor });
    try {
      await fetchMore({ variables: { after: endCursor } });
    } catch (failure) {
      setAsked({ after: endCursor, failure });
    }
  }, [fetchMore, endCursor]);
  const end = useReached(more, hasNextPage && !isAsked);

  return (
    <section aria-labelledby="photos">
      <header className="section-head">
        <h2 id="photos">{texts.photos}</h2>
        <TagFilter photos={photos} chosen={tags} choose={setTags} />
      </header>
      <p role="status" className="unseen">
        {photos.length > 0 && texts.shown(photos.length)}
      </p>
      {error && !data ? (
        <Notice failures={at(failuresOf(error), "photos")} retry={() => void refetch()} />
      ) : (
        <ul className="grid">
          {photos.map((photo) => (
            <li key={photo.id}>
              <PhotoCard photo={photo} />
            </li>
          ))}
          {!data && Array.from({ length: 8 }, (_, place) => <li className="tile" key={place} />)}
        </ul>
      )}
      <div className="end" ref={end}>
        {isAsked && asked.failure ? (
          <Notice failures={at(failuresOf(asked.failure), "photos")} retry={() => void more()} />
        ) : hasNextPage ? (
          // What comes by scrolling comes by this too, with a keyboard or without an observer.
          <button type="button" aria-disabled={isAsked} onClick={() => isAsked || void more()}>
            {isAsked ? texts.loading : texts.more}
          </button>
        ) : (
          data?.photos && <p>{photos.length > 0 ? texts.end(photos.length) : texts.none}</p>
        )}
      </div>
    </section>
  );
}

/** Calls back when the element that it is given to comes near the window, once each time that it is asked to watch. */
function useReached(reached: () => void, watches: boolean) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!watches || !element.current) return;
    const observer = new IntersectionObserver(
      // Several looks can come together; the last one is how it is.
      (looks) => looks.at(-1)?.isIntersecting && reached(),
      { rootMargin: "400px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [reached, watches]);
  return element;
}
