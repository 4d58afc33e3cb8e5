// DuckDB reads a file of JSON Lines to a table in memory and writes it; one line of JSON.
// usage: duckdb.mjs FILE OUT [reps] [threads]
import { createRequire } from 'node:module';

const require = createRequire(new URL('../csv/package.json', import.meta.url));
const { DuckDBInstance, version } = require('@duckdb/node-api');
const [file, out, reps = '3', threads = '2'] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const db = await instance.connect();
const median = (x) => x.sort((a, b) => a - b)[x.length >> 1];
const time = async (sql) => {
    const start = performance.now();
    await db.run(sql);
    return (performance.now() - start) / 1e3;
};

const read = [];
const write = [];
for (let i = 0; i < Number(reps); i++) {
    await db.run('DROP TABLE IF EXISTS t');
    read.push(await time(`CREATE TABLE t AS SELECT * FROM read_json('${file}', format = 'newline_delimited')`));
    write.push(await time(`COPY t TO '${out}' (FORMAT json)`));
}
console.log(JSON.stringify({ peer: `DuckDB ${version()}, ${threads} threads`, seconds: median(read), write: median(write) }));
