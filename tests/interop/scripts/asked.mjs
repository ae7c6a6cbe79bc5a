// How a script is asked: one JSON text on standard input, the answer as the last line of standard output.
import { text } from "node:stream/consumers";

export const question = JSON.parse(await text(process.stdin));

export function answer(value) {
  process.stdout.write(`\n${JSON.stringify(value)}\n`, () => process.exit(0));
}
