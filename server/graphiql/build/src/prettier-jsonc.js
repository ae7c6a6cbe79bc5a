// A Prettier plugin for the variables and headers editors. Prettier's own way to JSON is its whole JavaScript parser and
// printer, half a megabyte; `jsonc-parser` is in the bundle anyway and formats in place.
import { applyEdits, format } from 'jsonc-parser';

const OPTIONS = { insertSpaces: true, tabSize: 2, eol: '\n' };

export const parsers = {
  jsonc: {
    astFormat: 'jsonc',
    parse: (text) => ({ text: applyEdits(text, format(text, undefined, OPTIONS)), end: text.length }),
    locStart: () => 0,
    locEnd: (node) => node.end,
  },
};

export const printers = {
  jsonc: { print: (path) => path.node.text },
};
