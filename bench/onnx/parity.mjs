#!/usr/bin/env node
/*
 * Does ONNX Runtime give the answers that hone gave?
 *
 *     node bench/onnx/parity.mjs MODEL.onnx INPUTS.json EXPECTED.json [--tolerance 1e-5] [--json]
 *
 * INPUTS    {"rows": N, "inputs": [{"name": "age", "type": "float32", "data": [...]}, ...]}
 *           types float32 (null is NaN), int64 (decimal strings), string, bool (true or false);
 *           each is fed with shape [N, 1].
 * EXPECTED  {"label": [...], "probabilities": [[...], ...]} or {"prediction": [...]}
 *
 * Exit status: 0 alike, 1 a class differs or a number is further off than the tolerance, 2 usage or
 * unreadable input.  A probability is compared as it is; a prediction relative to its size where
 * that is above 1, since a float32 of 200,000 has no 1e-5 to be exact to.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";

class InputError extends Error {}

function fail(message) {
    throw new InputError(message);
}

function readJson(path) {
    try {
        return JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
        return fail(`${path}: ${error.message}`);
    }
}

const READERS = {
    float32: (data) => Float32Array.from(data, (v) => (v === null ? NaN : v)),
    int64: (data) => BigInt64Array.from(data, (v) => BigInt(v)),
    bool: (data) => Uint8Array.from(data, (v) => (v ? 1 : 0)),
    string: (data) => data,
};

const VALID = {
    float32: (v) => v === null || typeof v === "number",
    int64: (v) => /^-?\d+$/.test(v),
    bool: (v) => typeof v === "boolean",
    string: (v) => typeof v === "string",
};

function tensor(input, rows) {
    const { name, type, data } = input;
    if (!Object.hasOwn(READERS, type)) {
        fail(`input ${name}: type ${type} is none of ${Object.keys(READERS).join(", ")}`);
    }
    if (!Array.isArray(data) || data.length !== rows) {
        fail(`input ${name}: ${data?.length} values, expected ${rows}`);
    }
    const bad = data.findIndex((v) => !VALID[type](v));
    if (bad >= 0) {
        fail(`input ${name}: row ${bad}: ${JSON.stringify(data[bad])} is no ${type}`);
    }
    return new ort.Tensor(type, READERS[type](data), [rows, 1]);
}

function feeds(inputs, names) {
    const given = new Map(inputs.inputs.map((input) => [input.name, input]));
    const missing = names.filter((name) => !given.has(name));
    const extra = [...given.keys()].filter((name) => !names.includes(name));
    if (missing.length > 0 || extra.length > 0) {
        const list = (some) => some.join(", ") || "none";
        fail(`inputs missing: ${list(missing)}; unknown: ${list(extra)}`);
    }
    return Object.fromEntries(names.map((name) => [name, tensor(given.get(name), inputs.rows)]));
}

/* The output of one of these types and this size; a matching name decides between several. */
function pick(outputs, what, types, size, pattern) {
    const fit = Object.entries(outputs).filter(
        ([, value]) => types.includes(value.type) && value.size === size,
    );
    const named = fit.filter(([name]) => pattern.test(name));
    const found = named.length > 0 ? named : fit;
    if (found.length !== 1) {
        const seen = Object.entries(outputs).map(([n, v]) => `${n} ${v.type}[${v.dims}]`);
        fail(`${found.length} outputs could be the ${what} (${size} values): ${seen.join(", ")}`);
    }
    return found[0][1].data;
}

/* Two missing or equal numbers differ by 0; one missing number is infinitely far off. */
function distance(a, b) {
    if (Number.isNaN(a) || Number.isNaN(b)) {
        return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
    }
    return a === b ? 0 : Math.abs(a - b);
}

function compareNumbers(expected, actual, scale) {
    const worst = { max_abs: 0, max_scaled: 0, row: null };
    expected.forEach((value, i) => {
        const want = value === null ? NaN : value;
        const off = distance(want, Number(actual[i]));
        const scaled = Number.isFinite(want) ? off / scale(want) : off;
        worst.max_abs = Math.max(worst.max_abs, off);
        if (scaled > worst.max_scaled) {
            worst.max_scaled = scaled;
            worst.row = i;
        }
    });
    return worst;
}

function compareClasses(expected, outputs) {
    const rows = expected.label.length;
    const classes = expected.probabilities[0]?.length ?? 0;
    if (expected.probabilities.length !== rows ||
        expected.probabilities.some((p) => p.length !== classes)) {
        fail(`probabilities: expected ${rows} rows of ${classes}`);
    }
    const labels = pick(outputs, "label", ["string", "int64", "int32", "bool"], rows, /label/i);
    const floats = ["float32", "float64"];
    const scores = pick(outputs, "probabilities", floats, rows * classes, /prob/i);
    const numbers = compareNumbers(expected.probabilities.flat(), scores, () => 1);
    const differ = expected.label.flatMap((v, i) => (String(v) === String(labels[i]) ? [] : [i]));
    return {
        task: "classification",
        rows,
        mismatches: differ.length,
        first_mismatch: differ[0] ?? null,
        ...numbers,
        row: numbers.row === null ? null : Math.floor(numbers.row / classes),
    };
}

function compareValues(expected, outputs) {
    const rows = expected.prediction.length;
    const types = ["float32", "float64"];
    const values = pick(outputs, "prediction", types, rows, /pred|variable/i);
    const scale = (want) => Math.max(1, Math.abs(want));
    const numbers = compareNumbers(expected.prediction, values, scale);
    return { task: "regression", rows, mismatches: 0, ...numbers };
}

async function compare(modelPath, inputs, expected) {
    if (!Number.isInteger(inputs.rows) || inputs.rows < 1 || !Array.isArray(inputs.inputs)) {
        fail('inputs: expected {"rows": N, "inputs": [...]} with N of at least 1');
    }
    const isClasses = Array.isArray(expected.label) && Array.isArray(expected.probabilities);
    if (!isClasses && !Array.isArray(expected.prediction)) {
        fail('expected outputs: neither "label" and "probabilities" nor "prediction"');
    }
    const rows = (isClasses ? expected.label : expected.prediction).length;
    if (rows !== inputs.rows) {
        fail(`${inputs.rows} rows of inputs, ${rows} of expected outputs`);
    }
    const session = await ort.InferenceSession.create(modelPath, { logSeverityLevel: 3 });
    const outputs = await session.run(feeds(inputs, session.inputNames));
    return isClasses ? compareClasses(expected, outputs) : compareValues(expected, outputs);
}

function describe(result) {
    const parts = [`${result.rows} rows`, `max abs difference ${result.max_abs.toExponential(2)}`];
    if (result.task === "classification") {
        parts.push(`${result.mismatches} classes differ`);
    } else {
        parts.push(`relative ${result.max_scaled.toExponential(2)}`);
    }
    if (!result.pass) {
        parts.push(`first bad row ${result.first_mismatch ?? result.row}`);
    }
    return `${result.pass ? "pass" : "FAIL"}: ${parts.join(", ")}`;
}

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            tolerance: { type: "string", default: "1e-5" },
            json: { type: "boolean", default: false },
        },
    });
    const tolerance = Number(values.tolerance);
    if (positionals.length !== 3 || !(tolerance >= 0)) {
        fail("usage: parity.mjs MODEL.onnx INPUTS.json EXPECTED.json [--tolerance 1e-5] [--json]");
    }
    const [model, inputs, expected] = positionals;
    const result = await compare(model, readJson(inputs), readJson(expected));
    result.tolerance = tolerance;
    result.pass = result.mismatches === 0 && result.max_scaled <= tolerance;
    console.log(values.json ? JSON.stringify(result) : describe(result));
    return result.pass ? 0 : 1;
}

try {
    process.exitCode = await main();
} catch (error) {
    console.error(`parity: ${error.message}`);
    process.exitCode = 2;
}
