// The description is a contract: what it allows is answered 200 with what it promises, what it forbids is refused with
// its error.  Random requests from the schemas (CONTRACT_REQUESTS, 4000; CONTRACT_SEED, 1), half of them damaged at one
// place; whether a damaged one is still right is judged by the schemas with a second set of field types, the ones of
// docs/serve.md: what a value is turned into when it has another type than the field.
import Ajv2020 from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { check, headers, models, url } from './check.mjs'
import { Generator } from './generate.mjs'

const requests = Number(process.env.CONTRACT_REQUESTS ?? 4000)
const seed = Number(process.env.CONTRACT_SEED ?? 1)
const document = await (await fetch(`${url}/openapi.json`, { headers })).json()

function validators(doc) {
  const ajv = new Ajv2020({ strict: false, allErrors: false })
  formats.default ? formats.default(ajv) : formats(ajv)
  ajv.addSchema({ $id: 'doc', components: doc.components })
  const made = new Map()
  return (ref) => {
    if (!made.has(ref)) made.set(ref, ajv.compile({ $ref: `doc${ref}` }))
    return made.get(ref)
  }
}

// Field types as the server takes them.
function widened(doc) {
  const wide = structuredClone(doc)
  const number = { anyOf: [{ type: ['number', 'boolean', 'null'] }, { type: 'string', pattern: '^$|^\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*$|^[+-]?(nan|inf|infinity|NaN|Inf|Infinity)$' }] }
  const truth = { anyOf: [...number.anyOf, { type: 'string', pattern: '^([tT]rue|TRUE|[fF]alse|FALSE|[yY]es|[nN]o)$' }] }
  const word = { type: ['string', 'number', 'boolean', 'null'] }
  const date = { anyOf: [{ type: ['integer', 'null'], minimum: -(2 ** 53), maximum: 2 ** 53 }, { type: 'string', pattern: '^$|^\\d{4}-\\d\\d-\\d\\d([T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?(Z|[+-]\\d\\d:?\\d\\d)?)?$' }] }
  const field = (s) => {
    const t = s.format?.startsWith('date') ? date : s.type.includes('number') ? number : s.type.includes('boolean') ? truth : word
    return { anyOf: [t, { type: 'array', minItems: 1, maxItems: 1, items: t }] }
  }
  const all = wide.components.schemas
  all.Parameters = { type: 'object' } // others than those that mean something are passed over, whatever they are
  const told = all.Feedback.properties
  told.id = { type: ['string', 'number', 'boolean'], minLength: 1 }
  told.source = { type: ['string', 'number', 'boolean', 'null'], minLength: 1 }
  told.time = { anyOf: [{ type: 'integer', minimum: 1, maximum: 2 ** 53 }, { type: 'null' }, { type: 'string', pattern: `^20${date.anyOf[1].pattern.slice(6)}` }, ...told.time.anyOf] }
  for (const model of models) {
    all[`InferInput.${model}`].properties.name = { type: 'string' } // one of them must be the model's
    const row = all[`Row.${model}`]
    const columns = all[`Columns.${model}`]
    const values = all[`Values.${model}`].anyOf?.[0] ?? all[`Values.${model}`]
    const names = Object.keys(row.properties)
    // a row that has fields has one that the model knows
    row.anyOf = [{ maxProperties: 0 }, ...names.map((n) => ({ required: [n] }))]
    delete columns.minProperties
    // signatures are passed over
    for (const form of all[`V1PredictRequest.${model}`].oneOf) delete form.properties.signature_name
    columns.anyOf = names.map((n) => ({ required: [n] }))
    for (const [i, name] of names.entries()) {
      const was = row.properties[name]
      if (all[`Values.${model}`].anyOf) all[`Values.${model}`].anyOf[1] = field(was).anyOf[0]
      values.prefixItems[i] = field(was)
      columns.properties[name].items = field(was)
      row.properties[name] = field(was)
    }
    // cells of unknown columns may be anything
    all[`Cell.${model}`] = { properties: structuredClone(row.properties) }
  }
  return wide
}

const exact = validators(document)
const lenient = validators(widened(document))

// What a schema can not say.
const columnsOf = (g, s) => {
  const n = g.count(1, 4)
  const out = {}
  for (const [name, list] of Object.entries(s.properties)) {
    if (g.chance(0.7)) out[name] = Array.from({ length: n }, () => g.value(list.items))
  }
  if (Object.keys(out).length === 0) {
    const [name, list] = Object.entries(s.properties)[0]
    out[name] = Array.from({ length: n }, () => g.value(list.items))
  }
  return out
}
const splitOf = (g, s, name) => {
  const row = document.components.schemas[name.replace('Split', 'Row')].properties
  const columns = Object.keys(row).filter(() => g.chance(0.7))
  if (columns.length === 0) columns.push(Object.keys(row)[0])
  if (g.chance(0.2)) columns.push('extra')
  return { columns, data: Array.from({ length: g.count(1, 4) }, () => columns.map((c) => (row[c] ? g.value(row[c]) : g.scalar()))) }
}
const metadata = Object.fromEntries(await Promise.all(models.map(async (m) => [m, await (await fetch(`${url}/v2/models/${m}`, { headers })).json()])))
const whole = { INT8: 127, UINT8: 255, INT16: 3e4, UINT16: 6e4, INT32: 2e9, UINT32: 4e9, INT64: 2 ** 52, UINT64: 2 ** 52 }
const inferOf = (g, s, name) => {
  const model = name.split('.')[1]
  const n = g.count(1, 4)
  const element = (type) => (g.chance(0.1) ? null
    : type === 'BYTES' ? g.text()
    : type === 'BOOL' ? g.chance(0.5)
    : whole[type] ? Math.floor(g.random() * whole[type]) : g.real())
  const inputs = metadata[model].inputs.filter(() => g.chance(0.8)).map((i) => {
    const type = i.datatype === 'FP32' ? ['FP32', 'FP64', 'INT64', 'INT32', 'UINT8', 'BOOL', 'FP16'][g.count(0, 6)] : i.datatype
    const data = Array.from({ length: n }, () => element(type))
    return { name: i.name, datatype: type, shape: g.chance(0.7) ? [n, 1] : [n], data }
  })
  for (const i of inputs) if (i.shape.length === 2 && g.chance(0.5)) i.data = i.data.map((v) => [v])
  if (inputs.length === 0) {
    const i = metadata[model].inputs[0]
    inputs.push({ name: i.name, datatype: i.datatype, shape: [n], data: Array.from({ length: n }, () => null) })
  }
  const body = { inputs }
  if (g.chance(0.5)) body.id = g.text()
  if (g.chance(0.3)) body.parameters = { anything: g.real(), more: 'text', yes: true }
  if (g.chance(0.4)) {
    body.outputs = metadata[model].outputs.filter(() => g.chance(0.7)).map((o) => (o.datatype === 'FP32' && g.chance(0.3) ? { name: o.name, parameters: { classification: g.count(1, 3) } } : { name: o.name }))
  }
  return body
}
const labels = []
const feedbackOf = (g, s) => ({ ...g.object({ ...s, additionalProperties: false }), id: labels[g.count(0, labels.length - 1)] })
const overrides = { Columns: columnsOf, Split: splitOf, InferRequest: inferOf, Feedback: feedbackOf }

// Whether a body that the schemas allow makes sense: what schemas can not say of columns that belong together.
function sensible(body, model) {
  if (body === null || typeof body !== 'object') return true
  if (body.inputs && typeof body.inputs === 'object' && !Array.isArray(body.inputs)) {
    const known = Object.entries(body.inputs).filter(([k]) => k in document.components.schemas[`Columns.${model}`].properties)
    return new Set(known.map(([, v]) => v.length)).size === 1
  }
  const split = body.dataframe_split
  if (!split) return true
  const cells = lenient(`#/components/schemas/Cell.${model}`)
  return split.data.every((r) => r.length === split.columns.length && r.every((v, i) => cells({ [split.columns[i]]: v })))
}

const targets = [
  ...models.map((m) => [`/v1/models/${m}:predict`, 0.2]),
  ...models.map((m) => [`/v2/models/${m}/infer`, 0.2]),
  ['/predict', 1], ['/invocations', 1], ['/feedback', 0.1]
]
const findings = new Map()
const note = (kind, path, body, status, text) => {
  const list = findings.get(kind) ?? []
  list.push(`${path} ${JSON.stringify(body)?.slice(0, 400)} -> ${status} ${text.slice(0, 200)}`)
  findings.set(kind, list)
}
const counts = { right: 0, damaged: 0, refused: 0, broken: 0 }

async function one(g) {
  let at = g.random() * targets.reduce((sum, [, w]) => sum + w, 0)
  const [path] = targets.find(([, w]) => (at -= w) < 0) ?? targets.at(-1)
  const operation = document.paths[path].post
  const ref = operation.requestBody.content['application/json'].schema.$ref
  const replyRef = operation.responses['200'].content['application/json'].schema.$ref
  const errorRef = operation.responses.default.content['application/json'].schema.$ref
  let body = g.value({ $ref: ref })
  const damage = g.chance(0.5)
  if (damage) body = g.damaged(body)
  let text = JSON.stringify(body)
  const broken = damage && g.chance(0.1)
  if (broken) text = text.slice(0, Math.max(1, Math.floor(text.length * g.random())))
  let wanted = 200
  if (damage) {
    let parsed = true
    try { body = JSON.parse(text) } catch { parsed = false }
    const widely = parsed && lenient(ref)(body)
    const fine = widely && sensible(body, ref.split('.')[1])
    // of tensors, a schema can only say what is wrong: not whether data and shape fit
    wanted = !fine ? 400 : path.startsWith('/v2/') || path === '/feedback' ? null : 200
    if (!parsed) counts.broken++
  } else if (!exact(ref)(body)) {
    throw new Error(`the generator is wrong: ${path} ${text} ${JSON.stringify(exact(ref).errors)}`)
  }
  const reply = await fetch(url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: text })
  const got = await reply.text()
  counts[damage ? 'damaged' : 'right']++
  if (!reply.headers.get('x-request-id')) note('no id', path, body, reply.status, got)
  let answer
  // TensorFlow Serving writes what is no number as a bare word
  try { answer = JSON.parse(path.startsWith('/v1/') ? got.replace(/(?<=[[:,])-?(NaN|Infinity)(?=[,\]}])/g, 'null') : got) } catch { note('the reply is not JSON', path, body, reply.status, got); return }
  if (reply.status === 200) {
    if (!exact(replyRef)(answer)) note(`the answer breaks the description: ${JSON.stringify(exact(replyRef).errors?.[0])}`, path, body, 200, got)
    if (path === '/predict') for (const p of [answer].flat()) if (labels.length < 200) labels.push(p.id)
  } else {
    counts.refused++
    if (!exact(errorRef)(answer)) note('the error breaks the description', path, body, reply.status, got)
    if (reply.status >= 500 || reply.status < 400) note('not the fault of the client', path, body, reply.status, got)
  }
  if (wanted === 200 && reply.status !== 200) note(damage ? 'allowed, but refused' : 'right, but refused', path, body, reply.status, got)
  if (wanted === 400 && reply.status === 200) note('forbidden, but answered', path, body, reply.status, got)
}

await check(`the description holds for ${requests} random requests`, async () => {
  const g = new Generator(document, seed, overrides)
  const first = await fetch(`${url}/predict`, { method: 'POST', headers, body: '[{},{}]' })
  labels.push(...(await first.json()).map((p) => p.id))
  await new Promise((go) => setTimeout(go, 1500)) // until the log has them
  for (let i = 0; i < requests; i += 16) await Promise.all(Array.from({ length: Math.min(16, requests - i) }, () => one(g)))
  if (findings.size > 0) {
    throw new Error([...findings].map(([kind, list]) => `${kind} (${list.length}): ${list.slice(0, 3).join(' || ')}`).join('\n'))
  }
})
console.log(`ok ${counts.right} right ones, ${counts.damaged} damaged (${counts.broken} of them no JSON), ${counts.refused} refused`)
