/*
 * Does hone read from Arrow files exactly what is in them?
 *
 *   node exact.mjs FOLDER     FOLDER/expected.json and its files, by files.mjs or polars.mjs
 *
 * Prints each difference and a last line "N files, N differ"; exit status 1 when any differs.
 */
import fs from 'node:fs';
import path from 'node:path';
import { read } from './table.mjs';

/* Text of few distinct words is a category, by the rule that holds for all files. */
function typeOf(column) {
    const there = column.values.filter((v) => v !== null);
    return column.type === 'text' && there.length > 0 && new Set(there).size <= Math.floor(there.length / 2)
        ? 'category' : column.type;
}

function same(column, got, want) {
    if (got === null || want === null) {
        return got === want;
    }
    if (column.real) {
        const number = got === 'inf' ? Infinity : got === '-inf' ? -Infinity : Number(got);
        return Object.is(number, Number(want)) ||
            (column.type === 'float32' && Object.is(Math.fround(number), Math.fround(Number(want))));
    }
    return got === (column.type === 'binary' ? want : Buffer.from(want).toString('latin1'));
}

function differences(file, wanted) {
    const got = read(file);
    const found = [];
    if (got.map((c) => c.name).join() !== wanted.map((c) => c.name).join()) {
        return [`columns ${got.map((c) => c.name)}, expected ${wanted.map((c) => c.name)}`];
    }
    wanted.forEach((want, i) => {
        if (got[i].type !== typeOf(want)) {
            found.push(`${want.name} is ${got[i].type}, expected ${typeOf(want)}`);
        }
        if (got[i].values.length !== want.values.length) {
            found.push(`${got[i].values.length} rows, expected ${want.values.length}`);
        }
        const row = want.values.findIndex((v, r) => !same(want, got[i].values[r], v));
        if (row >= 0) {
            found.push(`${want.name}, row ${row + 1}: ${got[i].values[row]}, expected ${want.values[row]}`);
        }
    });
    return found;
}

const folder = process.argv[2];
const files = JSON.parse(fs.readFileSync(path.join(folder, 'expected.json')));
let differ = 0;
for (const { file, columns } of files) {
    let found;
    try {
        found = differences(path.join(folder, file), columns);
    } catch (e) {
        found = [String(e.stderr ?? e.stack).trim()];
    }
    differ += found.length > 0;
    found.forEach((f) => console.log(`${file}: ${f}`));
}
console.log(`${files.length} files, ${differ} differ`);
process.exit(differ > 0 ? 1 : 0);
