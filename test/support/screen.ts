/** Where a listing command prints, for tests: remembers what was said and how it ended. */
import { PassThrough } from 'node:stream'
import type { Io } from '../../src/cli/table.ts'

export type Screen = Io & {
  readonly said: () => string
  readonly complained: () => string
  readonly code: () => number | undefined
}

export function screen(said: { readonly terminal?: boolean; readonly environment?: Io['environment'] } = {}): Screen {
  const out = Object.assign(new PassThrough({ highWaterMark: 64 * 1024 * 1024 }), { isTTY: said.terminal === true })
  const err = new PassThrough()
  let code: number | undefined
  const all = (stream: PassThrough): string => String(stream.read() ?? '')
  return {
    out,
    err,
    environment: said.environment ?? {},
    now: () => new Date('2026-11-20T12:00:00Z'),
    exit: given => {
      code = given
    },
    said: () => all(out),
    complained: () => all(err),
    code: () => code,
  }
}
