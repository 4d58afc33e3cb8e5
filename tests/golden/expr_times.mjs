// What DuckDB says to the expressions of times_are_as_in_duckdb in tests/unit/test_expr.c.
//   npm install @duckdb/node-api@1.5 && node tests/golden/expr_times.mjs
import { DuckDBInstance } from '@duckdb/node-api';
const db = await (await DuckDBInstance.create(':memory:')).connect();
await db.run(`create table t as select * from (values
  (1, date '2024-01-31', timestamp '2024-01-31 23:59:58'),
  (2, date '2023-02-28', timestamp '2023-02-28 00:00:00.5'),
  (3, null, null),
  (4, date '1969-12-31', timestamp '1969-12-31 01:02:03')) v(n, d, ts)`);
console.log((await (await db.runAndReadAll('select version()')).getRows())[0][0]);
for (const e of `year(ts);month(d);day(d);hour(ts);minute(ts);second(ts);dayofweek(d);
date_part('isodow', date '2024-03-03');date_part('dow', date '2024-03-03');date_part('week', d);
week(date '2021-01-03');quarter(d);dayofyear(d);epoch(ts);date_part('millisecond', ts);
date_diff('day', ts, timestamp '2024-02-01 00:00:00');date_diff('hours', ts, timestamp '2024-02-01 00:00:00');
date_diff('month', d, date '2024-02-01');date_diff('year', d, date '2024-02-01');
date_diff('quarter', d, date '2024-02-01');
date_trunc('month', d);date_trunc('week', d);date_trunc('hour', ts);
date_add(d, interval 1 month);date_add(d, interval '-1' year);date_add(d, interval 1 day);
date_add(ts, interval 1 minute);d - date '2023-01-01'`.split(';')) {
    const r = await db.runAndReadAll(`select cast(${e.trim()} as text) from t order by n`);
    console.log(e.trim(), '=>', r.getRows().map((x) => x[0] ?? '.').join(' '));
}
