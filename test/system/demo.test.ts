import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { mailclip, start } from '../support/process.ts'

const leftovers = (): readonly string[] => readdirSync(tmpdir()).filter(name => name.startsWith('mailclip-demo-'))

test('the demo shows what becomes of a dozen sorts of mail, finds every file as it was sent, and leaves nothing behind', async () => {
  const before = leftovers()
  const { code, out } = await mailclip(['demo', '--once'])
  expect(out).toMatch(/All \d+ became what they should/)
  expect(code).toBe(0)
  for (const outcome of ['delivered', 'bounced', 'discarded']) expect(out).toContain(outcome)
  expect(leftovers()).toEqual(before)
})

test('the demo stays up with its pages until it is told to stop', async () => {
  const demo = start(['demo'])
  const [, status = ''] = await demo.says(/what became of each mail +(http:\S+)/)
  const [, desk = ''] = await demo.says(/the tickets at the desk +(http:\S+)/)
  expect(await (await fetch(status)).text()).toContain('delivered')
  expect(await (await fetch(desk)).text()).toContain('image001.png')
  demo.child.kill('SIGINT')
  expect((await demo.ended).code).toBe(0)
})
