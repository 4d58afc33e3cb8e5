// /openapi.json: valid for two validators that share no code, its schemas compile, two generators make clients of
// it that the TypeScript compiler takes, and a generated client predicts.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import openapiTS, { astToString } from 'openapi-typescript'
import { createClient as generate } from '@hey-api/openapi-ts'
import { check, folder, headers, models, offline, rows, same, single, url } from './check.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const work = join(folder, 'generated')
const reply = await fetch(`${url}/openapi.json`, { headers })
const text = await reply.text()
const document = JSON.parse(text)
mkdirSync(work, { recursive: true })
symlinkSync(join(here, 'node_modules'), join(work, 'node_modules'))
writeFileSync(join(work, 'openapi.json'), text)

await check('valid OpenAPI 3.1 by @seriousme/openapi-schema-validator', async () => {
  const result = await new Validator().validate(structuredClone(document))
  same(result.valid, true, JSON.stringify(result.errors)?.slice(0, 500))
})
await check('valid OpenAPI 3.1 by @apidevtools/swagger-parser', () => SwaggerParser.validate(structuredClone(document)))
await check('no two operations have one name, and each has a summary and an answer', () => {
  const all = Object.values(document.paths).flatMap((p) => Object.values(p))
  const names = all.map((o) => o.operationId)
  same(new Set(names).size, names.length)
  for (const o of all) same([typeof o.summary, o.responses.default !== undefined], ['string', true])
})
await check('every path that is described is there', async () => {
  for (const [path, operations] of Object.entries(document.paths)) {
    const place = path.replace('{model}', 'people').replace('{version}', '1').replace('{label}', 'champion')
    for (const method of Object.keys(operations)) {
      const post = method === 'post'
      const { status } = await fetch(url + place, {
        method, headers: post ? { ...headers, 'content-type': 'application/json' } : headers, body: post ? '{' : undefined
      })
      // half a body is refused by what reads one; only people has an alias
      const wanted = !post || path === '/v2/repository/index' ? 200 : path.includes('{label}') && !path.includes('people') ? 404 : 400
      if (status !== wanted) throw new Error(`${method} ${place}: ${status}`)
    }
  }
})

// Types that a program is checked against: it compiles, and not with a wrong field.
const options = {
  compilerOptions: {
    strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'],
    skipLibCheck: false, types: []
  },
  files: ['program.ts']
}
function compile(program, extra = {}) {
  writeFileSync(join(work, 'program.ts'), program)
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ ...options, compilerOptions: { ...options.compilerOptions, ...extra } }))
  const run = spawnSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', work], { encoding: 'utf8' })
  return run.stdout + run.stderr
}
await check('openapi-typescript: types that a strict program compiles with', async () => {
  writeFileSync(join(work, 'api.ts'), astToString(await openapiTS(document)))
  const program = (row) => `
import createClient from 'openapi-fetch'
import type { paths, components } from './api'
const client = createClient<paths>({ baseUrl: 'http://localhost' })
const row: components['schemas']['Row.people'] = ${row}
const { data } = await client.POST('/predict', { body: [row] })
const first = Array.isArray(data) ? data[0] : data
export const answer: '<=50K' | '>50K' | undefined = first?.prediction
export const chance: number | null | undefined = first?.probabilities['>50K']
export const price = (await client.POST('/v1/models/prices:predict', { body: { instances: [{ rooms: 3, area: 70.5, town: null }] } })).data
`
  same(compile(program("{ age: 41, work: null, member: true, since: '2011-02-03' }")), '')
  const wrong = compile(program("{ age: 'old' }"))
  same(/Type 'string' is not assignable to type 'number'/.test(wrong), true, wrong)
})
await check('@hey-api/openapi-ts: a generated client compiles and predicts as offline', async () => {
  await generate({
    input: join(work, 'openapi.json'), output: { path: join(work, 'sdk') }, plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
    logs: { level: 'silent', file: false }
  })
  const calls = models.map((m) => `predictV1${m[0].toUpperCase()}${m.slice(1)}`)
  const program = `import { client } from './sdk/client.gen'
import { predict, modelMetadata, feedback, ${calls.join(', ')} } from './sdk/sdk.gen'
export { client, predict, modelMetadata, feedback, ${calls.join(', ')} }
`
  same(compile(program, { noEmit: false, outDir: join(work, 'js'), module: 'esnext' }), '')
  // the generator writes imports for a bundler, without the file's extension
  writeFileSync(join(work, 'js', 'package.json'), '{"type":"module"}')
  execFileSync(process.execPath, [join(here, 'extensions.mjs'), join(work, 'js')])
  const sdk = await import(pathToFileURL(join(work, 'js', 'program.js')))
  sdk.client.setConfig({ baseUrl: url, headers, throwOnError: true })
  for (const [i, model] of models.entries()) {
    const { data } = await sdk[calls[i]]({ body: { instances: rows(model) } })
    const got = data.predictions.map((p) => p.label ?? Math.fround([p].flat()[0]))
    same(got, offline(model).map((o) => o.answer))
  }
  const told = (await sdk.predict({ body: rows('people') })).data
  same(told.map((p) => single(Object.values(p.probabilities))), offline('people').map((o) => o.probabilities))
  same((await sdk.modelMetadata({ path: { model: 'prices' } })).data.outputs[0].datatype, 'FP32')
})
