/*
 * Times Polars and Apache's JavaScript at the files that time.c wrote, in its words.
 *
 *   node time.mjs FOLDER [reps]      POLARS_MAX_THREADS=2
 *
 * JavaScript only looks at the file until a value is asked for, so all values are: numbers as arrays, texts one by
 * one.  Polars reads whole tables into memory of its own, as hone does.
 */
import * as arrow from 'apache-arrow';
import fs from 'node:fs';
import path from 'node:path';

const [folder, reps = '5'] = process.argv.slice(2);
const plain = path.join(folder, 'plain.arrow');
const packed = path.join(folder, 'zstd.arrow');
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

function time(peer, what, body) {
    const seconds = [];
    const cpu = [];
    let rows;
    for (let i = 0; i < Number(reps); i++) {
        const before = process.cpuUsage();
        const start = process.hrtime.bigint();
        rows = body();
        seconds.push(Number(process.hrtime.bigint() - start) * 1e-9);
        const used = process.cpuUsage(before);
        cpu.push((used.user + used.system) * 1e-6);
    }
    console.log(JSON.stringify({ peer, what, seconds: median(seconds), cpu: median(cpu), rows }));
}

function touch(table) {
    let seen = 0;
    for (const column of table.schema.fields.map((_, i) => table.getChildAt(i))) {
        for (const value of arrow.DataType.isUtf8(column.type) || arrow.DataType.isDictionary(column.type) ? column
            : column.toArray()) {
            seen += value === null ? 0 : 1;
        }
    }
    return seen === 0 ? 0 : table.numRows;
}
time('javascript', 'read', () => touch(arrow.tableFromIPC(fs.readFileSync(plain))));

const polars = await import('nodejs-polars').then((m) => m.default, () => null);
if (polars === null) {
    console.error('skipped: no nodejs-polars for this machine');
} else {
    const options = { useStatistics: false, rechunk: false };
    time('polars', 'read', () => polars.readIPC(fs.readFileSync(plain), options).height);
    time('polars', 'unpack', () => polars.readIPC(fs.readFileSync(packed), options).height);
    const table = polars.readIPC(fs.readFileSync(plain), options);
    time('polars', 'write', () => {
        table.writeIPC(path.join(folder, 'polars.arrow'), { compression: 'uncompressed' });
        return table.height;
    });
    time('polars', 'zstd', () => {
        table.writeIPC(path.join(folder, 'polars.arrow'), { compression: 'zstd' });
        return table.height;
    });
}
