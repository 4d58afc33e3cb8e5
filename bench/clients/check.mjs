// What the scripts share: one line per check, "ok NAME" or "FAIL NAME: why", as the end-to-end tests print
// them, and where the server under test is (CLIENTS_URL, CLIENTS_TOKEN, CLIENTS_DIR with the tables, and
// for each NAME.csv what `hone predict` says of it in NAME.offline.csv).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deepStrictEqual } from 'node:assert'

export const url = process.env.CLIENTS_URL
export const token = process.env.CLIENTS_TOKEN
export const folder = process.env.CLIENTS_DIR
export const headers = { authorization: `Bearer ${token}` }
if (!url || !token || !folder) {
  console.error('run by tests/e2e/test_clients.sh, which sets CLIENTS_URL, CLIENTS_TOKEN and CLIENTS_DIR')
  process.exit(2)
}

export async function check(name, body) {
  try {
    await body()
    console.log(`ok ${name}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`FAIL ${name}: ${(error.message ?? String(error)).split('\n').slice(0, 12).join(' | ')}`)
  }
}
export const same = deepStrictEqual
export const rejects = async (promise) => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}

// Records of a CSV file as text, quotes resolved.
export function records(path) {
  const text = readFileSync(path, 'utf8')
  const rows = [[]]
  let at = 0
  while (at < text.length) {
    let value = ''
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++
        value += text[at]
      }
      at++
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') value += text[at++]
    }
    rows.at(-1).push(value)
    if (text[at++] === '\n' && at < text.length) rows.push([])
  }
  const [names, ...rest] = rows
  return rest.map((r) => Object.fromEntries(names.map((n, i) => [n, r[i]])))
}

const numbers = { people: ['age', 'weight', 'hours', 'gain'], flowers: ['length', 'width', 'petal'], prices: ['rooms', 'area'], messages: [] }
const targets = { people: 'rich', flowers: 'kind', prices: 'price', messages: 'topic' }
export const models = Object.keys(targets)

// The first n rows of a model's table as a client would send them, without the target.
export function rows(model, n = 50) {
  return records(join(folder, `${model}.csv`)).slice(0, n).map((record) => {
    const row = {}
    for (const [name, text] of Object.entries(record)) {
      if (name === targets[model]) continue
      row[name] = text === '' ? null : numbers[model].includes(name) ? Number(text) : name === 'member' ? text === 'true' : text
    }
    return row
  })
}
// What `hone predict` said of them: the answer, and the probabilities by class in the order of its columns.
export function offline(model, n = 50) {
  return records(join(folder, `${model}.offline.csv`)).slice(0, n).map((record) => {
    const probabilities = Object.entries(record).filter(([k]) => k.startsWith('probability_'))
    const answer = record.prediction
    return {
      answer: model === 'prices' ? Math.fround(Number(answer)) : model === 'flowers' ? Number(answer) : answer,
      probabilities: probabilities.map(([, v]) => Math.fround(Number(v)))
    }
  })
}
export const single = (list) => list.map((x) => Math.fround(x))
