// Parquet files of DuckDB read by hone, and hone's read by DuckDB: every value must be the same.
//
//   HONE=build/release/hone node exact.mjs [FOLDER]
//
// The first part writes a file for each type x way of writing (version, codec, row group, dictionary or
// not, rows) and holds what `hone convert FILE out.jsonl` says against DuckDB's own values.  The second
// lets hone write a table of all of its types in every codec and holds what DuckDB reads against the
// table.  One line per failure; the last lines say how many files were read exactly.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const hone = process.env.HONE ?? 'hone';
const dir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'hone-parquet-'));
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const db = await instance.connect();
const rows = async (sql) => (await db.runAndReadAll(sql)).getRows();

// How a value is compared: whole numbers and texts by their characters, reals by their bits.
// [name, expression of i, kind, what hone should say as SQL of x (texts) or null for x itself]
const stamp = (x) => `strftime(${x}, '%Y-%m-%dT%H:%M:%S') || case when epoch_us(${x}) % 1000000 = 0 then '' ` +
    `else printf('.%06d', (epoch_us(${x}) % 1000000 + 1000000) % 1000000) end || 'Z'`;
const clock = `strftime(date '2000-01-01' + x, '%H:%M:%S') || case when epoch_us(x) % 1000000 = 0 then '' ` +
    `else printf('.%06d', epoch_us(x) % 1000000) end`;
const mixed = '(hash(i) % 1000003)::bigint';
const types = [
    ['boolean', 'i % 3 = 1', 'bool'],
    ['tinyint', '(i % 256 - 128)::tinyint', 'int'],
    ['smallint', '((i * 7919) % 65536 - 32768)::smallint', 'int'],
    ['integer', '((i * 2654435761) % 4294967296 - 2147483648)::integer', 'int'],
    ['bigint', '((hash(i) >> 1)::bigint * (case when hash(i) % 2 = 0 then 1 else -1 end))', 'int'],
    ['bigint_rising', '1700000000000 + i * 3', 'int'],
    ['bigint_few', '(i % 5) * 1000000007', 'int'],
    ['utinyint', '(i % 256)::utinyint', 'int'],
    ['usmallint', '((i * 7919) % 65536)::usmallint', 'int'],
    ['uinteger', '((i * 2654435761) % 4294967296)::uinteger', 'int'],
    ['ubigint', 'i::ubigint', 'int'],
    ['ubigint_big', '18446744073709551615::ubigint - (i * 13)::ubigint', 'text', 'x::varchar'],
    ['hugeint', 'i::hugeint * 1000000000000', 'double', 'x::double'],
    ['float', `(${mixed} / 7.0 - 70000)::float`, 'float'],
    ['double', `${mixed} / 7.0 * 10.0 ** (i % 300 - 150)`, 'double'],
    ['double_few', '(i % 11) / 8.0', 'double'],
    ['decimal4', '((i % 9999) / 10.0)::decimal(4,1)', 'decimal'],
    ['decimal9', '(((i * 7919) % 1000000000)::decimal(12,0) / 100 - 5000000)::decimal(9,2)', 'decimal'],
    ['decimal18', '((hash(i) % 1000000000000000000)::decimal(38,0) / 10000)::decimal(18,4)', 'decimal'],
    ['decimal38', '((hash(i))::decimal(38,0) * 1000003)::decimal(28,0)::decimal(38,10) / 1000', 'decimal'],
    ['decimal_whole', '(hash(i) % 100000000000000000)::decimal(18,0)', 'int'],
    ['decimal_names', '((hash(i)::decimal(38,0) + 100000000000000) * 1000000000000)', 'text', 'x::varchar'],
    ['varchar', `'name ' || (i * 7919 % 1000003)`, 'text'],
    ['varchar_few', `['red', 'green', '', 'blau-ä', '日本'][(i % 5 + 1)::int]`, 'text'],
    ['varchar_long', `repeat(chr((97 + i % 26)::int), (i % 300)::int) || i`, 'text'],
    ['varchar_sorted', `printf('customer/%08d/main', i)`, 'text'],
    ['varchar_odd', `chr((i % 2047 + 1)::int) || '"\\,' || chr(10) || chr((128512 + i % 50)::int)`, 'text'],
    ['blob', `('bytes ' || (i % 700))::blob`, 'text', 'decode(x)'],
    ['enum', `['lo', 'mid', 'hi'][(i % 3 + 1)::int]::level`, 'text', 'x::varchar'],
    ['json', `('{"a": ' || i || ', "b": [null, "x"]}')::json`, 'text', 'x::varchar'],
    ['uuid', `md5(i::varchar)::uuid`, 'text', 'x::varchar'],
    ['date', `date '1899-12-31' + ((i * 37) % 90000)::int`, 'text', 'x::varchar'],
    ['time', `time '00:00:00' + interval ((i * 7919123) % 86400000000) microsecond`, 'text', clock],
    ['timestamp', `timestamp '1960-01-01' + interval (i * 86399999) millisecond`, 'text', stamp('x')],
    ['timestamp_us', `timestamp '2020-01-01' + interval (i * 1234567) microsecond`, 'text', stamp('x')],
    ['timestamptz', `timestamptz '2020-01-01 00:00:00+00' + interval (i * 999983) microsecond`, 'text', stamp('x')],
    ['timestamp_s', `(timestamp '2001-09-09' + interval (i * 61) second)::timestamp_s`, 'text', stamp('x::timestamp')],
    ['timestamp_ms', `(timestamp '1969-12-31' + interval (i * 7919) millisecond)::timestamp_ms`, 'text', stamp('x::timestamp')],
    ['timestamp_ns', `(timestamp '2020-01-01' + interval (i * 7919) microsecond)::timestamp_ns`, 'text', stamp('x::timestamp')],
    ['timestamp_nano', `make_timestamp_ns(1600000000000000001 + i * 1000003)`, 'text',
        `strftime(x::timestamp, '%Y-%m-%dT%H:%M:%S') || printf('.%09d', epoch_ns(x) % 1000000000)`],
    ['interval', `to_months((i % 30)::int) + to_days((i % 40)::int) + interval ((i * 997) % 86400000) millisecond`, 'interval'],
    ['list_int', 'range(i % 4)', 'json', 'to_json(x)::varchar'],
    ['list_null', `case when i % 5 = 0 then [] when i % 7 = 0 then [null, i] else [i, null, i + 1] end`, 'json', 'to_json(x)::varchar'],
    ['list_varchar', `['a' || i, 'ü"' || (i % 3)]`, 'json', 'to_json(x)::varchar'],
    ['list_float', `[i::float, (i / 3.0)::float, 0.5::float]`, 'vector'],
    ['list_double', `[i / 4.0, -i / 8.0]`, 'vector'],
    ['list_ragged', `range(i % 3).list_transform(lambda v: v / 4.0)`, 'json', 'to_json(x)::varchar'],
    ['array', `[i, i + 1, i + 2, i + 3]::float[4]`, 'vector'],
    ['list_list', `[range(i % 3), null, [i]]`, 'json', 'to_json(x)::varchar'],
    ['list_struct', `[{a: i, b: 'x' || i}, {a: null, b: 'y'}]`, 'json', 'to_json(x)::varchar'],
    ['map', `map {'k' || (i % 3): i, 'z': null}`, 'json', 'to_json(x)::varchar'],
    ['map_int', `map {i: ['v' || i]}`, 'json', 'to_json(x)::varchar'],
    ['struct', `{a: i, b: {c: 'x' || (i % 4), d: [i]}}`, 'struct'],
];

const ways = [
    ['v1_snappy', 3000, `compression snappy`],
    ['v1_none_groups', 5000, `compression uncompressed, row_group_size 2048`],
    ['v2_zstd', 3000, `parquet_version v2, compression zstd`],
    ['v2_gzip_plain', 1500, `parquet_version v2, compression gzip, dictionary_size_limit 1`],
    ['v1_lz4_plain', 1500, `compression lz4_raw, dictionary_size_limit 1`],
    ['v1_brotli', 700, `compression brotli`],
    ['v2_none_plain', 2500, `parquet_version v2, compression uncompressed, dictionary_size_limit 1, row_group_size 2048`],
    ['v1_one', 1, `compression zstd`],
];

// The flat objects of JSON Lines: each value as it stands, numbers and all.
function parseLine(line) {
    const out = {};
    let at = 1;
    const string = () => {
        let end = at + 1;
        while (line[end] !== '"') end += line[end] === '\\' ? 2 : 1;
        const text = JSON.parse(line.slice(at, end + 1));
        at = end + 1;
        return text;
    };
    while (line[at] === '"') {
        const name = string();
        at++; // the colon
        if (line[at] === '"') {
            out[name] = { text: string() };
        } else {
            const end = line[at] === '[' ? line.indexOf(']', at) + 1 : at + /^[^,}]*/.exec(line.slice(at))[0].length;
            out[name] = { raw: line.slice(at, end) };
            at = end;
        }
        at++; // comma or brace
    }
    return out;
}

const days = (text) => { // P1Y2M3DT4H5M6.789S to [months, days, ms]
    const m = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text);
    if (m === null) return text;
    const [y, mo, d, h, mi, s] = m.slice(1).map((v) => Number(v ?? 0));
    return `${y * 12 + mo} ${d} ${Math.round(h * 3600000 + mi * 60000 + s * 1000)}`;
};
const same = (kind, got, want) => {
    if (want === null) return got !== undefined && got.raw === 'null';
    switch (kind) {
        case 'bool': return got.raw === String(want);
        case 'int': return got.raw === String(want);
        case 'float': return got.raw !== undefined && Object.is(Math.fround(Number(got.raw)), Math.fround(want));
        case 'double': return got.raw !== undefined && Object.is(Number(got.raw), want);
        case 'decimal': return got.raw !== undefined && Object.is(Number(got.raw), Number(want));
        case 'vector': return got.raw !== undefined &&
            JSON.stringify(JSON.parse(got.raw).map(Math.fround)) === JSON.stringify(want.map(Math.fround));
        case 'json': return got.text !== undefined &&
            JSON.stringify(JSON.parse(got.text)) === JSON.stringify(JSON.parse(want));
        case 'interval': return got.text !== undefined && days(got.text) === want;
        default: return got.text === want;
    }
};

function read(file, options = []) {
    const out = join(dir, 'out.jsonl');
    execFileSync(hone, ['convert', file, out, '--quiet', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    return readFileSync(out, 'utf8').trim().split('\n').filter((line) => line !== '').map(parseLine);
}

let files = 0, exact = 0;
const say = (name, why) => console.log(`FAIL ${name}: ${why}`);
const cell = (v) => (v === undefined ? 'nothing' : v.text !== undefined ? JSON.stringify(v.text) : v.raw);

// The columns that a case gives: name of hone's column, kind, DuckDB's expression.
function columns(kind, say) {
    const all = [];
    for (const x of ['x', 'y']) {
        if (kind === 'struct') {
            all.push([`${x}.a`, 'int', `${x}.a::varchar`], [`${x}.b.c`, 'text', `${x}.b.c`],
                [`${x}.b.d`, 'json', `to_json(${x}.b.d)::varchar`]);
            continue;
        }
        let sql = say === undefined ? 'x' : say;
        if (kind === 'int' || kind === 'decimal') sql = 'x::varchar';
        if (kind === 'vector') sql = 'to_json(x::double[])::varchar';
        if (kind === 'interval') {
            sql = `(date_part('year', x) * 12 + date_part('month', x))::varchar || ' ' || date_part('day', x)::varchar || ' ' || ` +
                `(date_part('hour', x) * 3600000 + date_part('minute', x) * 60000 + date_part('millisecond', x))::varchar`;
        }
        all.push([x, kind, `case when x is null then null else ${sql} end`.replaceAll(/\bx\b/g, x)]);
    }
    return all;
}

await db.run(`create type level as enum ('lo', 'mid', 'hi')`);
await db.run(`set timezone = 'UTC'`);
for (const [type, expression, kind, text] of types) {
    for (const [way, n, options] of ways) {
        const file = join(dir, `${type}-${way}.parquet`);
        const name = `${type}, ${way}`;
        // y has missing values: by runs, so that pages are all there, all missing and mixed
        await db.run(`create or replace table t as select i, x, ${type === 'array' ? 'x' : 'case when i % 11 = 3 or i % 4096 > 3500 then null else x end'} as y
            from (select i, ${expression} as x from range(${n}) r(i)) order by i`);
        await db.run(`copy t to '${file}' (format parquet, ${options})`);
        files++;
        const cols = columns(kind, text);
        const want = await rows(`select ${cols.map((c) => c[2]).join(', ')} from t order by i`);
        let got;
        try {
            got = read(file);
        } catch (error) {
            say(name, String(error.stderr ?? error));
            continue;
        }
        let bad = got.length === want.length ? null : `${got.length} rows of ${want.length}`;
        for (let r = 0; r < want.length && bad === null; r++) {
            for (let c = 0; c < cols.length && bad === null; c++) {
                let w = want[r][c];
                if (cols[c][1] === 'vector' && w !== null) w = JSON.parse(w);
                if (!same(cols[c][1], got[r][cols[c][0]], w)) {
                    bad = `row ${r + 1}, ${cols[c][0]}: ${cell(got[r][cols[c][0]])} is not ${typeof w === 'bigint' ? String(w) : JSON.stringify(w)}`;
                }
            }
        }
        if (bad === null) {
            exact++;
        } else {
            say(name, bad);
        }
    }
}
console.log(`${exact} of ${files} files of DuckDB read exactly`);

// The other way.
let written = 0, back = 0;
await db.run(`create table all_types as select i as n, i % 3 = 1 as truth,
    ((hash(i) >> 1)::bigint * (case when hash(i) % 2 = 0 then 1 else -1 end)) as whole, 1700000000 + i * 3 as rising, i % 7 as few,
    (i / 3.0)::float as single, ${mixed} / 7.0 * 10.0 ** (i % 300 - 150) as real, (i % 9) / 4.0 as real_few,
    case when i % 5 = 0 then 'nan'::double when i % 5 = 1 then '-infinity'::double when i % 5 = 2 then -0.0 else i end as odd_real,
    'text ' || hash(i) as words, ['red', '', 'blau-ä', '日本'][(i % 4 + 1)::int] as colour, repeat('x', (i % 200)::int) || i as long,
    date '1899-12-31' + ((i * 37) % 90000)::int as day, timestamptz '1960-01-01 00:00:00+00' + interval (i * 86399999) millisecond as moment,
    ('bytes ' || i)::blob as bytes, [i::float, (i / 3.0)::float, -0.5::float] as vector
    from range(20000) r(i) order by i`);
const names = (await rows(`select column_name from duckdb_columns() where table_name = 'all_types'`)).map((r) => r[0]);
for (const [what, select] of [['full', 'select * from all_types'],
    ['missing', `select n, ${names.slice(1).map((c, k) => `case when (n * ${k + 3}) % 13 = 5 or n % 5000 > 4500 then null else ${c} end as ${c}`).join(', ')} from all_types`],
    ['one', 'select * from all_types limit 1'],
    ['empty', 'select * exclude (vector) from all_types limit 0'], // a list without rows has no length
    ['nothing', `select n, ${names.slice(1, -1).map((c) => `case when false then ${c} end as ${c}`).join(', ')} from all_types limit 3000`]]) {
    await db.run(`create or replace table src as ${select}`);
    const source = join(dir, `source-${what}.parquet`);
    await db.run(`copy (select * from src order by n) to '${source}' (format parquet)`);
    for (const codec of ['none', 'snappy', 'zstd', 'gzip', 'lz4', undefined]) {
        for (const group of [0, 7000, 1000]) {
            const file = join(dir, `hone-${what}-${codec}-${group}.parquet`);
            const name = `hone's ${what}, ${codec ?? 'default'}, row groups of ${group}`;
            written++;
            try {
                execFileSync(hone, ['convert', source, file, '--quiet', ...(codec ? ['--compression', codec] : []),
                    ...(group ? ['--row-group', String(group)] : [])], { stdio: ['ignore', 'ignore', 'pipe'] });
                const cols = names.filter((c) => what !== 'empty' && what !== 'nothing' || c !== 'vector').map((c) => `"${c}"`).join(', ');
                const [[a, b, c, d]] = await rows(`with h as (select ${cols}, file_row_number as row from read_parquet('${file}', file_row_number = true)),
                    s as (select ${cols}, row_number() over (order by n) - 1 as row from src)
                    select (select count(*) from h), (select count(*) from s),
                        (select count(*) from (from h except all from s)), (select count(*) from (from s except all from h))`);
                if (a === b && c === 0n && d === 0n) {
                    back++;
                } else {
                    say(name, `${a} rows of ${b}, ${c} that DuckDB did not write, ${d} lost`);
                }
            } catch (error) {
                say(name, String(error.stderr ?? error));
            }
        }
    }
}
console.log(`${back} of ${written} files of hone read exactly by DuckDB`);
if (process.argv[2] === undefined) rmSync(dir, { recursive: true });
process.exit(exact === files && back === written ? 0 : 1);
