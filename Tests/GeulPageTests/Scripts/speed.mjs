// Measures the speed of generation with random parameters: `node speed.mjs`.
//
// Prints for each network the median and the range of nine runs, in tokens/s of processor time, so that other programs
// disturb little. `measureSpeed` also runs in a browser, by the clock.

import { Generator } from "../../../Sources/GeulPage/Resources/engine/generator.js";
import { randomModel } from "./models.mjs";

/** The networks, with the goal for each in Chromium, in tokens/s. */
export const networks = [
  { hidden: 160, vocabularySize: 70, goal: 1500 },
  { hidden: 160, vocabularySize: 1200, goal: 1500 },
  { hidden: 512, vocabularySize: 70, goal: 200 },
];

const isNode = typeof process !== "undefined";

/** Returns the time in seconds: in Node.js, the processor time of the program. */
function seconds() {
  if (!isNode) return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Returns the speeds of `runs` texts of `length` tokens, ascending, in tokens/s. */
export function measureSpeed({ hidden, vocabularySize }, sampling, runs = 9, length = hidden > 200 ? 100 : 400) {
  const tokens = Array.from({ length: vocabularySize }, (_, id) => String.fromCodePoint(0xac00 + id));
  const architecture = { cell: "lstm", layers: 2, hidden };
  const model = randomModel({ architecture, tokens, bound: 1 / Math.sqrt(hidden) });
  const speeds = Array.from({ length: runs + 1 }, (_, seed) => {
    const generator = new Generator(model, { sampling, seed, length }, []);
    const start = seconds();
    while (generator.next().ending === null);
    return length / (seconds() - start);
  });
  // The first run compiles the code.
  return speeds.slice(1).sort((a, b) => a - b);
}

if (isNode && process.argv[1].endsWith("/speed.mjs")) {
  for (const network of networks) {
    for (const sampling of [{}, { topK: 40, topP: 0.9, repeatPenalty: 1.1 }]) {
      const speeds = measureSpeed(network, sampling);
      const median = speeds[Math.floor(speeds.length / 2)];
      console.log(
        `LSTM 2x${network.hidden}, vocabulary ${network.vocabularySize}, ${JSON.stringify(sampling)}: ` +
          `${Math.round(median)} tokens/s (${Math.round(speeds[0])} to ${Math.round(speeds.at(-1))}), ` +
          `goal ${network.goal}`);
    }
  }
}
