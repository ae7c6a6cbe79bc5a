import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import { graphql } from "./gql";
import type { ResortFragment } from "./gql/graphql";
import { Picture } from "./Picture";
import { useTexts } from "./texts";

const RESORT = graphql(`
  fragment Resort on ResortProduct {
    title
    fullTitle
    description
    gallery(first: 5) {
      nodes {
        id
        title
        keywords
        url
        srcSet(widths: [320, 640, 960], transform: { width: 3, height: 2 }) {
          url
          width
        }
      }
    }
    videos(first: 1) {
      nodes {
        id
        url
      }
    }
  }
`);

/** A resort of Club Med with its pictures and a video. */
export function Resort({ resort }: { resort: FragmentType<ResortFragment> }) {
  const texts = useTexts();
  const { data, complete } = useFragment({ fragment: RESORT, from: resort });
  if (!complete) return null;
  const pictures = data.gallery?.nodes ?? [];
  const [video] = data.videos?.nodes ?? [];
  // Each of these has a call of its own, so each can be missing alone; what failed is told above.
  if (!data.title && !video && pictures.length === 0) return null;
  return (
    <article className="resort">
      <div className="resort-text">
        <p className="kicker">{texts.stay}</p>
        <h2>{data.title}</h2>
        <p>{data.description}</p>
        {video && (
          // There are no captions: the provider has none, and the videos have no speech.
          <video src={video.url} poster={pictures.at(-1)?.url} controls preload="metadata" aria-label={data.title ?? ""} />
        )}
      </div>
      <ul className="mosaic">
        {pictures.map((picture) => (
          <li key={picture.id}>
            <Picture
              image={picture}
              alt={picture.title ?? [data.fullTitle, ...picture.keywords.map(said)].join(", ")}
              sizes="(min-width: 60rem) 30vw, 50vw"
            />
          </li>
        ))}
      </ul>
    </article>
  );
}

function said(keyword: string): string {
  return keyword.replaceAll("_", " ").toLowerCase();
}

/** The shape of what is to come, so that nothing jumps when it comes. */
export function ResortWaiting() {
  const texts = useTexts();
  return (
    <div className="resort waiting" role="status" aria-label={texts.loading}>
      <div className="resort-text">
        <p className="kicker">{texts.stay}</p>
        <h2>&nbsp;</h2>
        <p>&nbsp;</p>
        <div className="tile video" />
      </div>
      <div className="mosaic">
        {[0, 1, 2, 3, 4].map((place) => (
          <div className="tile" key={place} />
        ))}
      </div>
    </div>
  );
}
