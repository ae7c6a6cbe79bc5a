// Bundles the page into ../assets: hashed names, no source maps, one gzip copy of what compresses, LICENSES.txt, manifest.json.
// `node build.mjs --check` builds in memory and fails where the committed assets differ.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

import * as esbuild from 'esbuild';

import { collectLicences } from './licences.mjs';
import { standIns } from './stand-ins.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ASSETS = join(HERE, '..', 'assets');
const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};
const COMPRESSED = /\.(css|js|svg|ttf)$/;

async function bundle() {
  return esbuild.build({
    absWorkingDir: HERE,
    entryPoints: { page: 'src/entry.tsx', ...WORKERS },
    outdir: ASSETS,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'file', '.ttf': 'file', '.woff': 'empty', '.woff2': 'file' },
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [standIns],
  });
}

/** Names and roles of what the page needs; styles that esbuild repeats for each lazy chunk are in the page's own already. */
function describe(outputs, licences) {
  const entries = Object.entries(outputs);
  const nameOf = (test) => basename(entries.find(([path, output]) => test(output, path))[0]);
  const page = entries.find(([, { entryPoint }]) => entryPoint === 'src/entry.tsx');
  const style = basename(page[1].cssBundle);
  return {
    script: basename(page[0]),
    style,
    icon: nameOf((_, path) => path.endsWith('.svg')),
    preload: preloadsOf(page[0], outputs),
    workers: Object.fromEntries(
      Object.entries(WORKERS).map(([name, source]) => [name, nameOf(({ entryPoint }) => entryPoint === `node_modules/${source}`)]),
    ),
    files: entries.map(([path]) => basename(path)).filter((name) => !name.endsWith('.css') || name === style).sort(),
    packages: licences.packages,
  };
}

/** Every chunk that the page loads before a person can type: what the entry imports, and Monaco, which GraphiQL imports at once. */
function preloadsOf(entry, outputs) {
  const seen = new Set();
  const follow = (path) => {
    for (const { path: next, kind } of outputs[path].imports) {
      const wanted = kind === 'import-statement' || /\/(lite|monaco)-/.test(next);
      if (wanted && outputs[next] && !seen.has(next)) {
        seen.add(next);
        follow(next);
      }
    }
  };
  follow(entry);
  return [...seen].map((path) => basename(path)).sort();
}

async function build() {
  const { outputFiles, metafile } = await bundle();
  const licences = await collectLicences(HERE, metafile);
  const manifest = describe(metafile.outputs, licences);
  const built = new Map([
    ['LICENSES.txt', Buffer.from(licences.text)],
    ['manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)],
  ]);
  for (const { path, contents } of outputFiles) {
    if (manifest.files.includes(basename(path))) {
      built.set(basename(path), Buffer.from(contents));
    }
  }
  return built;
}

async function store(built) {
  await rm(ASSETS, { recursive: true, force: true });
  await mkdir(ASSETS, { recursive: true });
  for (const [name, contents] of built) {
    if (COMPRESSED.test(name)) {
      await writeFile(join(ASSETS, `${name}.gz`), gzipSync(contents, { level: 9 }));
    } else {
      await writeFile(join(ASSETS, name), contents);
    }
  }
}

/** Compares contents, not archives: another Node may compress the same bytes differently. */
async function compare(built) {
  const stored = await readdir(ASSETS);
  const wrong = stored.filter((file) => !built.has(file.replace(/\.gz$/, '')));
  for (const [name, contents] of built) {
    const file = COMPRESSED.test(name) ? `${name}.gz` : name;
    const bytes = stored.includes(file) ? await readFile(join(ASSETS, file)) : null;
    if (bytes === null || !contents.equals(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)) {
      wrong.push(file);
    }
  }
  if (wrong.length > 0) {
    throw new Error(`The committed assets are not what the sources build: ${wrong.join(', ')}. Run "npm run build".`);
  }
}

function report(built) {
  let raw = 0;
  let compressed = 0;
  for (const [name, contents] of built) {
    raw += contents.length;
    compressed += COMPRESSED.test(name) ? gzipSync(contents, { level: 9 }).length : contents.length;
  }
  console.log(`${built.size} files, ${raw} bytes, ${compressed} bytes as stored`);
}

const built = await build();
await (process.argv.includes('--check') ? compare(built) : store(built));
report(built);
