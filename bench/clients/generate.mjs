// Random values of a JSON schema, and random damage to a value.
import { source } from './tables.mjs'

const words = ['', 'a', 'private', 'the "boss"', 'naïve café', '日本語', '😀', 'a\\b', 'tab\there', 'new\nline', '50', '-1', 'null', 'NaN', ' x ', '<&>', 'x'.repeat(300)]
const reals = [0, 1, -1, 0.5, 39, 1e-7, -3.25, 1e9, 123456.789, 1e30, -1e-40, 2 ** 53, 65536]

export class Generator {
  constructor(document, seed, overrides = {}) {
    this.document = document
    this.random = source(seed)
    this.overrides = overrides
  }

  chance(p) { return this.random() < p }
  count(low, high) { return low + Math.floor((high - low + 1) * this.random()) }
  text() { return this.chance(0.3) ? words[this.count(0, words.length - 1)] : Array.from({ length: this.count(1, 6) }, () => String.fromCharCode(97 + this.count(0, 25))).join('') }
  real() { return this.chance(0.5) ? reals[this.count(0, reals.length - 1)] : Number((this.random() * 200 - 50).toPrecision(this.count(1, 17))) }
  day() { return new Date(Date.UTC(1971, 0, 1) + Math.floor(this.random() * 80 * 365) * 86400000).toISOString() }

  resolve(schema) {
    let name = null
    while (schema.$ref) {
      name = schema.$ref.split('/').at(-1)
      schema = this.document.components.schemas[name]
    }
    return [schema, name]
  }

  value(schema) {
    const [s, name] = this.resolve(schema)
    const override = name && this.overrides[name.split('.')[0]]
    if (override) return override(this, s, name)
    if (s.const !== undefined) return s.const
    if (s.enum) return s.enum[this.count(0, s.enum.length - 1)]
    const choices = s.anyOf ?? s.oneOf
    if (choices) return this.value(choices[this.count(0, choices.length - 1)])
    const types = [s.type ?? ['string', 'number', 'boolean', 'null', 'array', 'object']].flat()
    switch (types[this.count(0, types.length - 1)]) {
      case 'null': return null
      case 'boolean': return this.chance(0.5)
      case 'integer': return Math.max(s.minimum ?? -1e6, Math.min(s.maximum ?? 1e15, this.count(-1000, 1000)))
      case 'number': return this.real()
      case 'string':
        if (s.format === 'date') return this.day().slice(0, 10)
        if (s.format === 'date-time') return this.day()
        return this.text().padEnd(s.minLength ?? 0, 'x')
      case 'array': {
        const low = s.minItems ?? 0
        const n = this.count(low, Math.min(s.maxItems ?? 5, Math.max(low, 5)))
        return Array.from({ length: n }, (_, i) => (s.prefixItems?.[i] ? this.value(s.prefixItems[i]) : s.items === undefined || Object.keys(s.items).length === 0 ? this.scalar() : this.value(s.items)))
      }
      default: return this.object(s)
    }
  }

  scalar() { return [null, true, this.real(), this.text()][this.count(0, 3)] }

  object(s) {
    const out = {}
    const names = Object.keys(s.properties ?? {})
    for (const name of names) {
      if (s.required?.includes(name) || this.chance(0.7)) out[name] = this.value(s.properties[name])
    }
    if (Object.keys(out).length < (s.minProperties ?? 0)) {
      out[names[0]] = this.value(s.properties[names[0]])
    }
    if (s.additionalProperties !== false && Object.keys(out).length > 0 && this.chance(0.15)) {
      out[`extra_${this.count(0, 9)}`] = this.chance(0.2) ? { deep: [1, { er: null }] } : this.scalar()
    }
    return out
  }

  // One node of a value changed, taken away, doubled or renamed.
  damaged(value) {
    const copy = structuredClone(value)
    const places = []
    const walk = (v, parent, key) => {
      places.push([parent, key])
      if (v && typeof v === 'object') for (const k of Object.keys(v)) walk(v[k], v, k)
    }
    walk(copy, null, null)
    const [parent, key] = places[this.count(0, places.length - 1)]
    const other = () => [null, true, false, 7, -2.5, 1e300, 'old', '', '12', '2011-02-03', [], [1], ['x', 'y'], {}, { age: 1 }, [[]], [{}]][this.count(0, 16)]
    if (parent === null) return other()
    switch (this.count(0, 3)) {
      case 0:
      case 1:
        parent[key] = other()
        break
      case 2:
        if (Array.isArray(parent)) parent.splice(Number(key), 1)
        else delete parent[key]
        break
      default:
        if (Array.isArray(parent)) parent.push(structuredClone(parent[key]))
        else {
          parent[`${key}_`] = parent[key]
          delete parent[key]
        }
    }
    return copy
  }
}
