// DuckDB reads a CSV file to a table in memory and writes it; one line of JSON.
// usage: duckdb.mjs FILE OUT [reps] [threads]
import { DuckDBInstance, version } from '@duckdb/node-api';
import fs from 'node:fs';

const [file, out, reps = '3', threads = '2'] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const db = await instance.connect();
const median = (x) => x.sort((a, b) => a - b)[x.length >> 1];
const peak = () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
const time = async (sql) => {
    const start = performance.now();
    await db.run(sql);
    return (performance.now() - start) / 1e3;
};

const read = [];
const write = [];
let most;
for (let i = 0; i < Number(reps); i++) {
    await db.run('DROP TABLE IF EXISTS t');
    read.push(await time(`CREATE TABLE t AS SELECT * FROM read_csv('${file}')`));
    most ??= peak();
}
for (let i = 0; i < Number(reps); i++) {
    write.push(await time(`COPY t TO '${out}' (HEADER, DELIMITER ',')`));
}
console.log(JSON.stringify({
    peer: `DuckDB ${version()}, ${threads} threads`, seconds: median(read), write: median(write), peak_bytes: most,
}));
