/*
 * Write LICENSES.txt: the licences of what esbuild takes into vega.js.  Run `npm run licenses` after a
 * change of the versions in package.json.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const result = await build({
  entryPoints: ["entry.js"],
  bundle: true,
  write: false,
  metafile: true,
  format: "iife",
  logLevel: "error",
});
const names = new Set();
for (const path of Object.keys(result.metafile.inputs)) {
  const at = path.lastIndexOf("node_modules/");
  if (at >= 0) {
    const parts = path.slice(at + "node_modules/".length).split("/");
    names.add(parts[0].startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]);
  }
}
const texts = new Map(); /* licence text -> the packages that have it */
for (const name of [...names].sort()) {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
  const text = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : `Licence: ${about.license}`;
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${about.version} (${about.license})`]);
}
const parts = [...texts].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`);
const head = "vega.js, which is compiled into hone and put into its pages, contains these packages.\n";
writeFileSync("LICENSES.txt", [head, ...parts].join(`\n${"-".repeat(78)}\n\n`));
