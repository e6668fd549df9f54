import { expect, test } from 'vitest'
import { ask } from '../../src/ops/ask.ts'
import { freePort } from '../support/ports.ts'
import { status } from '../support/status.ts'

const WITHIN = 30_000

async function setup(host: string, token?: string) {
  const { status: server, readiness } = await status({ host, ...(token !== undefined && { token }) })
  return { port: server.port, readiness }
}

test('a daemon that listens on every address is asked on loopback, and says that it lives', async () => {
  const { port } = await setup('0.0.0.0', 'a long random text')
  const asked = await ask('health', { host: '0.0.0.0', port, token: 'a long random text', within: WITHIN })
  expect(asked).toEqual({ well: true, said: 'ok' })
})

test('a daemon that lives but does not work is well, but not ready, and tells who has the token why', async () => {
  const { port, readiness } = await setup('127.0.0.1', 'a long random text')
  readiness.observe({ kind: 'trouble', what: 'ledger', status: '4.3.1', reason: 'the disk is full' })
  const options = { host: '127.0.0.1', port, within: WITHIN }
  expect(await ask('health', { ...options, token: undefined })).toMatchObject({ well: true })
  const told = await ask('ready', { ...options, token: 'a long random text' })
  expect(told).toEqual({ well: false, said: expect.stringContaining('the disk is full') })
  expect(await ask('ready', { ...options, token: undefined })).toEqual({ well: false, said: 'not ready' })
})

test('where nobody listens, nobody is well', async () => {
  const port = await freePort()
  expect(await ask('health', { host: '127.0.0.1', port, token: undefined, within: WITHIN })).toEqual({
    well: false,
    said: `http://127.0.0.1:${port}/health does not answer (ECONNREFUSED)`,
  })
})
