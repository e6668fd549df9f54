import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/bench.ts'

/**
 * The oldest version we would run, and what it mended. By hand: the registry's audit is not to be had everywhere, and a lock that goes
 * back (a merge, a downgrade) must turn red without asking anybody.
 */
const OLDEST: Readonly<Record<string, readonly [version: string, mended: string]>> = {
  nodemailer: [
    '10.0.9',
    'GHSA-2x7j-588g-ccc2, CVE-2025-14874, CVE-2025-13033: address parser (time, recursion, a recipient too many)',
  ],
  undici: ['7.24.0', 'CVE-2026-1525 to 1528, 2229, 2581: request smuggling, unbounded memory'],
  'form-data': ['4.0.6', 'CVE-2025-7783: boundaries that can be guessed'],
  imapflow: ['2.0.0', 'STARTTLS and literals, command injection, a cut download taken for a whole one'],
  'image-size': ['2.0.2', 'GHSA-m5qc-5hw7-8vg7: an image that never ends'],
  'file-type': ['17.1.3', 'CVE-2022-36313: a file that never ends'],
  yaml: ['2.2.2', 'CVE-2023-2251: an exception nobody catches'],
  async: ['3.2.2', 'CVE-2021-43138: prototype pollution'],
  minimist: ['1.2.6', 'CVE-2021-44906: prototype pollution'],
}
/** Only beside us, in the demo and in tests. */
const OLDEST_BESIDE: typeof OLDEST = {
  'smtp-server': ['3.18.3', 'CVE-2026-38728'],
  mailparser: ['3.9.3', 'CVE-2026-3455: script in text turned into HTML'],
}
/** Releases that were stolen (September 2025): not these, however new. */
const STOLEN: readonly string[] = [
  ...[
    'debug@4.4.2',
    'color@5.0.1',
    'color-convert@3.1.1',
    'color-name@2.0.1',
    'color-string@2.1.1',
    'is-arrayish@0.3.3',
  ],
  ...[
    'error-ex@1.3.3',
    'ansi-styles@6.2.2',
    'ansi-regex@6.2.1',
    'strip-ansi@7.1.1',
    'chalk@5.6.1',
    'simple-swizzle@0.2.3',
  ],
  ...['supports-color@10.2.1', 'wrap-ansi@9.0.1', 'slice-ansi@7.1.1', 'backslash@0.2.1'],
]

type Locked = { readonly version: string; readonly dev?: boolean }
type Package = { readonly name: string; readonly version: string; readonly dev: boolean }

const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
const packages = Object.entries<Locked>(lock.packages)
  .filter(([path]) => path !== '')
  .map(([path, { version, dev = false }]): Package => ({ name: path.replace(/^.*node_modules\//, ''), version, dev }))

/** A version older than `oldest`; a pre-release counts as older than its release. */
function isOlder(version: string, oldest: string): boolean {
  const numbers = (text: string): readonly number[] => (text.split('-')[0] ?? '').split('.').map(Number)
  const [own, least] = [numbers(version), numbers(oldest)]
  const n = least.findIndex((one, i) => one !== own[i])
  return n === -1 ? version.includes('-') : (own[n] ?? 0) < (least[n] ?? 0)
}

const tooOld = (found: readonly Package[], table: typeof OLDEST): readonly string[] =>
  found.flatMap(({ name, version }) => {
    const [oldest, mended] = table[name] ?? []
    return oldest !== undefined && isOlder(version, oldest) ? [`${name} ${version} < ${oldest}: ${mended}`] : []
  })

test('no package that runs with mailclip is older than what mended it', () => {
  const running = packages.filter(({ dev }) => !dev)
  expect(running.length).toBeGreaterThan(80)
  expect(tooOld(running, OLDEST)).toEqual([])
  expect(tooOld(packages, OLDEST_BESIDE)).toEqual([])
})

test('no release that was stolen is among the packages, those of development included', () => {
  expect(packages.map(({ name, version }) => `${name}@${version}`).filter(one => STOLEN.includes(one))).toEqual([])
})

test('each direct dependency is pinned to one version', async () => {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
  )
  expect(loose).toEqual([])
})

test.each([
  ['4.0.5', '4.0.6', true],
  ['4.0.6', '4.0.6', false],
  ['10.0.10', '10.0.9', false],
  ['9.9.9', '10.0.0', true],
  ['2.0.0-beta.1', '2.0.0', true],
  ['3.0.0-beta.1', '2.0.0', false],
])('%s beside %s: too old is %s', (version, oldest, older) => expect(isOlder(version, oldest)).toBe(older))
