// The part of the npm package onnxruntime-node that docs/examples/generate.mjs uses, computed by the onnxruntime of Python:
// for tests on machines that do not reach npm's registry.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export class Tensor {
  constructor(type, data, dims) {
    if (!(data instanceof { float32: Float32Array, int64: BigInt64Array }[type])) throw new TypeError(`the data is not ${type}`);
    if (dims.reduce((product, size) => product * size, 1) !== data.length) throw new RangeError(`the data does not have the shape ${dims}`);
    Object.assign(this, { type, data, dims });
  }
}

export class InferenceSession {
  static async create(bytes) {
    const session = new InferenceSession();
    const folder = mkdtempSync(join(tmpdir(), "onnx-"));
    writeFileSync(join(folder, "model.onnx"), bytes);
    const server = join(dirname(fileURLToPath(import.meta.url)), "onnxruntime_server.py");
    session.process = spawn(process.env.PYTHON, [server, join(folder, "model.onnx")], { stdio: ["pipe", "pipe", "inherit"] });
    session.lines = createInterface({ input: session.process.stdout })[Symbol.asyncIterator]();
    session.inputNames = JSON.parse((await session.lines.next()).value);
    rmSync(folder, { recursive: true });
    session.process.unref();
    for (const stream of [session.process.stdin, session.process.stdout]) stream.unref();
    return session;
  }

  async run(feeds) {
    this.process.stdout.ref();
    const request = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, { type, dims, data: Array.from(data, Number) }]);
    this.process.stdin.write(JSON.stringify(Object.fromEntries(request)) + "\n");
    const outputs = JSON.parse((await this.lines.next()).value);
    this.process.stdout.unref();
    return Object.fromEntries(Object.entries(outputs).map(
      ([name, { data, dims }]) => [name, new Tensor("float32", Float32Array.from(data), dims)]));
  }
}
