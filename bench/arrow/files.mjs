/*
 * Arrow files of every type that Apache's JavaScript writes, and what hone must read from them.
 *
 *   node files.mjs FOLDER     writes FOLDER/NAME.arrow or .arrows, and FOLDER/expected.json:
 *                             [{file, columns: [{name, type, values: [text or null]}]}]
 *
 * Buffers are made here, not by the builders of the library, so that values are exactly what is said; numbers
 * with a fraction are written as JavaScript does and compared as numbers.
 */
import * as arrow from 'apache-arrow';
import lz4 from 'lz4js';
import fs from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
fs.mkdirSync(folder, { recursive: true });
arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, {
    encode: (data) => lz4.compress(data), decode: (data) => lz4.decompress(data) });

/* The library's own (21.2) puts the packed length before each buffer, where the format wants the other one. */
arrow.RecordBatchWriter.prototype._compressBodyBuffers = (buffers) => {
    const pieces = [];
    const bufferRegions = [];
    let at = 0;
    for (const buffer of buffers) {
        const whole = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
        const packed = whole.length === 0 ? whole : lz4.compress(whole);
        const shorter = packed.length < whole.length;
        const head = new Uint8Array(whole.length === 0 ? 0 : 8);
        const tail = shorter ? Uint8Array.from(packed) : whole;
        if (whole.length > 0) {
            new DataView(head.buffer).setBigInt64(0, BigInt(shorter ? whole.length : -1), true);
        }
        pieces.push(head, tail);
        bufferRegions.push({ offset: at, length: head.length + tail.length });
        at += (head.length + tail.length + 7) & ~7;
    }
    return { byteLength: at, bufferRegions, buffers: pieces };
};

/* ---- values: row i of each type, the same on every machine ---- */

let state = 1n;
const random = () => { /* splitmix64 */
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
};
const signed = (bits) => (i) => i === 0 ? -(2n ** BigInt(bits - 1)) : i === 2 ? 2n ** BigInt(bits - 1) - 1n
    : BigInt.asIntN(bits, random());
const unsigned = (bits) => (i) => i === 0 ? 0n : i === 2 ? 2n ** BigInt(bits) - 1n : BigInt.asUintN(bits, random());
const within = (from, to) => () => from + BigInt.asUintN(63, random()) % (to - from);
const words = ['', 'a', 'grüße', 'a longer text, with "quotes" and more', '漢字', 'x\ny', 'é'.repeat(40), ' '];
const word = (i) => words[i % 5 === 4 ? Number(random() % 8n) : i % words.length] + (i % 7 === 3 ? String(i) : '');

const pad = (n, width) => String(n).padStart(width, '0');
const day = (n) => {
    const d = new Date(Number(n) * 86400000);
    return `${pad(d.getUTCFullYear(), 4)}-${pad(d.getUTCMonth() + 1, 2)}-${pad(d.getUTCDate(), 2)}`;
};
const fraction = (ns) => ns === 0n ? '' : ns % 1000n === 0n ? `.${pad(ns / 1000n, 6)}` : `.${pad(ns, 9)}`;
const clock = (ns) => {
    const s = ns / 1000000000n;
    return `${pad(s / 3600n, 2)}:${pad(s / 60n % 60n, 2)}:${pad(s % 60n, 2)}${fraction(ns % 1000000000n)}`;
};
const floor = (a, b) => (a - ((a % b) + b) % b) / b;
const moment = (ns) => {
    const d = floor(ns, 86400000000000n);
    return `${day(d)}T${clock(ns - d * 86400000000000n)}Z`;
};
const per = [1000000000n, 1000000n, 1000n, 1n]; /* ns in s, ms, us, ns */
const decimal = (v, scale) => {
    const digits = String(v < 0n ? -v : v).padStart(scale + 1, '0');
    return (v < 0n ? '-' : '') + digits.slice(0, digits.length - scale) + (scale ? '.' + digits.slice(-scale) : '');
};

/* ---- types: how a list of values becomes data, and one value text ---- */

const typed = (type, array) => ({
    type, data: (v) => ({ data: array.from(v, (x) => x ?? (array.name.startsWith('Big') ? 0n : 0)) }) });
const integer = (type, array, value) => ({
    ...typed(type, array), hone: 'int64', value: (i) => array.name.startsWith('Big') ? value(i) : Number(value(i)),
    text: String });
const float = (type, array, hone) => ({
    ...typed(type, array), hone, real: true,
    value: (i) => {
        const many = [0.1, -0, 1e30, -2.5, 3, 1 / 3, Infinity, -1e-30];
        return array.from([i < 8 ? many[i] : Number(BigInt.asIntN(40, random())) / 1024])[0];
    },
    text: (x) => Object.is(x, -0) ? '-0' : String(x) });
const bytes = (values, Offsets) => {
    const parts = values.map((v) => v === null ? Buffer.alloc(0) : Buffer.from(v));
    const offsets = new Offsets(values.length + 1);
    let at = 0;
    parts.forEach((p, i) => { at += p.length; offsets[i + 1] = Offsets === BigInt64Array ? BigInt(at) : at; });
    return { valueOffsets: offsets, data: new Uint8Array(Buffer.concat(parts)) };
};
const text = (type, Offsets) => ({ type, hone: 'text', value: word, text: String, data: (v) => bytes(v, Offsets) });
const binary = (type, Offsets) => ({
    type, hone: 'binary', value: (i) => Buffer.from([i, 65, 66].slice(0, i % 4)), text: (b) => b.toString('latin1'),
    data: (v) => bytes(v, Offsets) });
const time = (type, unit, bits) => ({
    ...typed(type, bits === 32 ? Int32Array : BigInt64Array), hone: 'text',
    value: (i) => {
        const v = within(0n, 86400n)(i) * (1000000000n / per[unit]) + (i % 2 && unit ? 1n : 0n);
        return bits === 32 ? Number(v) : v;
    },
    text: (v) => clock(BigInt(v) * per[unit]) });
const stamp = (unit, zone, odd) => ({
    ...typed(new arrow.Timestamp(unit, zone), BigInt64Array), hone: odd ? 'text' : 'timestamp',
    value: (i) => within(-2208988800n, 4102444800n)(i) * (1000000000n / per[unit]) +
        (unit === 0 ? 0n : unit === 3 && !odd ? BigInt(i) * 1000n : BigInt(i)),
    text: (v) => moment(v * per[unit]) });
const little = (v, n) => {
    const words32 = new Uint32Array(n);
    let x = BigInt.asUintN(32 * n, v);
    for (let i = 0; i < n; i++, x >>= 32n) { words32[i] = Number(x & 0xffffffffn); }
    return words32;
};
const decimals = (precision, scale, bits) => ({
    type: new arrow.Decimal(scale, precision, bits), hone: 'float64', real: true,
    value: (i) => i === 0 ? 10n ** BigInt(precision) - 1n : i === 2 ? -1n
        : (signed(64)(1) * signed(64)(1)) % 10n ** BigInt(precision - 1),
    text: (v) => decimal(v, scale),
    data: (v) => ({ data: Uint32Array.from(v.flatMap((x) => [...little(x ?? 0n, bits / 32)])) }) });

const child = (name, spec, values) => ({ field: new arrow.Field(name, spec.type, true), data: make(spec, values) });
const listed = (Type, spec, Offsets, one, hone) => ({
    type: new Type(new arrow.Field('item', spec.type, true)), hone, json: true,
    value: (i) => Array.from({ length: one ?? i % 4 }, (_, k) => spec.value(i * 3 + k)),
    text: (v) => `[${v.map((x) => spec.jsonText(x)).join(',')}]`,
    data: (v) => {
        const flat = v.flatMap((x) => x ?? []);
        const offsets = new Offsets(v.length + 1);
        v.reduce((at, x, i) => {
            at += x === null ? 0 : x.length;
            offsets[i + 1] = Offsets === BigInt64Array ? BigInt(at) : at;
            return at;
        }, 0);
        return { valueOffsets: offsets, child: make(spec, flat) };
    } });
const fixedList = (spec, width, hone) => ({
    type: new arrow.FixedSizeList(width, new arrow.Field('item', spec.type, true)), hone, json: true,
    value: (i) => Array.from({ length: width }, (_, k) => spec.value(i * width + k)),
    text: (v) => `[${v.map((x) => spec.jsonText(x)).join(',')}]`,
    data: (v) => ({ child: make(spec, v.flatMap((x) => x ?? Array(width).fill(null))) }) });
const withJson = (spec, quote) => ({ ...spec, jsonText: (x) => x === null ? 'null'
    : quote ? JSON.stringify(spec.text(x)) : spec.text(x) });

const utf8 = text(new arrow.Utf8(), Int32Array);
const int32 = integer(new arrow.Int32(), Int32Array, signed(32));
const f32 = float(new arrow.Float32(), Float32Array, 'float32');
const smallFloat = (spec) => withJson({ ...spec, value: (i) => (i % 64) / 4 }, false);

const specs = {
    bool: { type: new arrow.Bool(), hone: 'bool', value: (i) => i % 3 === 0, text: String,
        data: (v) => ({ data: bitmap(v.map((x) => x === true)) }) },
    int8: integer(new arrow.Int8(), Int8Array, signed(8)),
    int16: integer(new arrow.Int16(), Int16Array, signed(16)),
    int32,
    int64: integer(new arrow.Int64(), BigInt64Array, signed(64)),
    uint8: integer(new arrow.Uint8(), Uint8Array, unsigned(8)),
    uint16: integer(new arrow.Uint16(), Uint16Array, unsigned(16)),
    uint32: integer(new arrow.Uint32(), Uint32Array, unsigned(32)),
    uint64_small: integer(new arrow.Uint64(), BigUint64Array, unsigned(63)),
    uint64: { ...integer(new arrow.Uint64(), BigUint64Array, unsigned(64)), hone: 'text' },
    float16: { ...typed(new arrow.Float16(), Uint16Array), hone: 'float32', real: true,
        value: (i) => i, text: (h) => String(((h & 1023) + (h >> 10 ? 1024 : 0)) * 2 ** ((h >> 10 || 1) - 25)) },
    float32: f32,
    float64: float(new arrow.Float64(), Float64Array, 'float64'),
    utf8,
    large_utf8: text(new arrow.LargeUtf8(), BigInt64Array),
    binary: binary(new arrow.Binary(), Int32Array),
    large_binary: binary(new arrow.LargeBinary(), BigInt64Array),
    fixed_binary: { type: new arrow.FixedSizeBinary(3), hone: 'binary', value: (i) => Buffer.from([i, 66, 67]),
        text: (b) => b.toString('latin1'), data: (v) => ({ data: new Uint8Array(Buffer.concat(v.map((x) => x ?? Buffer.alloc(3)))) }) },
    date_day: { ...typed(new arrow.DateDay(), Int32Array), hone: 'date', value: (i) => Number(within(-719000n, 2932000n)(i)),
        text: day },
    date_ms: { ...typed(new arrow.DateMillisecond(), BigInt64Array), hone: 'date',
        value: (i) => within(-25567n, 47482n)(i) * 86400000n, text: (v) => day(v / 86400000n) },
    date_ms_odd: { ...typed(new arrow.DateMillisecond(), BigInt64Array), hone: 'timestamp',
        value: (i) => within(-25567n, 47482n)(i) * 86400000n + BigInt(i), text: (v) => moment(v * 1000000n) },
    time_s: time(new arrow.TimeSecond(), 0, 32),
    time_ms: time(new arrow.TimeMillisecond(), 1, 32),
    time_us: time(new arrow.TimeMicrosecond(), 2, 64),
    time_ns: time(new arrow.TimeNanosecond(), 3, 64),
    stamp_s: stamp(0, null), stamp_ms: stamp(1, 'UTC'), stamp_us: stamp(2, 'Asia/Kolkata'), stamp_us_bare: stamp(2, null),
    stamp_ns: stamp(3, 'UTC'), stamp_ns_odd: stamp(3, null, true),
    duration: integer(new arrow.DurationMicrosecond(), BigInt64Array, signed(64)),
    interval_months: { ...typed(new arrow.IntervalYearMonth(), Int32Array), hone: 'text', value: (i) => i - 5,
        text: (v) => v === 0 ? 'PT0S' : `P${Math.trunc(v / 12) ? `${Math.trunc(v / 12)}Y` : ''}${v % 12 ? `${v % 12}M` : ''}` },
    interval_day: { type: new arrow.IntervalDayTime(), hone: 'text', value: (i) => [i, i * 250],
        text: ([d, ms]) => {
            const second = ms % 1000 ? `${Math.floor(ms / 1000)}.${pad(ms % 1000, 3)}` : `${ms / 1000}`;
            return d === 0 && ms === 0 ? 'PT0S' : `P${d ? `${d}D` : ''}${ms ? `T${second}S` : ''}`;
        },
        data: (v) => ({ data: Int32Array.from(v.flatMap((x) => x ?? [0, 0])) }) },
    decimal: decimals(38, 9, 128),
    decimal_small: decimals(12, 2, 128),
    decimal256: decimals(70, 20, 256),
    null: { type: new arrow.Null(), hone: 'float64', value: () => null, text: String, data: () => ({}) },
    list_int: listed(arrow.List, withJson(int32, false), Int32Array, undefined, 'text'),
    list_text: listed(arrow.List, withJson(utf8, true), Int32Array, undefined, 'text'),
    large_list_float: listed(arrow.LargeList, smallFloat(f32), BigInt64Array, 3, 'vector'),
    list_float: listed(arrow.List, smallFloat(f32), Int32Array, 2, 'vector'),
    list_of_lists: listed(arrow.List, withJson(listed(arrow.List, withJson(int32, false), Int32Array, undefined, 'text'), false),
        Int32Array, undefined, 'text'),
    fixed_float: fixedList(smallFloat(f32), 4, 'vector'),
    fixed_int: fixedList(withJson(int32, false), 2, 'text'),
    list_struct: { type: new arrow.List(new arrow.Field('item', new arrow.Struct([new arrow.Field('a', int32.type, true),
        new arrow.Field('b', utf8.type, true)]), true)), hone: 'text',
        value: (i) => Array.from({ length: i % 3 }, (_, k) => ({ a: i + k, b: k ? null : word(i) })),
        text: (v) => JSON.stringify(v),
        data: (v) => {
            const flat = v.flatMap((x) => x ?? []);
            const offsets = new Int32Array(v.length + 1);
            v.reduce((at, x, i) => offsets[i + 1] = at + (x === null ? 0 : x.length), 0);
            const type = new arrow.Struct([new arrow.Field('a', int32.type, true), new arrow.Field('b', utf8.type, true)]);
            return { valueOffsets: offsets, child: arrow.makeData({ type, length: flat.length, nullCount: 0,
                children: [make(int32, flat.map((x) => x.a)), make(utf8, flat.map((x) => x.b))] }) };
        } },
};

/* ---- arrays, batches, files ---- */

function bitmap(flags) {
    const bits = new Uint8Array(Math.ceil(flags.length / 64) * 8);
    flags.forEach((f, i) => { if (f) { bits[i >> 3] |= 1 << (i & 7); } });
    return bits;
}

function make(spec, values) {
    const nulls = values.filter((v) => v === null).length;
    return arrow.makeData({ type: spec.type, length: values.length, nullCount: nulls,
        nullBitmap: nulls ? bitmap(values.map((v) => v !== null)) : undefined, ...spec.data(values) });
}

/* A column by itself gets one beside it: a row of one missing value would be an empty line of CSV. */
const beside = new arrow.Field('beside', new arrow.Int32(), false);
function batchOf(fields, columns, length) {
    if (fields.length === 1) {
        fields = [...fields, beside];
        columns = [...columns, make(int32, Array(length).fill(7))];
    }
    return new arrow.RecordBatch(new arrow.Schema(fields),
        arrow.makeData({ type: new arrow.Struct(fields), length, nullCount: 0, children: columns }));
}

const expected = [];
function write(name, batches, columns, { stream = false, lz4: packed = false } = {}) {
    const file = `${name}.${stream ? 'arrows' : 'arrow'}`;
    const Writer = stream ? arrow.RecordBatchStreamWriter : arrow.RecordBatchFileWriter;
    const writer = new Writer(packed ? { compressionType: arrow.CompressionType.LZ4_FRAME } : {});
    batches.forEach((b) => writer.write(b));
    writer.finish();
    fs.writeFileSync(path.join(folder, file), writer.toUint8Array(true));
    expected.push({ file, columns: columns.length > 1 ? columns
        : [...columns, { name: 'beside', type: 'int64', values: columns[0].values.map(() => '7') }] });
}

const column = (name, spec, values) => ({ name, type: spec.hone, real: spec.real, json: spec.json,
    values: values.map((v) => v === null ? null : spec.text(v)) });

/* Each type by itself: some missing, or none; one batch, or several with an empty one; a file, or a stream. */
for (const [name, spec] of Object.entries(specs)) {
    for (const nulls of [false, true]) {
        const values = Array.from({ length: 61 }, (_, i) => nulls && i % 5 === 1 ? null : spec.value(i));
        const field = [new arrow.Field('v', spec.type, true)];
        const cuts = nulls ? [0, 13, 13, 21, 61] : [0, 61];
        const batches = cuts.slice(1).map((to, i) => batchOf(field, [make(spec, values.slice(cuts[i], to))], to - cuts[i]));
        if (name === 'uint64' || !name.includes('_odd') || !nulls) {
            write(`${name}${nulls ? '-nulls' : ''}`, batches, [column('v', spec, values)],
                { stream: nulls, lz4: name.length % 2 === 0 });
        }
    }
}

/* Dictionaries: of text and of numbers, indices of all widths, one for all batches. */
for (const index of [new arrow.Int8(), new arrow.Uint8(), new arrow.Int16(), new arrow.Uint16(), new arrow.Int32(),
    new arrow.Uint32()]) {
    for (const [kind, spec, hone] of [['text', utf8, 'category'], ['number', int32, 'int64']]) {
        const list = kind === 'text' ? ['b', 'a', 'ü', 'unused'] : [7, -1, 12345];
        const type = new arrow.Dictionary(spec.type, index, index.bitWidth, false);
        const values = Array.from({ length: 50 }, (_, i) => i % 6 === 2 ? null : i % 3);
        const dictionary = new arrow.Vector([make(spec, list)]);
        const batches = [values.slice(0, 17), values.slice(17)].map((part) => batchOf(
            [new arrow.Field('v', type, true)],
            [arrow.makeData({ type, length: part.length, nullCount: part.filter((v) => v === null).length,
                nullBitmap: bitmap(part.map((v) => v !== null)),
                data: index.ArrayType.from(part, (v) => v ?? 0), dictionary })], part.length));
        write(`dictionary-${kind}-${index}`.toLowerCase(), batches,
            [{ name: 'v', type: hone, values: values.map((v) => v === null ? null : String(list[v])) }],
            { stream: index.bitWidth === 16, lz4: index.bitWidth === 8 });
    }
}

/* Structs in structs, with names that clash. */
{
    const inner = new arrow.Struct([new arrow.Field('x', int32.type, true), new arrow.Field('t', utf8.type, true)]);
    const outer = new arrow.Struct([new arrow.Field('in', inner, true), new arrow.Field('x', int32.type, true)]);
    const n = 20;
    const xs = Array.from({ length: n }, (_, i) => i % 7 === 3 ? null : i);
    const ts = Array.from({ length: n }, (_, i) => `t${i}`);
    const innerNull = (i) => i % 4 === 1;
    const outerNull = (i) => i % 5 === 4;
    const innerData = arrow.makeData({ type: inner, length: n, nullCount: 5,
        nullBitmap: bitmap(xs.map((_, i) => !innerNull(i))), children: [make(int32, xs), make(utf8, ts)] });
    const outerData = arrow.makeData({ type: outer, length: n, nullCount: 4,
        nullBitmap: bitmap(xs.map((_, i) => !outerNull(i))), children: [innerData, make(int32, xs)] });
    const fields = [new arrow.Field('s', outer, true), new arrow.Field('s.x', int32.type, true)];
    const mask = (values, f) => values.map((v, i) => v === null || f(i) ? null : String(v));
    write('structs', [batchOf(fields, [outerData, make(int32, xs)], n)], [
        { name: 's.in.x', type: 'int64', values: mask(xs, (i) => innerNull(i) || outerNull(i)) },
        { name: 's.in.t', type: 'text', values: mask(ts, (i) => innerNull(i) || outerNull(i)) },
        { name: 's.x', type: 'int64', values: mask(xs, outerNull) },
        { name: 's.x.1', type: 'int64', values: mask(xs, () => false) }]);
}

/* Everything in one table; no rows; no columns that have rows. */
{
    const chosen = Object.entries(specs).filter(([name]) => !name.includes('_odd'));
    const fields = chosen.map(([name, spec]) => new arrow.Field(name, spec.type, true));
    const rows = chosen.map(([, spec]) => Array.from({ length: 30 }, (_, i) => i % 4 === 3 ? null : spec.value(i)));
    write('all', [batchOf(fields, chosen.map(([, spec], c) => make(spec, rows[c])), 30)],
        chosen.map(([name, spec], c) => column(name, spec, rows[c])), { lz4: true });
    const few = ['int32', 'utf8', 'bool', 'date_day', 'float64'];
    write('no-rows', [batchOf(few.map((f) => new arrow.Field(f, specs[f].type, true)),
        few.map((f) => make(specs[f], [])), 0)], few.map((f) => column(f, specs[f], [])));
}

/* Words that repeat are categories by the rule of all files; in a dictionary they are anyway. */
{
    const values = Array.from({ length: 40 }, (_, i) => i % 9 === 4 ? null : ['red', 'green', 'blue'][i % 3]);
    write('words', [batchOf([new arrow.Field('v', utf8.type, true)], [make(utf8, values)], 40)],
        [{ name: 'v', type: 'category', values }]);
}

fs.writeFileSync(path.join(folder, 'expected.json'), JSON.stringify(expected));
console.log(`${expected.length} files`);
