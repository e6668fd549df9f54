// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from './support/bench.ts'

const textOf = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8')
const pages = [
  ...(await readdir(join(ROOT, 'docs'))).filter(name => name.endsWith('.md')).map(name => `docs/${name}`),
  'README.md',
]

/** The program's text, with what differs from case to case as the documents write it. */
async function sources(): Promise<readonly string[]> {
  const names = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(name => name.endsWith('.ts'))
  return Promise.all(names.map(name => textOf(`src/${name}`)))
}

/** Whether one file has all pieces of the quoted line; `…` stands for anything, also for what another file puts in. */
const says = (source: string, quoted: string): boolean =>
  quoted
    .split(/ ?… ?|\(…\)/)
    .filter(piece => /\w/.test(piece))
    .every(piece => source.includes(piece.trim()))

/** Lines that are sentences: in a table's first cell, at least three words. */
function quotedIn(markdown: string): readonly string[] {
  const cells = markdown.split('\n').flatMap(line => /^\| (.*?) \|/.exec(line)?.[1] ?? [])
  return cells
    .flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words))
    .filter(words => words.split(' ').length >= 3)
}

test('each line that docs/troubleshooting.md quotes is one that mailclip says', async () => {
  const [markdown, all] = [await textOf('docs/troubleshooting.md'), await sources()]
  const quoted = quotedIn(markdown)
  expect(quoted.length).toBeGreaterThan(40)
  expect(quoted.filter(line => !all.some(source => says(source, line)))).toEqual([])
  expect(all.some(source => says(source, 'the desk is … on holiday'))).toBe(false)
})

test('no link between the documents leads nowhere', async () => {
  const broken: string[] = []
  for (const page of pages) {
    const text = await textOf(page)
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g))
      if (target !== '' && !existsSync(join(ROOT, dirname(page), target))) broken.push(`${page}: ${target}`)
  }
  expect(broken).toEqual([])
})

test('each file that docs/install.md names is there', async () => {
  const named = [...(await textOf('docs/install.md')).matchAll(/`((?:deploy|config)\/[\w./-]+)`/g)].map(
    ([, name = '']) => name,
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(name => !existsSync(join(ROOT, name)))).toEqual([])
})

test('each piece of configuration in the documents has known keys only', async () => {
  const schema = JSON.parse(await textOf('config/mailclip.schema.json'))
  const whole = z.fromJSONSchema({ ...schema, required: [] })
  const wrong: string[] = []
  let seen = 0
  for (const page of pages.filter(name => name !== 'docs/desk-api.md')) {
    for (const [, yaml = ''] of (await textOf(page)).matchAll(/^```yaml\n(.*?)^```$/gms)) {
      seen += 1
      const { success, error } = whole.safeParse(parse(yaml))
      if (!success)
        wrong.push(`${page}: ${error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`)
    }
  }
  expect(seen).toBeGreaterThan(2)
  expect(wrong).toEqual([])
})
