// Binaryen for many modules, one after the other: its own code is compiled and warm after the first.
//
// Reads jobs from standard input, a line of JSON each, and answers each with a line {} or {"error"}:
//   input, output   files; an input called .wat is text
//   text            write the text format instead of a binary
//   steps           [{ optimise: 0…4 } | { passes: [name…], level?: 0…4, arguments?: { name: value } } …]
//   names           keep the names of functions
//   features        names as binaryen.js has them
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

console.log = console.error; // standard output is for the answers
const { default: binaryen } = await import(pathToFileURL(process.argv[2]).href);

function perform({ input, output, text, steps, names, features }) {
  const allowed = features.reduce((all, name) => all | binaryen.Features[name], 0);
  const module = input.endsWith(".wat")
    ? binaryen.parseText(readFileSync(input, "utf8"))
    : binaryen.readBinary(readFileSync(input));
  try {
    module.setFeatures(allowed);
    binaryen.setDebugInfo(names);
    for (const step of steps) {
      binaryen.clearPassArguments();
      binaryen.setShrinkLevel(0);
      binaryen.setOptimizeLevel(step.optimise ?? step.level ?? 0);
      for (const [name, value] of Object.entries(step.arguments ?? {})) binaryen.setPassArgument(name, value);
      if (step.passes) module.runPasses(step.passes);
      else module.optimize();
    }
    writeFileSync(output, text ? module.emitText() : module.emitBinary());
  } finally {
    module.dispose();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer = {};
  try {
    perform(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
