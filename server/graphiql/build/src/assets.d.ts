declare module '*.svg' {
  /** Relative to the script that imports it. */
  const url: string;
  export default url;
}
