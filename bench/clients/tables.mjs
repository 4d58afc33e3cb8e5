// Four small tables to train on, the same on every machine: people (two classes; numbers, categories with
// commas and quotes, a date, a truth value, missing values), flowers (three classes that are whole numbers),
// prices (a number), messages (text, four classes).
//
//   node tables.mjs FOLDER
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// xorshift32: uniform in [0, 1)
export function source(seed) {
  let x = seed >>> 0 || 1
  const next = () => {
    x ^= x << 13; x >>>= 0
    x ^= x >>> 17
    x ^= x << 5; x >>>= 0
    return x / 4294967296
  }
  next.pick = (list) => list[Math.floor(next() * list.length)]
  next.normal = () => {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += next()
    return sum
  }
  return next
}

const field = (v) => (v === null ? '' : /[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v))
export const csv = (rows) =>
  [Object.keys(rows[0]), ...rows.map(Object.values)].map((r) => r.map(field).join(',')).join('\n') + '\n'

export function people(n, random = source(1)) {
  return Array.from({ length: n }, () => {
    const age = 17 + Math.floor(60 * random())
    const hours = Math.round(40 + 12 * random.normal())
    const work = random.pick(['private', 'state', 'self, with staff', 'the "boss"', 'none'])
    const school = random.pick(['primary', 'secondary', 'bachelor', 'master', 'doctor'])
    const gain = random() < 0.08 ? Math.round(20000 * random()) : 0
    const z = (age - 45) / 12 + (hours - 42) / 15 + gain / 4000 + (school === 'master' || school === 'doctor' ? 1.2 : 0)
    return {
      age: random() < 0.03 ? null : age,
      work: random() < 0.05 ? null : work,
      weight: Math.round(1e5 + 9e4 * Math.abs(random.normal())),
      school,
      hours,
      gain,
      since: `20${String(Math.floor(random() * 24)).padStart(2, '0')}-0${1 + Math.floor(9 * random())}-1${Math.floor(9 * random())}`,
      member: random() < 0.5 ? 'true' : 'false',
      rich: random() < 1 / (1 + Math.exp(1 - z)) ? '>50K' : '<=50K'
    }
  })
}

export function flowers(n, random = source(2)) {
  return Array.from({ length: n }, () => {
    const kind = Math.floor(3 * random())
    const at = (low, step, spread) => Number((low + step * kind + spread * random.normal()).toFixed(2))
    return { length: at(5, 0.8, 0.4), width: at(3.4, -0.3, 0.3), petal: at(1.5, 2, 0.4), kind }
  })
}

export function prices(n, random = source(3)) {
  return Array.from({ length: n }, () => {
    const rooms = 1 + Math.floor(6 * random())
    const area = Number((20 * rooms + 15 * Math.abs(random.normal())).toFixed(1))
    const town = random.pick(['Aachen', 'Bonn', 'Köln'])
    return { rooms, area, town, price: Math.round(1800 * area + (town === 'Köln' ? 30000 : 0) + 9000 * random.normal()) }
  })
}

export function messages(n, random = source(4)) {
  const words = {
    card: ['card', 'lost', 'stolen', 'new', 'pin', 'arrive'],
    transfer: ['transfer', 'money', 'account', 'abroad', 'wrong', 'iban'],
    fee: ['fee', 'charged', 'why', 'twice', 'cost', 'refund'],
    limit: ['limit', 'raise', 'daily', 'withdraw', 'cash', 'maximum']
  }
  const common = ['please', 'my', 'the', 'is', 'i', 'was', 'can', 'you', 'für', 'today?']
  return Array.from({ length: n }, () => {
    const topic = random.pick(Object.keys(words))
    const text = Array.from({ length: 4 + Math.floor(6 * random()) }, () => random.pick(random() < 0.45 ? words[topic] : common))
    return { message: text.join(' '), topic }
  })
}

export const tables = { people, flowers, prices, messages }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, make] of Object.entries(tables)) {
    writeFileSync(join(process.argv[2], `${name}.csv`), csv(make(name === 'messages' ? 600 : 800)))
  }
}
