// Clients of others, none of which knows hone: each reads metadata and health, predicts the first rows of four
// models in the dialects it speaks, over TLS with a token, and must get what `hone predict` says to the bit;
// what it asks wrongly must come back as an error that it understands.
import SwaggerClient from 'swagger-client'
import axiosClient from 'openapi-client-axios'
import createClient from 'openapi-fetch'
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime'
import { check, headers, models, offline, rejects, rows, same, single, token, url } from './check.mjs'

// Inputs of the Open Inference Protocol for rows: a column each, datatypes from the model's own metadata.
const DAY = 86400000
function inputs(metadata, list) {
  return metadata.inputs.map(({ name, datatype }) => ({
    name,
    datatype,
    shape: [list.length, 1],
    data: list.map((row) => {
      const value = row[name]
      if (value === null) return null
      if (datatype === 'INT64' && typeof value === 'string') return Math.floor(Date.parse(value) / DAY)
      return typeof value === 'boolean' ? Number(value) : value
    })
  }))
}
function fromOutputs(outputs, n) {
  const byName = Object.fromEntries(outputs.map((o) => [o.name, o.data]))
  const width = byName.probabilities ? byName.probabilities.length / n : 0
  return Array.from({ length: n }, (_, i) => ({
    answer: byName.label ? byName.label[i] : Math.fround(byName.prediction[i]),
    probabilities: byName.probabilities ? single(byName.probabilities.slice(i * width, (i + 1) * width)) : []
  }))
}
const fromV1 = (list) =>
  list.map((p) => (typeof p === 'object' && !Array.isArray(p) ? { answer: p.label, probabilities: single(p.probabilities) } : { answer: Math.fround([p].flat()[0]), probabilities: [] }))
const answers = (model) => offline(model).map((o) => o.answer)

await check('swagger-client: one client per operation of the description', async () => {
  const client = await SwaggerClient({
    url: `${url}/openapi.json`,
    requestInterceptor: (request) => { request.headers.authorization = `Bearer ${token}`; return request }
  })
  const open = client.apis['Open Inference Protocol']
  const tf = client.apis['TensorFlow Serving']
  const ml = client.apis['MLflow and SageMaker']
  const own = client.apis.hone
  same((await open.live()).body, { live: true })
  same((await open.ready()).body.ready, true)
  same((await open.modelNames()).body.models, models)
  for (const model of models) {
    const list = rows(model)
    const metadata = (await open.modelMetadata({ model })).body
    same([metadata.name, metadata.versions, metadata.platform], [model, ['1'], 'onnx_onnxv1'])
    same((await open.modelReady({ model })).body.ready, true)
    // its operation names lose the dot: infer.people becomes infer_people
    const infer = (await open[`infer_${model}`]({}, { requestBody: { id: 'q1', inputs: inputs(metadata, list) } })).body
    same(infer.id, 'q1')
    same(fromOutputs(infer.outputs, list.length), offline(model))
    const v1 = (await tf[`predictV1_${model}`]({}, { requestBody: { instances: list } })).body
    same(fromV1(v1.predictions), offline(model))
    same((await tf.modelV1({ model })).body.model_version_status[0].state, 'AVAILABLE')
  }
  same((await ml.invocations({}, { requestBody: { dataframe_records: rows('people') } })).body.predictions, answers('people'))
  const told = (await own.predict({}, { requestBody: rows('people') })).body
  same(told.map((p) => p.prediction), answers('people'))
  same((await own.feedback({}, { requestBody: { id: told[0].id, label: '>50K' } })).body.accepted, 1)
  const error = await rejects(open.infer_people({}, { requestBody: { inputs: [] } }))
  same(error.status, 400)
  same(typeof error.response.body.error, 'string')
})

await check('openapi-client-axios: methods by operation', async () => {
  const definition = await (await fetch(`${url}/openapi.json`, { headers })).json()
  const api = new (axiosClient.default ?? axiosClient)({ definition, axiosConfigDefaults: { baseURL: url, headers } })
  const client = await api.init()
  for (const model of models) {
    const list = rows(model)
    const metadata = (await client.modelMetadata({ model })).data
    const infer = (await client[`infer.${model}`](null, { inputs: inputs(metadata, list) })).data
    same(fromOutputs(infer.outputs, list.length), offline(model))
    const columns = Object.fromEntries(Object.keys(list[0]).map((k) => [k, list.map((r) => r[k])]))
    const v1 = (await client[`predictV1Version.${model}`]({ version: '1' }, { inputs: columns })).data.outputs
    same(v1.label ?? single(v1.flat(2)), answers(model))
  }
  const error = await rejects(client.modelMetadata({ model: 'nobody' }))
  same([error.response.status, typeof error.response.data.error], [404, 'string'])
  const refused = await rejects(client.predict(null, { age: 'old' }))
  same(refused.response.status, 400)
  same(/age/.test(refused.response.data.error), true)
})

await check('openapi-fetch: paths of the description', async () => {
  const client = createClient({ baseUrl: url, headers })
  for (const model of models) {
    const list = rows(model)
    const { data: metadata } = await client.GET('/v2/models/{model}', { params: { path: { model } } })
    const { data, response } = await client.POST(`/v2/models/${model}/infer`, { body: { inputs: inputs(metadata, list) } })
    same(response.headers.get('x-hone-model'), model)
    same(fromOutputs(data.outputs, list.length), offline(model))
  }
  const { data, error, response } = await client.POST('/invocations', { body: { dataframe_split: 7 } })
  same([data, response.status, error.error_code], [undefined, 400, 'BAD_REQUEST'])
})

// The service of SageMaker is a proxy: it takes /endpoints/NAME/invocations and hands the body to the
// container's /invocations, with its own signature taken off.  The client is Amazon's; this does the proxy's part.
await check("Amazon's SageMaker runtime client against the container's contract", async () => {
  const client = new SageMakerRuntimeClient({
    region: 'eu-central-1', endpoint: url, maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }
  })
  client.middlewareStack.add((next) => async (args) => {
    args.request.path = args.request.path.replace(/^\/endpoints\/[^/]+/, '')
    args.request.headers.authorization = `Bearer ${token}`
    return next(args)
  }, { step: 'finalizeRequest', priority: 'low', name: 'proxy' })
  const invoke = async (ContentType, Body, Accept) => {
    const reply = await client.send(new InvokeEndpointCommand({ EndpointName: 'people', ContentType, Body, Accept }))
    return [reply.ContentType, new TextDecoder().decode(reply.Body)]
  }
  const list = rows('people')
  const [type, body] = await invoke('application/json', JSON.stringify({ instances: list }))
  same([type, JSON.parse(body).predictions], ['application/json', answers('people')])
  const cell = (v) => (v === null ? '' : /[",]/.test(v) ? `"${String(v).replaceAll('"', '""')}"` : String(v))
  const text = list.map((row) => Object.values(row).map(cell).join(',')).join('\n')
  const [kind, lines] = await invoke('text/csv', text, 'text/csv')
  same([kind, lines.trimEnd().split('\n')], ['text/csv; charset=utf-8', answers('people')])
  const error = await rejects(invoke('application/x-recordio', 'x'))
  same(error.$metadata.httpStatusCode, 415)
  const wrong = await rejects(invoke('application/json', '{"instances": [{"age": "old"}]}'))
  same(wrong.$metadata.httpStatusCode, 400)
  const ping = await fetch(`${url}/ping`)
  same(ping.status, 200)
})

await check('without a token no client gets in, and learns what is missing', async () => {
  const client = createClient({ baseUrl: url })
  const { error, response } = await client.POST('/predict', { body: {} })
  same([response.status, response.headers.get('www-authenticate'), /token/.test(error.error)], [401, 'Bearer realm="hone"', true])
  same((await client.GET('/v2/health/live')).data, { live: true })
})
