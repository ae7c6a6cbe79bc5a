import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import { use } from "react";
import { graphql } from "./gql";
import type { PhotoCardFragment } from "./gql/graphql";
import { Picture } from "./Picture";
import { LanguageContext } from "./texts";

const PHOTO_CARD = graphql(`
  fragment PhotoCard on Photo {
    title
    contentDate
    image {
      id
      large: url(transform: { width: 2000 })
      url(transform: { width: 416, height: 312 })
      # These are on the ladder of Forge's own formats: any other width is answered by the next larger of them.
      srcSet(widths: [208, 416, 624, 832], transform: { width: 4, height: 3 }) {
        url
        width
      }
    }
  }
`);

/** An editorial photo of Forge; its picture leads to the large one. */
export function PhotoCard({ photo }: { photo: FragmentType<PhotoCardFragment> }) {
  const language = use(LanguageContext);
  const { data, complete } = useFragment({ fragment: PHOTO_CARD, from: photo });
  if (!complete) return null;
  return (
    <figure className="card">
      <a href={data.image?.large}>
        {data.image && (
          <Picture
            image={data.image}
            alt={data.title ?? ""}
            sizes="(min-width: 75rem) 20rem, (min-width: 45rem) 30vw, 46vw"
          />
        )}
      </a>
      <figcaption>
        {data.title}
        {data.contentDate && (
          <time dateTime={data.contentDate}>
            {new Date(data.contentDate).toLocaleDateString(language, { dateStyle: "medium", timeZone: "UTC" })}
          </time>
        )}
      </figcaption>
    </figure>
  );
}
