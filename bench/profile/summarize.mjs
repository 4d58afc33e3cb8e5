/* Seconds that DuckDB takes to SUMMARIZE a CSV file it has read into a table, with two threads. */
import { createRequire } from "node:module";

/* the package stands with the other benchmark that needs it */
const { DuckDBInstance } = createRequire(new URL("../csv/package.json", import.meta.url))("@duckdb/node-api");
const db = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
await db.run(`CREATE TABLE t AS SELECT * FROM read_csv('${process.argv[2].replaceAll("'", "''")}')`);
let best = Infinity;
for (let i = 0; i < 3; i++) {
  const start = performance.now();
  await (await db.run("SUMMARIZE t")).getRows();
  best = Math.min(best, (performance.now() - start) / 1000);
}
const version = await (await db.run("SELECT version()")).getRows();
console.log(`DuckDB ${version[0][0]}    ${best.toFixed(2)} s SUMMARIZE (sketched quantiles and distinct counts, no pairs)`);
