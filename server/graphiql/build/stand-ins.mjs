// Replaces what the dependencies import but this page never runs, each by a module of ours that says why.
const REPLACED = [
  [/\/edcore\.main\.js$/, './src/monaco.js'],
  [/\/(diffEditor\/diffEditorWidget|multiDiffEditor\/multiDiffEditorWidget)\.js$/, './src/absent.js'],
  [/^prettier\/(parser-babel|plugins\/estree)$/, './src/prettier-jsonc.js'],
  [/^prettier\/parser-graphql$/, 'prettier/plugins/graphql'],
];
const NEVER = 'never';

export const standIns = {
  name: 'stand-ins',
  setup(build) {
    const resolveDir = build.initialOptions.absWorkingDir;
    for (const [filter, replacement] of REPLACED) {
      build.onResolve({ filter }, () => build.resolve(replacement, { kind: 'import-statement', resolveDir }));
    }
    // The fetcher opens a web socket only where it is given an address for one, and this page gives none.
    build.onResolve({ filter: /^graphql-ws$/ }, ({ path }) => ({ path, namespace: NEVER }));
    build.onLoad({ filter: /.*/, namespace: NEVER }, () => ({ contents: 'export {};' }));
  },
};
