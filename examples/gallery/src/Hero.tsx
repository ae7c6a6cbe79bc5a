import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import { graphql } from "./gql";
import type { HeroFragment } from "./gql/graphql";
import { Picture } from "./Picture";
import { useTexts } from "./texts";

const HERO = graphql(`
  fragment Hero on Activity {
    title
    description
    url
    city {
      name
    }
    cover {
      image {
        id
        url(transform: { width: 1280, height: 640 })
        # Width and height are the ratio here; each width of the list takes the place of the one.
        srcSet(widths: [480, 800, 1280, 1920, 2560], transform: { width: 1280, height: 640 }) {
          url
          width
        }
      }
    }
  }
`);

/** An activity of Musement with its cover. */
export function Hero({ activity }: { activity: FragmentType<HeroFragment> }) {
  const texts = useTexts();
  const { data, complete } = useFragment({ fragment: HERO, from: activity });
  // With its provider down an activity is its key and nothing else; what failed is told above.
  if (!complete || !data.title) return null;
  return (
    <article className="hero">
      {data.cover?.image && (
        <Picture image={data.cover.image} alt={data.title} sizes="min(100vw, 90rem)" eager />
      )}
      <div className="hero-text">
        <p className="kicker">{data.city?.name}</p>
        <h2>{data.title}</h2>
        <p>{data.description}</p>
        {data.url && (
          <a className="button" href={data.url}>
            {texts.book}
          </a>
        )}
      </div>
    </article>
  );
}
