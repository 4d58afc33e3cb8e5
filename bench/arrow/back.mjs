/*
 * Do others read from hone's Arrow files exactly what hone wrote?  And does hone, from those of Polars?
 *
 *   node back.mjs FOLDER
 *
 * A table of every type is written plain and packed, in one batch and in many, as a file and as a stream; Apache's
 * JavaScript and Polars (where npm has it for this machine) read it.  Polars writes tables in turn, with
 * text in views, packed and plain, that hone reads.  Last line "N files, N differ"; exit status 1 when any differs.
 */
import * as arrow from 'apache-arrow';
import lz4 from 'lz4js';
import { ZSTDDecoder } from 'zstddec';
import fs from 'node:fs';
import path from 'node:path';
import { read, run } from './table.mjs';

const folder = process.argv[2];
fs.mkdirSync(folder, { recursive: true });
const zstd = new ZSTDDecoder();
await zstd.init();
arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, { decode: (data) => lz4.decompress(data) });
arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { decode: (data) => zstd.decode(data) });
const polars = await import('nodejs-polars').then((m) => m.default, () => null);
if (polars === null) {
    console.log('skipped: no nodejs-polars for this machine');
}

let files = 0;
let differ = 0;
function check(name, found) {
    files++;
    differ += found !== null;
    if (found !== null) {
        console.log(`${name}: ${found}`);
    }
}

/* ---- the table, as rows of JavaScript values ---- */

const rows = 1000;
const none = (i, n, k, f) => i % n === k ? null : f(i);
const day = (i) => new Date(Date.UTC(1890 + i % 200, i % 12, 1 + i % 28)).toISOString().slice(0, 10);
const columns = {
    flag: { type: 'bool', at: (i) => none(i, 11, 3, () => i % 3 === 0) },
    n: { type: 'int64', at: (i) => none(i, 7, 1, () => BigInt(i) * 9007199254740993n - 4503599627370497n) },
    f: { type: 'float32', at: (i) => none(i, 5, 2, () => Math.fround(i / 7)) },
    x: { type: 'float64', at: (i) => none(i, 6, 5, () => 1 / (i + 1) * (i % 2 ? -1e300 : 1)) },
    text: { type: 'text', at: (i) => none(i, 13, 4, () => `text ${i}, "ü" ${'y'.repeat(i % 30)}`) },
    word: { type: 'category', at: (i) => none(i, 9, 8, () => `w${i % 37}`) },
    many: { type: 'category', at: (i) => `m${i % 300}` },
    day: { type: 'date', at: (i) => none(i, 10, 9, () => day(i)) },
    moment: { type: 'timestamp', at: (i) => none(i, 4, 3, () => `${day(i)}T12:34:56.${String(i * 997 % 1000000 || 1).padStart(6, '0')}Z`) },
    whole: { type: 'int64', at: (i) => BigInt(i) },
};
const names = Object.keys(columns);
const quote = (v) => v === null ? '' : typeof v === 'string' ? `"${v.replaceAll('"', '""')}"` : String(v);
const csv = path.join(folder, 'rows.csv');
fs.writeFileSync(csv, [names.join(), ...Array.from({ length: rows }, (_, i) =>
    names.map((name) => quote(columns[name].at(i))).join()), ''].join('\n'));

/* ---- read by Apache's JavaScript ---- */

const wanted = { bool: 'Bool', int64: 'Int64', float32: 'Float32', float64: 'Float64', text: 'Utf8', date: 'Date32<DAY>',
    timestamp: 'Timestamp<MICROSECOND, UTC>' };
const microseconds = (text) => BigInt(Date.parse(text.slice(0, 19) + 'Z')) * 1000n + BigInt(text.slice(20, 26));

/* One value of a column of a batch, by its buffers, as the generator has it. */
function value(data, i, type) {
    if (!data.getValid(i)) {
        return null;
    }
    if (type === 'timestamp' || type === 'int64') {
        return data.values[i];
    }
    const vector = new arrow.Vector([data]);
    return type === 'date' ? new Date(Number(vector.get(i))).toISOString().slice(0, 10) : vector.get(i);
}

function byJavaScript(file) {
    const t = arrow.tableFromIPC(fs.readFileSync(file));
    if (t.schema.names.join() !== names.join() || t.numRows !== rows) {
        return `${t.schema.names}, ${t.numRows} rows`;
    }
    for (const [c, name] of names.entries()) {
        const { type, at } = columns[name];
        const field = String(t.schema.fields[c].type);
        if (type === 'category' ? !field.startsWith(name === 'word' ? 'Dictionary<Int8, Utf8>' : 'Dictionary<Int16, Utf8>')
            : field !== wanted[type]) {
            return `${name} is ${field}`;
        }
        let row = 0;
        for (const data of t.getChildAt(c).data) {
            for (let i = 0; i < data.length; i++, row++) {
                const want = at(row);
                const got = value(data, i, type);
                if (!Object.is(got, type === 'timestamp' && want !== null ? microseconds(want) : want)) {
                    return `${name}, row ${row + 1}: ${got}, expected ${want}`;
                }
            }
        }
    }
    return null;
}

/* ---- read by Polars ---- */

function byPolars(file) {
    const bytes = fs.readFileSync(file);
    const t = file.endsWith('s') ? polars.readIPCStream(bytes) : polars.readIPC(bytes);
    if (t.columns.join() !== names.join() || t.height !== rows) {
        return `${t.columns}, ${t.height} rows`;
    }
    for (const name of names) {
        const { type, at } = columns[name];
        const text = ['date', 'timestamp', 'category', 'int64'].includes(type);
        const got = (text ? t.getColumn(name).cast(polars.Utf8) : t.getColumn(name)).toArray();
        for (let i = 0; i < rows; i++) {
            const want = at(i);
            const shown = want === null ? null : type === 'timestamp' ? `${want.slice(0, 10)} ${want.slice(11, 26)}+00:00`
                : want;
            const have = got[i] === undefined ? null : type === 'int64' && got[i] !== null ? BigInt(got[i])
                : got[i];
            if (!(have === shown || (type === 'float32' && Math.fround(have) === shown))) {
                return `${name}, row ${i + 1}: ${have}, expected ${shown}`;
            }
        }
    }
    return null;
}

for (const ending of ['arrow', 'arrows', 'feather']) {
    for (const compression of ['none', 'lz4', 'zstd']) {
        for (const group of ['0', '7', '64', '1000']) {
            const file = path.join(folder, `${compression}-${group}.${ending}`);
            run('convert', csv, file, '--type', 'f=float32', '--type', 'text=text', '--type', 'word=category', '--type',
                'many=category', '--compression', compression, '--row-group', group, '--quiet');
            check(`${file} by Apache's JavaScript`, byJavaScript(file));
            if (polars !== null) {
                check(`${file} by Polars`, byPolars(file));
            }
        }
    }
}

/* ---- Polars writes, hone reads ---- */

function byHone(file) {
    const got = read(file);
    if (got.map((c) => c.name).join() !== names.join()) {
        return `columns ${got.map((c) => c.name)}`;
    }
    for (const [c, name] of names.entries()) {
        const { type, at } = columns[name];
        if (got[c].type !== type) {
            return `${name} is ${got[c].type}`;
        }
        for (let i = 0; i < rows; i++) {
            const want = at(i);
            const have = got[c].values[i] === null ? null : Buffer.from(got[c].values[i], 'latin1').toString();
            const same = want === null || have === null ? want === have
                : type.startsWith('float') ? Math.fround(Number(have)) === Math.fround(want) &&
                    (type === 'float32' || Number(have) === want)
                : have === String(want);
            if (!same) {
                return `${name}, row ${i + 1}: ${have}, expected ${want}`;
            }
        }
    }
    return null;
}

if (polars !== null) {
    const t = polars.readIPC(fs.readFileSync(path.join(folder, 'none-0.arrow')));
    for (const compression of ['uncompressed', 'lz4', 'zstd']) {
        const parts = polars.concat([t.slice(0, 301), t.slice(301, 699)], { rechunk: false, how: 'vertical' });
        for (const [name, bytes] of [['whole.arrow', t.writeIPC({ compression })],
            ['whole.arrows', t.writeIPCStream({ compression })], ['parts.arrows', parts.writeIPCStream({ compression })]]) {
            const file = path.join(folder, `polars-${compression}-${name}`);
            fs.writeFileSync(file, bytes);
            check(`${file} by hone`, byHone(file));
        }
    }
}
console.log(`${files} files, ${differ} differ`);
process.exit(differ > 0 ? 1 : 0);
