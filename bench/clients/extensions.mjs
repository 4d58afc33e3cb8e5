// Give relative imports of compiled modules the extension that Node.js wants:  node extensions.mjs FOLDER
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const folder = process.argv[2]
for (const name of readdirSync(folder, { recursive: true }).filter((n) => n.endsWith('.js'))) {
  const path = join(folder, name)
  const text = readFileSync(path, 'utf8').replace(/(from\s+|import\s+)'(\.[^']*)'/g, (all, word, to) => {
    const at = join(dirname(path), to)
    return to.endsWith('.js') ? all : existsSync(`${at}.js`) ? `${word}'${to}.js'` : `${word}'${to}/index.js'`
  })
  writeFileSync(path, text)
}
