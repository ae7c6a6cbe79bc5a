import { useState } from 'react';

import { type Picture, PICTURES_SHOWN } from './pictures';

/** One row of thumbnails, loaded as they scroll into view; each leads to the picture itself. */
export function Gallery({ pictures }: { pictures: Picture[] }) {
  const rest = pictures.length - PICTURES_SHOWN;
  return (
    <ul className="mg-gallery" aria-label="Images of the response">
      {pictures.slice(0, PICTURES_SHOWN).map((picture) => (
        <Thumbnail key={picture.url} picture={picture} />
      ))}
      {rest > 0 && <li className="mg-more">+{rest} more</li>}
    </ul>
  );
}

type Progress = 'loading' | 'failed' | { width: number; height: number };

function Thumbnail({ picture }: { picture: Picture }) {
  const [progress, setProgress] = useState<Progress>('loading');
  return (
    <li className="mg-thumbnail">
      <a href={picture.url} target="_blank" rel="noreferrer" title={picture.url}>
        {progress === 'failed' ? (
          <span className="mg-unshown">
            not shown here
            <small>{new URL(picture.url).host}</small>
          </span>
        ) : (
          <img
            src={picture.url}
            alt={picture.label}
            loading="lazy"
            decoding="async"
            referrerPolicy="no-referrer"
            onError={() => setProgress('failed')}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setProgress({ width: naturalWidth, height: naturalHeight })}
          />
        )}
      </a>
      <span className="mg-caption">{picture.label}</span>
      <span className="mg-size">{typeof progress === 'object' ? `${progress.width} × ${progress.height}` : '\u00a0'}</span>
    </li>
  );
}
