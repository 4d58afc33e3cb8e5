// What time.c measures, by DuckDB: the same files, the same work, a table as the result.
//   node duckdb.mjs make CSV FILE SORTED          writes the two files
//   node duckdb.mjs time FILE SORTED OUT [reps [threads]]
import { DuckDBInstance } from '@duckdb/node-api';

const [what, ...args] = process.argv.slice(2);
const threads = args[4] ?? '2';
const db = await (await DuckDBInstance.create(':memory:', { threads })).connect();
if (what === 'make') {
    const [csv, file, sorted] = args;
    await db.run(`create table t as from read_csv('${csv}')`);
    await db.run(`copy t to '${file}' (format parquet)`);
    await db.run(`copy (from t order by int2) to '${sorted}' (format parquet)`);
    process.exit(0);
}
const [file, sorted, out] = args;
const reps = Number(args[3] ?? 5);
await db.run(`create table source as from '${file}'`);
const rows = Number((await (await db.runAndReadAll('select count(*) from source')).getRows())[0][0]);
for (const [name, sql] of [
    ['read', `create or replace table t as from '${file}'`],
    ['project', `create or replace table t as select num3, int1, cat4 from '${file}'`],
    ['filter', `create or replace table t as select num3, int2, cat4 from '${sorted}' where int2 < 10000`],
    ['write', `copy source to '${out}' (format parquet, compression snappy)`],
    ['zstd', `copy source to '${out}' (format parquet, compression zstd)`],
]) {
    const seconds = [];
    for (let i = 0; i < reps; i++) {
        const start = performance.now();
        await db.run(sql);
        seconds.push((performance.now() - start) / 1000);
    }
    seconds.sort((a, b) => a - b);
    const n = name === 'write' || name === 'zstd' ? rows
        : Number((await (await db.runAndReadAll('select count(*) from t')).getRows())[0][0]);
    console.log(JSON.stringify({ peer: 'duckdb', what: name, seconds: seconds[reps >> 1], rows: n }));
}
