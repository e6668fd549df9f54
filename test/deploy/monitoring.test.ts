import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../src/ops/metrics.ts'
import { command, emptyFolder, ROOT } from '../support/bench.ts'
import { booksOf } from '../support/books.ts'
import { describeWith } from '../support/needs.ts'

const textOf = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8')
const now = (): Date => new Date('2026-11-20T09:30:00Z')

/** A scrape, without Node's own numbers. */
async function scraped(): Promise<string> {
  const metrics = createMetrics({ clock: { now }, spool: { folder: await emptyFolder(), maxBytes: 5e9 } })
  metrics.observe({ kind: 'asked', site: 'desk https://example.com', verb: 'attach', status: '2.0.0', ms: 80 })
  metrics.observe({ kind: 'swept', mailbox: 'support', sighted: 1, attempted: 1, ms: 950 })
  metrics.observe({ kind: 'canary', result: 'delivered', at: now(), ms: 4_000, reason: undefined })
  const whole = await metrics.text(booksOf())
  return `${whole
    .split('\n')
    .filter(line => /^(# \w+ )?mailclip_/.test(line))
    .join('\n')}\n`
}

/** Names that a query may use: a histogram is asked for by its parts. */
async function namesOf(): Promise<ReadonlySet<string>> {
  const types = [...(await scraped()).matchAll(/^# TYPE (\S+) (\w+)$/gm)]
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map(end => name + end) : [name],
    ),
  )
}

/** Metrics that a PromQL expression names; throws where it is none. */
function metricsIn(expression: string): readonly string[] {
  const names: string[] = []
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${expression}`)
      if (type.name === 'Identifier' && /^[a-z]+_|^up$/.test(expression.slice(from, to)))
        names.push(expression.slice(from, to))
    },
  })
  return names.filter(name => name === 'up' || name.startsWith('mailclip_'))
}

type Rule = { readonly alert: string; readonly expr: string; readonly annotations: Readonly<Record<string, string>> }

async function rules(): Promise<readonly Rule[]> {
  const file = parse(await textOf('deploy/prometheus/mailclip.rules.yaml'))
  return file.groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules)
}

test('each alert names only numbers that mailclip tells, and says what to do', async () => {
  const names = await namesOf()
  const all = await rules()
  expect(all.length).toBeGreaterThan(10)
  for (const { alert, expr, annotations } of all) {
    const named = metricsIn(expr)
    expect(named.length, alert).toBeGreaterThan(0)
    expect(
      named.filter(name => name !== 'up' && !names.has(name)),
      alert,
    ).toEqual([])
    expect(annotations['description'], alert).toMatch(/\./)
  }
  expect(() => metricsIn('sum(rate(')).toThrow('no PromQL')
})

type Panel = {
  readonly title: string
  readonly gridPos: { readonly x: number; readonly w: number }
  readonly targets: readonly { readonly expr: string }[]
}

/** With what Grafana puts in. */
const filled = (expr: string): string => expr.replaceAll('$__rate_interval', '5m')

test('each panel of the dashboard asks only for numbers that mailclip tells, and each number has its panel', async () => {
  const names = await namesOf()
  const { panels } = JSON.parse(await textOf('deploy/grafana/mailclip.json')) as { readonly panels: readonly Panel[] }
  expect(panels.length).toBeGreaterThan(10)
  for (const { title, expr } of panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))) {
    const named = metricsIn(filled(expr))
    expect(named.length, title).toBeGreaterThan(0)
    expect(
      named.filter(name => !names.has(name)),
      title,
    ).toEqual([])
  }
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(filled(expr)))))
  const kinds = [...names].filter(name => !/_(sum|count)$/.test(name))
  // Each of them is another's part: what is given back is no trouble, a sweep has its age, an upload is a request.
  const apart = ['mailclip_returned_total', 'mailclip_sweeps_total', 'mailclip_upload_seconds_bucket']
  expect(kinds.filter(name => !shown.has(name)).toSorted()).toEqual(apart)
  for (const { title, gridPos } of panels) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
})

test('docs/monitoring.md names each number that mailclip tells, and no other', async () => {
  const told = Array.from((await scraped()).matchAll(/^# TYPE (\S+)/gm), ([, name]) => name)
  const documented = Array.from(
    (await textOf('docs/monitoring.md')).matchAll(/^\| `(mailclip_\w+)` \|/gm),
    ([, name]) => name,
  )
  expect(documented.toSorted()).toEqual(told.toSorted())
})

describeWith('promtool', 'prometheus', 'what Prometheus says', () => {
  test('of the numbers: nothing to mend', async () => {
    const check = async (text: string) => {
      const words = ['-c', 'printf "%s" "$0" | promtool check metrics', text]
      return command('/', 'sh', ...words)
    }
    expect(await check(await scraped())).toEqual({ code: 0, out: '', err: '' })
    expect((await check('# TYPE mailclip_bugs counter\nmailclip_bugs 1\n')).code).not.toBe(0)
  })

  test('of the alerts: each fires on a bad day and none on a good one', async () => {
    const folder = join(ROOT, 'deploy/prometheus')
    expect(await command(folder, 'promtool', 'check', 'rules', 'mailclip.rules.yaml')).toMatchObject({ code: 0 })
    const { code, out, err } = await command(folder, 'promtool', 'test', 'rules', 'mailclip.rules.test.yaml')
    expect(code, out + err).toBe(0)
    const tried = await textOf('deploy/prometheus/mailclip.rules.test.yaml')
    for (const { alert } of await rules()) expect(tried).toContain(`alertname="${alert}"`)
  })
})
