import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { lineOf } from '../../src/ops/lines.ts'
import { ROOT } from '../support/bench.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup } from '../support/road.ts'

type Documented = { readonly levels: readonly string[]; readonly fields: readonly string[] }

/** By event, as docs/logs.md has it; a field that may be absent ends in `?`. */
async function documented(): Promise<ReadonlyMap<string, Documented>> {
  const rows = (await readFile(join(ROOT, 'docs/logs.md'), 'utf8')).matchAll(/^\| `(\w+)` \| ([a-z, ]+) \|([^|]*)\|/gm)
  return new Map(
    Array.from(rows, ([, event = '', levels = '', fields = '']) => [
      event,
      { levels: levels.split(', '), fields: [...fields.matchAll(/`([\w?]+)`/g)].map(([, name = '']) => name) },
    ]),
  )
}

/** By kind, as the type of events has it. */
async function typed(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(ROOT, 'src/gateway/events.ts'), 'utf8')
  const kinds = new Map<string, readonly string[]>()
  ts.createSourceFile('events.ts', text, ts.ScriptTarget.Latest, true).forEachChild(node => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== 'Event' || !ts.isUnionTypeNode(node.type)) return
    for (const one of node.type.types.filter(ts.isTypeLiteralNode)) {
      const members = one.members.filter(ts.isPropertySignature)
      const kind =
        members
          .find(({ name }) => name.getText() === 'kind')
          ?.type?.getText()
          .slice(1, -1) ?? ''
      const fields = members.filter(({ name }) => name.getText() !== 'kind').map(fieldOf)
      kinds.set(kind, fields.includes('ref') ? ['mailbox', ...fields] : fields)
    }
  })
  return kinds
}

const fieldOf = ({ name, questionToken, type }: ts.PropertySignature): string =>
  `${name.getText()}${questionToken !== undefined || type?.getText().includes('| undefined') ? '?' : ''}`

test('docs/logs.md names each event with its fields, in their order', async () => {
  const [told, known] = [await documented(), await typed()]
  expect(known.size).toBeGreaterThan(15)
  expect([...told].map(([event, { fields }]) => [event, fields])).toEqual([...known])
})

describeWithDovecot('the lines of a real day', () => {
  test('have the fields that docs/logs.md promises, at the levels it names, and an id that joins a mail’s', async () => {
    const told = await documented()
    const { post, sweep, desk, events } = await setup()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await post(letter({ subject: 'no number', attachments: { 'b.txt': 'second' } }))
    desk.will('keep and hang up')
    await sweep()
    const lines = events.map(lineOf)
    for (const { level, event, fields } of lines) {
      const { levels, fields: promised } = told.get(event) ?? { levels: [], fields: [] }
      expect(levels, event).toContain(level)
      const there = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]))
      expect(
        there.filter(name => !promised.includes(name) && !promised.includes(`${name}?`)),
        event,
      ).toEqual([])
      expect(
        promised.filter(name => !name.endsWith('?') && !there.includes(name)),
        event,
      ).toEqual([])
    }
    const ofOne = lines.filter(({ fields }) => fields['id'] === '1').map(({ event }) => event)
    for (const event of ['sighted', 'claimed', 'uncertain', 'concluded']) expect(ofOne).toContain(event)
    expect(lines.filter(({ event }) => event === 'concluded').length).toBe(2)
  })
})
