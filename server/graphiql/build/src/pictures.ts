/** One picture that a response names. */
export interface Picture {
  url: string;
  /** The nearest title, slug or key above the URL, else the name of its field. */
  label: string;
}

export const PICTURES_SHOWN = 24;

const IMAGE_PATH = /\.(avif|gif|jpe?g|png|svg|webp)$/i;
const VIDEO_PATH = /\.(m3u8|m4v|mov|mp4|webm)$/i;
const IMAGE_FIELD = /image|thumb|cover|gallery|rendition|srcset/i;
const IMAGE_URL_FIELD = /(image|thumbnail)_?url$/i;
const IMAGE_TYPES = new Set(['Image', 'ImageRendition']);
const LABEL_FIELDS = ['title', 'name', 'slug', 'uuid', 'productId'];

interface Surroundings {
  label: string;
  isImage: boolean;
}

/** The distinct pictures of a response's `data`, in the order of the response. */
export function findPictures(data: unknown): Picture[] {
  const found = new Map<string, Picture>();
  visit(data, '', { label: '', isImage: false }, found);
  return [...found.values()];
}

function visit(value: unknown, field: string, around: Surroundings, found: Map<string, Picture>): void {
  if (typeof value === 'string') {
    if (!found.has(value) && isPicture(value, field, around)) {
      found.set(value, { url: value, label: around.label || field });
    }
  } else if (Array.isArray(value)) {
    value.forEach((item) => visit(item, field, around, found));
  } else if (typeof value === 'object' && value !== null) {
    const inside = surroundingsOf(value as Record<string, unknown>, field, around);
    Object.entries(value).forEach(([name, child]) => visit(child, name, inside, found));
  }
}

function surroundingsOf(object: Record<string, unknown>, field: string, around: Surroundings): Surroundings {
  const label = LABEL_FIELDS.map((name) => object[name]).find((text) => typeof text === 'string' && text !== '');
  return { label: typeof label === 'string' ? label : around.label, isImage: isImageLike(object, field, around) };
}

// A connection's `edges`, `nodes` and `node` say nothing of their own: what holds them decides.
function isImageLike(object: Record<string, unknown>, field: string, around: Surroundings): boolean {
  const type = object.__typename;
  if (typeof type === 'string' && !/(Connection|Edge)$/.test(type)) {
    return IMAGE_TYPES.has(type);
  }
  if (typeof object.kind === 'string') {
    return object.kind === 'IMAGE';
  }
  return IMAGE_FIELD.test(field) || (around.isImage && /^(edges|nodes?)$/.test(field));
}

function isPicture(text: string, field: string, around: Surroundings): boolean {
  const url = parseUrl(text);
  if (!url || VIDEO_PATH.test(url.pathname)) {
    return false;
  }
  const named = IMAGE_PATH.test(url.pathname) || url.pathname.includes('/sandbox/images/');
  return named || around.isImage || IMAGE_URL_FIELD.test(field);
}

// A template's placeholder is no address that a browser can ask for.
function parseUrl(text: string): URL | null {
  if (!/^https?:\/\//i.test(text) || text.includes('{')) {
    return null;
  }
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
