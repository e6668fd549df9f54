/** Sight and fetch, on a real server. */
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { proxy } from '../support/proxy.ts'
import { rewriting } from '../support/rewriting.ts'
import { faultOf, fetchedOf, letter, mailboxAt, Sink, setup, signal } from './setup.ts'

/** What the server says is written anew on its way. */
async function throughRewriting(rewrite: (text: string) => string) {
  const { server } = await setup()
  return { server, mailbox: mailboxAt({ ...server, port: await rewriting(server.port, rewrite) }) }
}

describeWithDovecot('a watched folder', () => {
  test('shows every mail with its header octet for octet, its size and its outline', async () => {
    const { server, mailbox } = await setup()
    const raws = Array.from({ length: 120 }, (_, n) => letter(`I161026_${n}`, 200, 'X-Odd: caf\xe9\r\n\tfolded \r\n'))
    await server.deliverMany(raws.map(raw => Buffer.from(raw, 'latin1')))
    await mailbox.refresh(signal)
    const uids = await mailbox.uids(0, signal)
    expect(uids).toEqual(raws.map((_, n) => n + 1))
    const seen = await mailbox.sight(uids, signal)
    expect(seen.map(({ header }) => header.toString('latin1'))).toEqual(
      raws.map(raw => raw.slice(0, raw.indexOf('\r\n\r\n') + 4)),
    )
    expect(seen[7]).toMatchObject({ uid: 8, size: raws[7]?.length, seen: false })
    expect(seen[7]?.arrivedAt.getTime()).toBeGreaterThan(Date.now() - 600_000)
    expect(seen[7]?.outline).toEqual([
      { part: '1', type: 'text/plain', name: undefined, disposition: undefined, encodedSize: 6 },
      { part: '2', type: 'application/pdf', name: 'scan.pdf', disposition: 'attachment', encodedSize: 232 },
    ])
  })

  test('outlines a mail of one part as part 1, a forwarded mail as one leaf, and decodes names', async () => {
    const { server, mailbox } = await setup()
    const file = "Content-Type: image/png; name*=utf-8''caf%C3%A9.png\r\nContent-Disposition: inline\r\n\r\nx\r\n"
    const forwarded = `Content-Type: message/rfc822\r\n\r\n${letter('inner', 100)}`
    const mixed = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n'
    await server.deliver(`Subject: pdf\r\nContent-Type: Application/PDF; name="a.pdf"\r\n\r\nx\r\n`)
    await server.deliver(`Subject: two\r\n${mixed}--outer\r\n${file}--outer\r\n${forwarded}\r\n--outer--\r\n`)
    await mailbox.refresh(signal)
    const [single, two] = await mailbox.sight([1, 2], signal)
    expect(single?.outline).toMatchObject([{ part: '1', type: 'application/pdf', name: 'a.pdf' }])
    expect(two?.outline).toMatchObject([
      { part: '1', type: 'image/png', name: 'café.png', disposition: 'inline' },
      { part: '2', type: 'message/rfc822' },
    ])
  })

  test('reads no more than one MiB of a header', async () => {
    const { server, mailbox } = await setup()
    await server.deliver(`Subject: long\r\n${`X-Filler: ${'y'.repeat(900)}\r\n`.repeat(1_500)}\r\nHello.\r\n`)
    await mailbox.refresh(signal)
    const [long] = await mailbox.sight([1], signal)
    expect(long?.header.length).toBe(2 ** 20)
  })

  test('leaves out mails that vanished before they were looked at', async () => {
    const { server, mailbox } = await setup()
    await server.deliverMany([letter('a'), letter('b'), letter('c')])
    await mailbox.refresh(signal)
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'uid', '2')
    await mailbox.refresh(signal)
    const seen = await mailbox.sight([1, 2, 3], signal)
    expect(seen.map(({ uid }) => uid)).toEqual([1, 3])
  })

  test('shows a mail whose outline cannot be read, without it, and leaves none out that is there', async () => {
    const { server, mailbox } = await throughRewriting(text =>
      text.replaceAll(/(\* 2 FETCH .*BODYSTRUCTURE) \(/g, '$1 )'),
    )
    await server.deliverMany([letter('a'), letter('b'), letter('c')])
    await mailbox.refresh(signal)
    const seen = await mailbox.sight([1, 2, 3], signal)
    expect(seen.map(({ uid, outline }) => [uid, outline === undefined])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ])
  })

  test('is not taken to have lost a mail that the server does not hand out', async () => {
    const { server, mailbox } = await throughRewriting(text => text.replaceAll(/(\* 2 FETCH .*RFC822.SIZE) /g, '$1 )'))
    await server.deliverMany([letter('a'), letter('b'), letter('c')])
    await mailbox.refresh(signal)
    expect(await faultOf(mailbox.sight([1, 2, 3], signal))).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
  })

  test('shows a mail whose flags cannot be read', async () => {
    const { server, mailbox } = await throughRewriting(text => text.replaceAll(/(\* 2 FETCH .*FLAGS) \(/g, '$1 (a"b '))
    await server.deliverMany([letter('a'), letter('b'), letter('c')])
    await mailbox.refresh(signal)
    expect((await mailbox.sight([1, 2, 3], signal)).map(({ uid }) => uid)).toEqual([1, 2, 3])
  })

  test.each([
    ['that cannot be read', 'SEARCH  1 2 3'],
    ['that leaves one out', 'SEARCH 1 3'],
  ])('does not believe a list %s', async (_, said) => {
    const { server, mailbox } = await throughRewriting(text => text.replace('SEARCH 1 2 3', said))
    await server.deliverMany([letter('a'), letter('b'), letter('c')])
    await mailbox.refresh(signal)
    expect(await faultOf(mailbox.uids(0, signal))).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
  })

  test('shows newcomers after it was asked for news, and no old mail above the last one', async () => {
    const { server, mailbox } = await setup()
    await server.deliver(letter('old'))
    await mailbox.refresh(signal)
    expect(await mailbox.uids(1, signal)).toEqual([])
    await server.deliver(letter('new'))
    await mailbox.refresh(signal)
    expect(await mailbox.uids(1, signal)).toEqual([2])
    expect(await mailbox.uids(0, signal)).toEqual([1, 2])
  })

  test.each([5, 40])('hands out a mail of %i MB octet for octet', async megabytes => {
    const { server, mailbox, ref } = await setup()
    const raw = Buffer.from(letter('large', megabytes * 1e6))
    const uid = await server.deliver(raw)
    const sink = new Sink()
    expect(await mailbox.fetch(await ref(uid), sink, signal)).toEqual(fetchedOf(raw))
    expect(sink.octets.equals(raw)).toBe(true)
    expect(sink.writableFinished).toBe(true)
  })

  test.each([
    ['of exactly one chunk', 4 * 2 ** 20],
    ['one octet short of a chunk', 4 * 2 ** 20 - 1],
    ['one octet longer than a chunk', 4 * 2 ** 20 + 1],
  ])('hands out a mail %s', async (_, size) => {
    const { server, mailbox, ref } = await setup()
    const raw = Buffer.concat([Buffer.from('Subject: x\r\n\r\n'), Buffer.alloc(size - 14, 'a')])
    const sink = new Sink()
    expect(await mailbox.fetch(await ref(await server.deliver(raw)), sink, signal)).toEqual(fetchedOf(raw))
    expect(sink.octets.equals(raw)).toBe(true)
  })

  test('is read without anybody noticing: \\Seen stays as it was', async () => {
    const { server, mailbox, ref } = await setup()
    await server.deliverMany([letter('one', 500), letter('two', 500)])
    await server.deliver(letter('three'), 'INBOX', ['\\Seen'])
    await mailbox.refresh(signal)
    const seen = await mailbox.sight([1, 2, 3], signal)
    await mailbox.fetch(await ref(1), new Sink(), signal)
    expect(seen.map(one => one.seen)).toEqual([false, false, true])
    expect((await server.folder('INBOX')).map(({ flags }) => flags)).toEqual([[], [], ['\\Seen']])
  })

  test('does not say gone of a mail that the server names and does not show', async () => {
    const { server, mailbox } = await throughRewriting(text => text.replaceAll('FETCH (', 'FETCH ) ('))
    const uid = await server.deliver(letter('there'))
    const { folder, uidValidity } = await mailbox.refresh(signal)
    const fetching = mailbox.fetch({ mailbox: 'support', folder, uidValidity, uid }, new Sink(), signal)
    expect(await faultOf(fetching)).toMatchObject({ status: '4.4.2' })
  })

  test('has done with the sink when it gives up, so that its place can be used again', async () => {
    const { server, mailbox, ref } = await setup()
    const gone = await ref(await server.deliver(letter('short')))
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'all')
    let isClosed = false
    const sink = new Writable({
      write: (_chunk, _encoding, done) => done(),
      destroy: (error, done) => {
        setTimeout(() => {
          isClosed = true
          done(error)
        }, 50)
      },
    })
    expect(await mailbox.fetch(gone, sink, signal)).toBe('gone')
    expect(isClosed).toBe(true)
  })

  test('says gone of a mail that was removed before it was fetched, and closes the sink', async () => {
    const { server, mailbox, ref } = await setup()
    const gone = await ref(await server.deliver(letter('short')))
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'all')
    const sink = new Sink()
    expect(await mailbox.fetch(gone, sink, signal)).toBe('gone')
    expect(sink.destroyed).toBe(true)
    expect(sink.writableFinished).toBe(false)
  })

  test('never takes another mail for the one it knew under an older UIDVALIDITY', async () => {
    const { server, mailbox, ref } = await setup()
    const before = await ref(await server.deliver(letter('first')))
    await server.doveadm('mailbox', 'update', '--uid-validity', '4711', '-u', server.user, 'INBOX')
    expect(await mailbox.refresh(signal)).toMatchObject({ folder: 'INBOX', uidValidity: '4711' })
    expect(await mailbox.fetch(before, new Sink(), signal)).toBe('void')
    expect(await mailbox.file(before, { folder: 'Held', flag: '\\Flagged' }, signal)).toBe('void')
    expect(await server.folder('INBOX')).toMatchObject([{ flags: [] }])
    expect(await mailbox.fetch({ ...before, uidValidity: '4711' }, new Sink(), signal)).toEqual(
      fetchedOf(letter('first')),
    )
  })

  test('gives no UIDs of a new numbering to who still counts in the old one', async () => {
    const { server, mailbox } = await setup()
    await server.deliver(letter('first'))
    await mailbox.refresh(signal)
    await server.doveadm('mailbox', 'update', '--uid-validity', '4711', '-u', server.user, 'INBOX')
    expect(await faultOf(mailbox.uids(0, signal))).toMatchObject({ status: '4.4.2', scope: 'mailbox' })
    expect(await faultOf(mailbox.uids(0, signal))).toMatchObject({ status: '4.4.2', scope: 'mailbox' })
    await mailbox.refresh(signal)
    expect(await mailbox.uids(0, signal)).toEqual([1])
  })

  test('fetches a filed mail from where it lies, and goes on watching its own folder', async () => {
    const { server, mailbox } = await setup()
    await mailbox.refresh(signal)
    const uid = await server.deliver(letter('held', 300), 'Mailclip.Held')
    const uidValidity = await server.uidValidity('Mailclip.Held')
    const sink = new Sink()
    await mailbox.fetch({ mailbox: 'support', folder: 'Mailclip.Held', uidValidity, uid }, sink, signal)
    expect(sink.octets.toString()).toBe(letter('held', 300))
    await server.deliver(letter('new'))
    await mailbox.waitForNews(signal)
    await mailbox.refresh(signal)
    expect(await mailbox.uids(0, signal)).toEqual([1])
    const nowhere = { mailbox: 'support', folder: 'Mailclip.Gone', uidValidity, uid }
    expect(await mailbox.fetch(nowhere, new Sink(), signal)).toBe('gone')
  })
})

describeWithDovecot('news', () => {
  test('wake the one who waits when a mail arrives', async () => {
    const { server, mailbox } = await setup()
    await mailbox.refresh(signal)
    const news = mailbox.waitForNews(AbortSignal.timeout(20_000)).then(() => 'news')
    await server.deliver(letter('new'))
    expect(await news).toBe('news')
    await mailbox.refresh(signal)
    expect(await mailbox.uids(0, signal)).toEqual([1])
  })

  test('are not kept back by the commands of the meantime', async () => {
    const { server, mailbox, ref } = await setup()
    await server.deliver(letter('one', 300))
    const one = await ref(1)
    const news = mailbox.waitForNews(signal)
    await mailbox.fetch(one, new Sink(), signal)
    await server.deliver(letter('two'))
    await mailbox.fetch(one, new Sink(), signal)
    await news
  })

  test('come when the connection ends, once, and then only after somebody has connected again', async () => {
    const { server, mailbox } = await setup({})
    await mailbox.refresh(signal)
    const news = mailbox.waitForNews(signal)
    await server.stop()
    await news
    await faultOf(mailbox.refresh(signal))
    const later = mailbox.waitForNews(signal).then(() => 'news' as const)
    expect(await Promise.race([later, sleep(300, 'quiet')])).toBe('quiet')
    await server.start()
    await mailbox.refresh(signal)
    await server.deliver(letter('new'))
    expect(await later).toBe('news')
  })

  test('leave the one who stops waiting in peace', async () => {
    const { mailbox } = await setup()
    const stop = new AbortController()
    const news = mailbox.waitForNews(stop.signal)
    stop.abort()
    await news
  })
})

describeWithDovecot('a connection', () => {
  test('is made anew when the server was stopped and started again', async () => {
    const { server, mailbox } = await setup({})
    await server.deliver(letter('one'))
    await mailbox.refresh(signal)
    await server.stop()
    expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.4.1', scope: 'mailbox' })
    await server.start()
    await mailbox.refresh(signal)
    expect(await mailbox.uids(0, signal)).toEqual([1])
  })

  test.each([
    ['ended', 'end'],
    ['reset', 'reset'],
    ['stalled', 'stall'],
  ] as const)('%s in the middle of a mail is a fault of that mail, and nothing is taken for whole', async (_, what) => {
    const { server } = await setup()
    const raw = Buffer.from(letter('large', 10e6))
    const uid = await server.deliver(raw)
    const between = await proxy(server)
    onTestFinished(() => between.close())
    const timeouts = { connect: 5_000, greeting: 5_000, idle: 1_500, renew: 60_000 }
    const mailbox = mailboxAt({ ...server, port: between.port }, { timeouts })
    const ref = { mailbox: 'support', ...(await mailbox.refresh(signal)), uid }
    for (const after of [20_000, 5_000_000, 9_999_999]) {
      between.script({ toClient: { after, what } })
      const sink = new Sink()
      expect(await faultOf(mailbox.fetch(ref, sink, signal))).toMatchObject({ status: '4.4.2', scope: 'mail' })
      expect(sink.writableFinished).toBe(false)
      expect(sink.destroyed).toBe(true)
      between.script({})
      between.drop()
      await mailbox.refresh(signal)
    }
    const sink = new Sink()
    await mailbox.fetch(ref, sink, signal)
    expect(sink.octets.equals(raw)).toBe(true)
  })

  test('that died without a word is replaced at the next look', async () => {
    const { server } = await setup()
    await server.deliver(letter('one'))
    const between = await proxy(server)
    onTestFinished(() => between.close())
    const mailbox = mailboxAt(
      { ...server, port: between.port },
      { timeouts: { connect: 5_000, greeting: 5_000, idle: 300, renew: 60_000 } },
    )
    await mailbox.refresh(signal)
    between.script(connection => (connection === 1 ? { toServer: { what: 'stall' } } : {}))
    await mailbox.refresh(signal)
    expect(between.connections()).toBe(2)
  })

  test('is kept when a fetch is called off', async () => {
    const { server } = await setup()
    const uid = await server.deliver(letter('large', 20e6))
    const between = await proxy(server)
    onTestFinished(() => between.close())
    const mailbox = mailboxAt({ ...server, port: between.port })
    const ref = { mailbox: 'support', ...(await mailbox.refresh(signal)), uid }
    between.script({ toClient: { after: 100_000, what: 'slow', delay: 5 } })
    const off = new AbortController()
    const sink = new Sink()
    const fetching = mailbox.fetch(ref, sink, off.signal)
    while (sink.octets.length === 0) await sleep(10)
    off.abort(new Error('called off'))
    await expect(fetching).rejects.toThrow('called off')
    expect(sink.destroyed).toBe(true)
    between.script({})
    expect(await mailbox.fetch(ref, new Sink(), signal)).toEqual(fetchedOf(letter('large', 20e6)))
    expect(between.connections()).toBe(1)
  })

  test('answers one question after the other, however many are asked at once', async () => {
    const { server } = await setup()
    const raws = Array.from({ length: 8 }, (_, n) => letter(`m${n}`, 6e6))
    await server.deliverMany(raws.slice(0, 4))
    await server.deliverMany(raws.slice(4), 'Held')
    const between = await proxy(server)
    onTestFinished(() => between.close())
    const mailbox = mailboxAt({ ...server, port: between.port })
    const [place] = await Promise.all([mailbox.refresh(signal), mailbox.folders(signal), mailbox.refresh(signal)])
    const held = { folder: 'Held', uidValidity: await server.uidValidity('Held') }
    const places = [place, place, place, place, held, held, held, held]
    const sinks = raws.map(() => new Sink())
    // In turns from one folder and the other: an answer to the wrong question would be another mail.
    const fetches = [0, 4, 1, 5, 2, 6, 3, 7].map(n =>
      mailbox.fetch({ mailbox: 'support', ...(places[n] ?? place), uid: (n % 4) + 1 }, sinks[n] ?? new Sink(), signal),
    )
    const [uids] = await Promise.all([mailbox.uids(0, signal), ...fetches])
    expect(uids).toEqual([1, 2, 3, 4])
    expect(sinks.map(sink => sink.octets.equals(Buffer.from(raws[sinks.indexOf(sink)] ?? '')))).not.toContain(false)
    expect(between.connections()).toBe(1)
  })

  test('says goodbye when it is no longer needed, and what is asked then is a fault', async () => {
    const { server, mailbox } = await setup({})
    await mailbox.refresh(signal)
    const news = mailbox.waitForNews(signal)
    await mailbox[Symbol.asyncDispose]()
    await news
    await expect.poll(() => server.log()).toContain('Logged out')
    expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.4.1', scope: 'mailbox' })
  })
})
