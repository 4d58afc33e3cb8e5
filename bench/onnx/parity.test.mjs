/* parity.mjs on two small models written here: every input type, agreement, each way to differ. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const PARITY = fileURLToPath(new URL("parity.mjs", import.meta.url));

/* Just enough of the protobuf wire format to write an ONNX model (onnx.proto3). */
function varint(value) {
    const bytes = [];
    let rest = BigInt(value);
    do {
        const low = Number(rest & 127n);
        rest >>= 7n;
        bytes.push(rest > 0n ? low | 128 : low);
    } while (rest > 0n);
    return Buffer.from(bytes);
}
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
    const body = Buffer.from(value);
    return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));
const fixed32 = (field, value) =>
    Buffer.concat([varint((field << 3) | 5), Buffer.from(Float32Array.of(value).buffer)]);
const floats = (field, values) => bytes(field, Buffer.from(Float32Array.from(values).buffer));

const TYPE = { float32: 1, int64: 7, string: 8, bool: 9 };
const ATTRIBUTE = {
    i: (v) => [int(3, v), int(20, 2)],
    s: (v) => [bytes(4, v), int(20, 3)],
    f: (v) => [fixed32(2, v), int(20, 1)],
    floats: (v) => [floats(7, v), int(20, 6)],
    strings: (v) => [...v.map((s) => bytes(9, s)), int(20, 8)],
};

function node(op, inputs, outputs, attributes, domain = "") {
    return message(1, ...inputs.map((n) => bytes(1, n)), ...outputs.map((n) => bytes(2, n)),
        bytes(4, op),
        ...attributes.map(([name, kind, v]) => message(5, bytes(1, name), ...ATTRIBUTE[kind](v))),
        bytes(7, domain));
}

function value(field, name, type, columns) {
    const shape = [bytes(2, "N"), ...(columns ? [int(1, columns)] : [])];
    const dims = shape.map((dim) => message(1, dim));
    const tensor = message(1, int(1, TYPE[type]), message(2, ...dims));
    return message(field, bytes(1, name), message(2, tensor));
}

const INPUTS = [["x", "float32"], ["n", "int64"], ["b", "bool"], ["s", "string"]];

function model(last, outputs) {
    const graph = message(7,
        node("Cast", ["n"], ["nf"], [["to", "i", 1]]),
        node("Cast", ["b"], ["bf"], [["to", "i", 1]]),
        node("LabelEncoder", ["s"], ["sf"],
            [["keys_strings", "strings", ["a", "b"]], ["values_floats", "floats", [0, 1]],
                ["default_float", "f", 0.5]], "ai.onnx.ml"),
        node("Concat", ["x", "nf", "bf", "sf"], ["all"], [["axis", "i", 1]]),
        last, bytes(2, "test"),
        ...INPUTS.map(([name, type]) => value(11, name, type, 1)), ...outputs);
    return Buffer.concat([int(1, 8), message(8, bytes(1, ""), int(2, 13)),
        message(8, bytes(1, "ai.onnx.ml"), int(2, 2)), graph]);
}

const WEIGHTS = [0.5, -0.25, 1, 2];
const CLASSIFIER = model(
    node("LinearClassifier", ["all"], ["label", "probabilities"],
        [["coefficients", "floats", [0, 0, 0, 0, ...WEIGHTS]], ["intercepts", "floats", [0, 0]],
            ["classlabels_strings", "strings", ["no", "yes"]], ["post_transform", "s", "SOFTMAX"]],
        "ai.onnx.ml"),
    [value(12, "label", "string"), value(12, "probabilities", "float32", 2)]);
const REGRESSOR = model(
    node("LinearRegressor", ["all"], ["variable"],
        [["coefficients", "floats", WEIGHTS], ["intercepts", "floats", [100000.1]]], "ai.onnx.ml"),
    [value(12, "variable", "float32", 1)]);

const ROWS = [[1, "3", true, "a"], [-2, "-4", false, "b"], [0.5, "7", true, "other"]];
const sums = ROWS.map(([x, n, b, s]) =>
    0.5 * x - 0.25 * Number(n) + Number(b) + 2 * ({ a: 0, b: 1 }[s] ?? 0.5));
const yes = sums.map((z) => 1 / (1 + Math.exp(-z)));
const CLASSES = {
    label: sums.map((z) => (z > 0 ? "yes" : "no")),
    probabilities: yes.map((p) => [1 - p, p]),
};

let folder;
before(() => {
    folder = mkdtempSync(join(tmpdir(), "parity-"));
});
after(() => rmSync(folder, { recursive: true }));

function inputs(rows = ROWS) {
    return {
        rows: rows.length,
        inputs: INPUTS.map(([name, type], j) => ({ name, type, data: rows.map((row) => row[j]) })),
    };
}

function parity(bytesOfModel, given, expected, ...options) {
    const paths = ["model.onnx", "inputs.json", "expected.json"].map((name) => join(folder, name));
    writeFileSync(paths[0], bytesOfModel);
    writeFileSync(paths[1], JSON.stringify(given));
    writeFileSync(paths[2], JSON.stringify(expected));
    const command = [PARITY, ...paths, "--json", ...options];
    const child = spawnSync(process.execPath, command, { encoding: "utf8" });
    const said = child.stdout ? JSON.parse(child.stdout) : {};
    return { status: child.status, error: child.stderr, ...said };
}

test("a classifier that agrees passes", () => {
    const result = parity(CLASSIFIER, inputs(), CLASSES);
    assert.equal(result.status, 0, result.error);
    assert.equal(result.mismatches, 0);
    assert.ok(result.max_abs < 1e-6);
});

test("one different class fails and is named", () => {
    const label = CLASSES.label.with(1, CLASSES.label[1] === "yes" ? "no" : "yes");
    const result = parity(CLASSIFIER, inputs(), { ...CLASSES, label });
    assert.equal(result.status, 1);
    assert.deepEqual([result.mismatches, result.first_mismatch], [1, 1]);
});

test("a probability 2e-5 off fails, unless the tolerance allows it", () => {
    const probabilities = CLASSES.probabilities.with(2, [1 - yes[2] - 2e-5, yes[2] + 2e-5]);
    const off = parity(CLASSIFIER, inputs(), { ...CLASSES, probabilities });
    assert.deepEqual([off.status, off.row], [1, 2]);
    const wide = parity(CLASSIFIER, inputs(), { ...CLASSES, probabilities }, "--tolerance", "1e-4");
    assert.equal(wide.status, 0);
});

test("a regression is compared relative to its size, missing with missing", () => {
    const rows = ROWS.with(0, [null, "3", true, "a"]);
    const prediction = sums.map((z) => 100000.1 + z).with(0, null);
    const result = parity(REGRESSOR, inputs(rows), { prediction });
    assert.equal(result.status, 0, result.error);
    assert.ok(result.max_abs > 0 && result.max_abs < 0.01);
    const wrong = parity(REGRESSOR, inputs(rows), { prediction: prediction.with(0, 0) });
    assert.deepEqual([wrong.status, wrong.row], [1, 0]);
    const moved = prediction.with(1, prediction[1] + 2);
    const off = parity(REGRESSOR, inputs(rows), { prediction: moved });
    assert.deepEqual([off.status, off.row], [1, 1]);
});

test("input that does not fit the model is refused with status 2", () => {
    const given = inputs();
    const short = parity(CLASSIFIER, { ...given, inputs: given.inputs.slice(1) }, CLASSES);
    assert.equal(short.status, 2);
    assert.match(short.error, /inputs missing: x/);
    const text = parity(CLASSIFIER, inputs(ROWS.with(0, [1, "3", true, null])), CLASSES);
    assert.equal(text.status, 2);
    assert.match(text.error, /input s: row 0: null is no string/);
    const rows = parity(CLASSIFIER, given, { label: ["no"], probabilities: [[1, 0]] });
    assert.equal(rows.status, 2);
    assert.match(rows.error, /3 rows of inputs, 1 of expected/);
});
