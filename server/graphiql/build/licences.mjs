// The full licence text of every package of which a byte is in the bundle.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Packages published without their licence file, and the package of the same repository or author whose file covers them. */
const COVERED_BY = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};

/** What a package carries a copy of without naming it in its own notices; installed here for the licence text alone. */
const EMBEDDED = { 'monaco-editor': ['@vscode/codicons', 'dompurify'] };

const LICENCE_FILE = /^(licen[cs]e|copying|notice|third-?party-?notices)/i;
const RULE = '='.repeat(100);

/** Answers `{ packages: ["name version", …], text }`, sorted; fails where a package carries no licence text. */
export async function collectLicences(directory, metafile) {
  const holders = new Map();
  for (const path of packagePaths(metafile)) {
    const { name, version, license } = JSON.parse(await readFile(join(directory, path, 'package.json'), 'utf8'));
    const text = await licenceText(directory, path, name);
    holders.set(text, (holders.get(text) ?? new Set()).add(`${name} ${version} (${license})`));
  }
  const sections = [...holders].map(([text, names]) => `${RULE}\n${[...names].join('\n')}\n${RULE}\n\n${text}\n`);
  const packages = [...holders.values()].flatMap((names) => [...names]);
  return { packages: packages.map((name) => name.replace(/ \(.*$/, '')).sort(), text: sections.join('\n') };
}

function packagePaths({ outputs }) {
  const paths = new Set();
  for (const { inputs } of Object.values(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const match = /^((?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
      if (match && bytesInOutput > 0) {
        paths.add(match[1]);
        (EMBEDDED[match[2]] ?? []).forEach((name) => paths.add(`node_modules/${name}`));
      }
    }
  }
  return [...paths].sort();
}

async function licenceText(directory, path, name) {
  const own = await licenceFiles(join(directory, path));
  const files = own.length > 0 || !(name in COVERED_BY) ? own : await licenceFiles(join(directory, 'node_modules', COVERED_BY[name]));
  if (files.length === 0) {
    throw new Error(`${name} carries no licence text: name the package that covers it in licences.mjs.`);
  }
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

async function licenceFiles(folder) {
  const names = await readdir(folder);
  return names.filter((name) => LICENCE_FILE.test(name)).sort().map((name) => join(folder, name));
}
