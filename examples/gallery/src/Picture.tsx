interface PictureProps {
  image: {
    url: string;
    srcSet: readonly { url: string; width?: number | null }[];
  };
  alt: string;
  sizes: string;
  /** For what is seen first: loaded at once and before others. */
  eager?: boolean;
}

/** A picture in the renditions that the graph offers; where its host cannot resize there is only the original. */
export function Picture({ image, alt, sizes, eager = false }: PictureProps) {
  // Forge answers several widths by one rendition of its ladder: once is enough.
  const candidates = [...new Set(image.srcSet.filter(({ width }) => width).map(({ url, width }) => `${url} ${width}w`))];
  return (
    <img
      src={image.url}
      srcSet={candidates.join(", ") || undefined}
      sizes={candidates.length ? sizes : undefined}
      alt={alt}
      loading={eager ? "eager" : "lazy"}
      fetchPriority={eager ? "high" : "auto"}
      decoding="async"
    />
  );
}
