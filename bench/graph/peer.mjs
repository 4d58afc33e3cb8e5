// ONNX Runtime on the model that bench/graph/trees.c wrote: one row at a time, and batches on 1 and on 2 threads.
//
// usage: node peer.mjs MODEL.onnx FEATURES
//
// The rows are drawn as trees.c draws them.  One row at a time includes the JavaScript binding; batches of 100,000
// rows hide it.

import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const require = createRequire(new URL("../onnx/package.json", import.meta.url));
const ort = require("onnxruntime-node");

const [model, featuresText] = process.argv.slice(2);
const features = Number(featuresText);

function normals(n) {
    const x = new Float32Array(n);
    for (let i = 0; i < n; i++) {
        x[i] = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    }
    return x;
}

async function session(threads) {
    return ort.InferenceSession.create(model, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: "all",
    });
}

async function oneRow() {
    const s = await session(1);
    const times = [];
    for (let i = 0; i < 3000; i++) {
        const feeds = { x: new ort.Tensor("float32", normals(features), [1, features]) };
        const begin = performance.now();
        await s.run(feeds);
        times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    console.log(`onnxruntime: one row at a time: p50 ${(times[1500] * 1e3).toFixed(2)} us, ` +
                `p99 ${(times[2970] * 1e3).toFixed(2)} us (with the binding)`);
}

async function rows(n, threads) {
    const s = await session(threads);
    const feeds = { x: new ort.Tensor("float32", normals(n * features), [n, features]) };
    let best = Infinity;
    for (let i = 0; i < 7; i++) {
        const begin = performance.now();
        await s.run(feeds);
        best = Math.min(best, performance.now() - begin);
    }
    console.log(`onnxruntime: ${n} rows, ${threads} thread(s): ${Math.round(n / best * 1e3)} rows/s, ` +
                `${Math.round(best * 1e6 / n)} ns a row`);
}

await oneRow();
for (const threads of [1, 2]) {
    await rows(4096, threads);
    await rows(100000, threads);
}
