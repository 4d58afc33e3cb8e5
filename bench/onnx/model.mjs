/* What a model that hone exported says about itself: just enough of the protobuf wire format to read
 * ModelProto.metadata_props (onnx.proto3), and the signature that is kept there (src/prep/signature.h). */
import { readFileSync } from "node:fs";

const METADATA_PROPS = 14;

function varint(bytes, at) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
        if (at >= bytes.length) {
            throw new Error("the file ends within a number");
        }
        const byte = bytes[at++];
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) {
            return [Number(value), at];
        }
    }
}

/* The length-delimited fields of a message: [number, bytes] in order. */
function* fields(bytes) {
    for (let at = 0; at < bytes.length; ) {
        let [tag, length] = [0, 0];
        [tag, at] = varint(bytes, at);
        if ((tag & 7) === 0) {
            [, at] = varint(bytes, at);
        } else if ((tag & 7) === 1 || (tag & 7) === 5) {
            at += (tag & 7) === 1 ? 8 : 4;
        } else if ((tag & 7) === 2) {
            [length, at] = varint(bytes, at);
            yield [tag >> 3, bytes.subarray(at, at + length)];
            at += length;
        } else {
            throw new Error(`wire type ${tag & 7} is not used in ONNX`);
        }
    }
}

/* All metadata of a model file, as texts by key. */
export function metadata(path) {
    const found = {};
    for (const [number, body] of fields(readFileSync(path))) {
        if (number === METADATA_PROPS) {
            const pair = Object.fromEntries(fields(body));
            found[pair[1]?.toString() ?? ""] = pair[2]?.toString() ?? "";
        }
    }
    return found;
}

export function signature(path) {
    const text = metadata(path)["hone.signature"];
    if (text === undefined) {
        throw new Error(`${path}: no hone.signature in its metadata`);
    }
    return JSON.parse(text);
}
