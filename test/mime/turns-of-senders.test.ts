import { execFileSync } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Offenders } from '../../src/mime/offenders.ts'
import { file, multipart, outline, plain, setup } from './parsing.ts'

/** A pipe that is held open: a mail that comes to no end before `write` gives it one. */
async function endless(folder: string) {
  const path = join(folder, 'raw.eml')
  execFileSync('mkfifo', [path])
  const held = await open(path, 'r+')
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await held.close()
    isOpen = false
  }
  onTestFinished(close)
  const write = async (mail: string): Promise<void> => {
    await held.writeFile(mail)
    await close()
  }
  return { path, write }
}

/** Mails go in by sender; `ends` names them in the order in which they are done. */
async function pool(options: { readonly children: number; readonly deadline?: number }) {
  const { parser, folder } = await setup(options)
  const stop = new AbortController()
  const ends: string[] = []
  /** Its folder is there before it goes in: mails go in in the order in which they are started. */
  const ready = async (name: string, raw: string, sender: string | undefined) => {
    const job = { raw, folder: await folder(), sender }
    return async (): Promise<void> => {
      await parser.parse(job, stop.signal).catch(() => undefined)
      ends.push(name)
    }
  }
  const small = async (name: string, sender: string | undefined) => {
    const raw = join(await folder(), 'raw.eml')
    await writeFile(raw, plain(name))
    return ready(name, raw, sender)
  }
  const hostile = async (name: string, sender: string | undefined) => {
    const { path } = await endless(await folder())
    return ready(name, path, sender)
  }
  return { parser, folder, ends, small, hostile, stop: () => stop.abort(new Error('over')) }
}

describe('mails are parsed by turns of their senders', () => {
  test('a sender of many mails is served in turn with another one', async () => {
    const { small, ends } = await pool({ children: 1 })
    const many = [
      await small('a1', 'a@x.org'),
      await small('a2', 'A@X.ORG'),
      await small('a3', 'a@x.org'),
      await small('a4', 'a@x.org'),
    ]
    const one = await small('b1', 'b@x.org')
    await Promise.all([...many, one].map(start => start()))
    expect(ends).toEqual(['a1', 'a2', 'b1', 'a3', 'a4'])
  })

  test('mails whose sender is unknown are one sender’s', async () => {
    const { small, ends } = await pool({ children: 1 })
    const mails = [await small('1', undefined), await small('2', undefined), await small('3', undefined)]
    const one = await small('b', 'b@x.org')
    await Promise.all([...mails, one].map(start => start()))
    expect(ends).toEqual(['1', '2', 'b', '3'])
  })
})

describe.runIf(process.platform === 'linux')('a hostile mail delays others by a moment', () => {
  test('a sender whose mail met the deadline goes behind all others', async () => {
    const { small, hostile, ends } = await pool({ children: 1, deadline: 500 })
    await (await hostile('slow', 'bad@x.org'))()
    const mails = [
      await hostile('in work', 'other@x.org'),
      await small('bad 1', 'bad@x.org'),
      await small('bad 2', 'Bad@x.org'),
      await small('good 1', 'good@x.org'),
      await small('good 2', 'good@x.org'),
    ]
    await Promise.all(mails.map(start => start()))
    expect(ends).toEqual(['slow', 'in work', 'good 1', 'good 2', 'bad 1', 'bad 2'])
  })

  test('good mails of others are done while hostile mails of as many senders wait for their deadline', async () => {
    const { small, hostile, ends, stop } = await pool({ children: 2, deadline: 60_000 })
    const bad = [1, 2, 3, 4, 5].map(n => hostile(`bad ${n}`, `bad${n}@x.org`))
    const good = [1, 2, 3, 4, 5].map(n => small(`good ${n}`, `good${n}@x.org`))
    const running = (await Promise.all(bad)).map(start => start())
    await Promise.all((await Promise.all(good)).map(start => start()))
    expect(ends.toSorted()).toEqual(['good 1', 'good 2', 'good 3', 'good 4', 'good 5'])
    stop()
    await Promise.all(running)
  })

  test('a mail that was stopped for others is parsed anew, and whole', async () => {
    const { parser, folder, small, hostile, stop } = await pool({ children: 2, deadline: 60_000 })
    const first = (await hostile('hostile', 'bad@x.org'))()
    const slow = await endless(await folder())
    const begun: string[] = []
    const begin = async () => {
      begun.push('begun')
      return { [Symbol.asyncDispose]: async () => void begun.push('ended') }
    }
    const job = { raw: slow.path, folder: await folder(), sender: 'slow@x.org' }
    const parsing = parser.parse(job, new AbortController().signal, begin)
    await (await small('good', 'good@x.org'))()
    expect(begun).toEqual(['begun', 'ended'])
    stop()
    await first
    await slow.write(multipart('mixed', plain('text'), file('a.pdf', 'whole')))
    expect(outline(await parsing)).toEqual(['1 body', '2 file a.pdf'])
    expect(begun).toEqual(['begun', 'ended', 'begun', 'ended'])
  })
})

test('a thousand senders are remembered, the one that offended longest ago is forgotten first', () => {
  const offenders = new Offenders()
  for (let n = 0; n < 1_000; n += 1) offenders.add(`${n}@x.org`)
  offenders.add('0@x.org')
  offenders.add('new@x.org')
  expect(['0@x.org', '1@x.org', '2@x.org', 'new@x.org'].map(one => offenders.has(one))).toEqual([
    true,
    false,
    true,
    true,
  ])
})
