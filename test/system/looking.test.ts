import { expect, test } from 'vitest'
import type { Event } from '../../src/gateway/events.ts'
import { certificate } from '../support/certificate.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup } from '../support/road.ts'

type Of<K extends Event['kind']> = Extract<Event, { readonly kind: K }>

describeWithDovecot('what is told of the servers', () => {
  test('each question to mailbox, desk and relay is told with its answer, and names no mail', async () => {
    const { post, sweep, desk, events } = await setup()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await post(letter({ subject: 'no number', attachments: { 'b.txt': 'second' } }))
    desk.will(201)
    await sweep()
    const asked = events.filter((event): event is Of<'asked'> => event.kind === 'asked')
    const verbs = new Set(asked.map(({ site, verb }) => `${site.replace(/ .*/, '')} ${verb}`))
    for (const verb of [
      'mailbox refresh',
      'mailbox sight',
      'mailbox fetch',
      'mailbox file',
      'desk list',
      'desk attach',
      'post send',
    ])
      expect(verbs).toContain(verb)
    expect(asked.filter(({ status }) => status !== '2.0.0')).toEqual([])
    expect(JSON.stringify(asked)).not.toMatch(/I161026|ada@/)
  })

  test('a question that failed is told with the status of the failure', async () => {
    const { post, sweep, desk, events } = await setup()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    desk.will('keep and hang up')
    await sweep()
    const failed = events.filter(event => event.kind === 'asked' && event.status !== '2.0.0')
    expect(failed).toMatchObject([{ verb: 'attach', status: '4.4.2' }])
  })

  test('the end of the mail server’s certificate is told, once for all its connections', async () => {
    const pair = await certificate()
    const { post, sweep, events } = await setup({
      dovecot: { security: 'tls', certificate: pair },
      mailbox: { security: 'tls', tls: { ca: pair.cert, servername: 'localhost' } },
    })
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await sweep()
    const ends = events.filter((event): event is Of<'expires'> => event.kind === 'expires')
    expect(ends).toMatchObject([{ site: 'mailbox support', what: 'certificate' }])
    expect(ends[0]?.days).toBe(
      Math.floor(((ends[0]?.at.getTime() ?? 0) - Date.parse('2026-11-23T10:00:00Z')) / 86_400_000),
    )
  })
})
