#!/usr/bin/env node
/*
 * Rows and predictions as `hone convert` and `hone predict` write them, to what parity.mjs reads.
 *
 *     node bench/onnx/rows.mjs MODEL.onnx ROWS.jsonl PREDICTIONS.jsonl INPUTS.json EXPECTED.json
 *
 * How a column becomes a graph input is written here a second time, from the words of
 * src/prep/signature.h: numbers and booleans float32 with NaN for missing, texts with "" for
 * missing, dates int64 days and timestamps int64 microseconds since 1970 UTC with INT64_MIN for missing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { signature } from "./model.mjs";

const MISSING_I64 = "-9223372036854775808";
const DAY_MS = 86400000;

function readLines(path) {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

function days(text) {
    const ms = Date.parse(`${text}T00:00:00Z`);
    if (Number.isNaN(ms)) {
        throw new Error(`${text} is no date`);
    }
    return String(ms / DAY_MS);
}

/* Date.parse knows milliseconds; the digits after them are added here. */
function microseconds(text) {
    const parts = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
    const ms = Date.parse(`${parts[1].replace(" ", "T")}${parts[3] ?? "Z"}`);
    if (Number.isNaN(ms)) {
        throw new Error(`${text} is no timestamp`);
    }
    const fraction = BigInt((parts[2] ?? "").padEnd(6, "0").slice(0, 6));
    return String(BigInt(ms) * 1000n + fraction);
}

const NUMBER = ["float32", (v) => (v === null ? null : Number(v))];
const TEXT = ["string", (v) => (v === null ? "" : String(v))];
const KINDS = {
    bool: NUMBER,
    int64: NUMBER,
    float32: NUMBER,
    float64: NUMBER,
    text: TEXT,
    category: TEXT,
    date: ["int64", (v) => (v === null ? MISSING_I64 : days(v))],
    timestamp: ["int64", (v) => (v === null ? MISSING_I64 : microseconds(v))],
};

function inputs(sig, rows) {
    return {
        rows: rows.length,
        inputs: sig.inputs.map(({ name, type }) => {
            const [dtype, convert] = KINDS[type];
            return { name, type: dtype, data: rows.map((row) => convert(row[name] ?? null)) };
        }),
    };
}

function expected(sig, predictions) {
    if (sig.task === "regression") {
        return { prediction: predictions.map((row) => row.prediction) };
    }
    return {
        label: predictions.map((row) => row.prediction),
        probabilities: predictions.map((row) => sig.classes.map((k) => row[`probability_${k}`])),
    };
}

try {
    if (process.argv.length !== 7) {
        throw new Error("usage: rows.mjs MODEL.onnx ROWS.jsonl PREDICTIONS.jsonl INPUTS.json EXPECTED.json");
    }
    const [model, rows, predictions, toInputs, toExpected] = process.argv.slice(2);
    const sig = signature(model);
    writeFileSync(toInputs, JSON.stringify(inputs(sig, readLines(rows))));
    writeFileSync(toExpected, JSON.stringify(expected(sig, readLines(predictions))));
} catch (error) {
    console.error(`rows: ${error.message}`);
    process.exitCode = 2;
}
