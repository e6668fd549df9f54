import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkout, command, emptyFolder, PATIENCE, ROOT } from '../support/bench.ts'
import { letter } from '../support/letters.ts'
import { rows } from '../support/process.ts'

const { version, engines, dependencies, peerDependencies } = JSON.parse(
  await readFile(join(ROOT, 'package.json'), 'utf8'),
)

type Packed = { readonly filename: string; readonly files: readonly { readonly path: string }[] }

/** `npm pack` in a checkout: it builds first, as it does before publishing. */
async function packed(): Promise<{ readonly tarball: string; readonly files: readonly string[] }> {
  const folder = await checkout()
  // Whoever packs may run mailclip from the same folder, with passwords in it.
  await writeFile(join(folder, 'config/mailclip.yaml'), 'desk: { password: secret }\n')
  const { code, out, err } = await command(folder, 'npm', 'pack', '--json')
  expect(code, err).toBe(0)
  // The build speaks first; npm 11 answers with a list, later ones by name.
  const told = JSON.parse(out.slice(out.search(/^[[{]/m))) as readonly Packed[] | Readonly<Record<string, Packed>>
  const [only] = Object.values(told)
  if (only === undefined) throw new Error(`npm pack made nothing:\n${out}`)
  return { tarball: join(folder, only.filename), files: only.files.map(({ path }) => path) }
}

async function installed(tarball: string): Promise<string> {
  const folder = await emptyFolder()
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  await writeFile(join(folder, '.npmrc'), 'engine-strict=true\nignore-scripts=true\naudit=false\nfund=false\n')
  const { code, err } = await command(folder, 'npm', 'install', tarball)
  expect(code, err).toBe(0)
  return folder
}

/** Files that do something when they are read. */
const STARTED: ReadonlySet<string> = new Set(['bin.js', 'main.js', 'child.js'])

async function programOf(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.js'))
  return (await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')))).join('\n')
}

const isImported = (name: string, program: string): boolean =>
  ['from ', 'import ', 'import(', 'require(', '(import.meta.url)('].some(
    how => program.includes(`${how}"${name}"`) || program.includes(`${how}"${name}/`),
  )

test(
  'the package installs into an empty folder without running a script, and its command works there',
  async () => {
    const { tarball, files } = await packed()
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/bin.js',
        'dist/LICENSES.txt',
        'config/mailclip.schema.json',
        'LICENSE',
        'README.md',
      ]),
    )
    expect(files.filter(path => /^(src|test|node_modules|data)\/|\.ts$|^config\/mailclip\.yaml$/.test(path))).toEqual(
      [],
    )
    const folder = await installed(tarball)
    const mailclip = (...args: readonly string[]) =>
      command(folder, join(folder, 'node_modules/.bin/mailclip'), ...args)

    expect(await mailclip('--version')).toMatchObject({ code: 0, out: `${version}\n` })

    // What hears our own words alone is in the program's files; what reads a stranger's can be replaced beside them.
    const dist = join(folder, 'node_modules/mailclip/dist')
    const program = await programOf(dist)
    const inside = Object.keys(dependencies).filter(name => !isImported(name, program))
    expect(inside).toEqual(['kysely', 'yaml', 'zod'])
    // An older Node.js must get as far as to say so.
    expect(await readFile(join(dist, 'bin.js'), 'utf8')).not.toMatch(/^import /m)

    await writeFile(join(folder, 'mail.eml'), letter({ attachments: { 'résumé.pdf': 'content' } }))
    const preview = await mailclip('preview', '--json', 'mail.eml')
    expect(preview).toMatchObject({ code: 0 })
    expect(rows(preview.out)).toMatchObject([
      { outcome: 'delivered', ticket: 'I161026_000005', attachments: [{ name: 'résumé.pdf', size: 7 }] },
    ])

    const example = await readFile(join(folder, 'node_modules/mailclip/config/example.plain-imap.yaml'), 'utf8')
    await writeFile(join(folder, 'mailclip.yaml'), example.replace(/\$\{env:\w+\}/g, 'secret'), { mode: 0o600 })
    const check = await mailclip('check', '--offline', '--config', 'mailclip.yaml')
    expect(check).toMatchObject({ code: 0, out: expect.stringContaining('imap.example.com') })

    // The demo's servers do not come with the package. What it says to run makes it work.
    const demo = await mailclip('demo', '--once')
    expect(demo.code).toBe(69)
    const [, words = ''] = /^ {2}npm (install .*)$/m.exec(demo.err) ?? []
    expect(words).toBe(
      `install ${Object.entries(peerDependencies)
        .map(one => one.join('@'))
        .join(' ')}`,
    )
    expect(await command(folder, 'npm', ...words.split(' '))).toMatchObject({ code: 0 })
    expect(await mailclip('demo', '--once')).toMatchObject({ code: 0, out: expect.stringMatching(/All \d+ became/) })

    // What only rare commands need is there, too.
    const rare = (await readdir(dist)).filter(file => file.endsWith('.js') && !STARTED.has(file))
    const all = `await Promise.all(${JSON.stringify(rare.map(file => join(dist, file)))}.map(file => import(file)))`
    expect(await command(folder, 'node', '--input-type=module', '-e', all)).toMatchObject({ code: 0, err: '' })
  },
  PATIENCE,
)

test('an older Node.js is told which one is needed, and nothing else is tried', async () => {
  const old = (release: string) =>
    command(
      ROOT,
      process.execPath,
      ...['--import', `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'${release}'}})`],
      ...['src/bin.ts', '--version'],
    )
  expect(engines.node).toBe('>=24')
  expect(await old('22.21.1')).toEqual({
    code: 78,
    out: '',
    err: 'mailclip: needs Node.js 24 or newer; this is 22.21.1\n',
  })
  expect(await old('24.0.0')).toMatchObject({ code: 0, out: `${version}\n` })
})
