// What time.c measures, by DuckDB: the same table in memory, a table as the result.
//   node duckdb.mjs CSV [reps [threads]]
import { DuckDBInstance } from '@duckdb/node-api';

const [csv, reps = 5, threads = '2'] = process.argv.slice(2);
const db = await (await DuckDBInstance.create(':memory:', { threads })).connect();
await db.run(`create table t as select num3, num4, int1, int2, cat4, cat6, "when" from read_csv('${csv}')`);
await db.run('create table small as select cat4, count(*) n from t group by cat4');
await db.run('create table big as select int2, count(*) n from t group by int2');
const aggregates = 'count(*) n, sum(num3), avg(num3), min(int2), max(num4)';
for (const [what, sql] of [
    ['sort real', 'select * from t order by num3'],
    ['sort 3 keys', 'select * from t order by cat4 desc, "when", int2'],
    ['sort text', 'select * from t order by cat6'],
    ['group few', `select cat4, ${aggregates} from t group by cat4 order by cat4`],
    ['group many', `select int2, ${aggregates} from t group by int2 order by int2`],
    ['median', 'select cat4, median(num3), count(distinct int2) from t group by cat4 order by cat4'],
    ['join small', 'select t.*, n from t join small using (cat4)'],
    ['join big', 'select t.*, n from t join big using (int2)'],
    ['filter', `select * from t where num3 > 0.5 and (int2 % 7 = 3 or "when" >= '2022-01-01') and cat4 is not null`],
    ['derive', 'select *, case when num3 > 0 then ln(num3 + 1) else num4 / 2 end z from t'],
    ['sql group', 'select cat4, count(*), sum(num3) from t group by cat4'],
    ['sql filter', 'select num3, int2 from t where int2 < 1000'],
]) {
    const seconds = [];
    for (let i = 0; i < Number(reps); i++) {
        const start = performance.now();
        await db.run(`create or replace table result as ${sql}`);
        seconds.push((performance.now() - start) / 1000);
    }
    seconds.sort((a, b) => a - b);
    const rows = Number((await (await db.runAndReadAll('select count(*) from result')).getRows())[0][0]);
    console.log(JSON.stringify({ peer: 'duckdb', what, seconds: seconds[seconds.length >> 1], rows }));
}
