/* What hone reads from a file: names, types, and values as text (null: missing), bytes as latin1. */
import { execFileSync } from 'node:child_process';

const hone = process.env.HONE ?? new URL('../../build/release/hone', import.meta.url).pathname;

export function run(...args) {
    return execFileSync(hone, args, { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

/* RFC 4180; a missing value is an empty field without quotes. */
function parse(text) {
    const rows = [];
    let row = [];
    for (let at = 0; at < text.length;) {
        let value = null;
        if (text[at] === '"') {
            value = '';
            for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
                value += text[at];
                at += text[at] === '"' ? 1 : 0;
            }
            at++;
        } else {
            const from = at;
            while (text[at] !== ',' && text[at] !== '\n') { at++; }
            value = at === from ? null : text.slice(from, at);
        }
        row.push(value);
        if (text[at++] === '\n') {
            rows.push(row);
            row = [];
        }
    }
    return rows;
}

export function read(file, ...options) {
    const rows = parse(run('convert', file, '-', '--to', 'csv', '--quiet', ...options).toString('latin1'));
    const names = rows.shift();
    const types = Object.fromEntries(JSON.parse(run('profile', file, '--json', '--quiet', ...options)).column
        .map((c) => [c.name, c.type]));
    return names.map((bytes, i) => {
        const name = Buffer.from(bytes, 'latin1').toString();
        return { name, type: types[name], values: rows.map((r) => r[i]) };
    });
}
