/** Servers that ask for our certificate: a real Dovecot, and a desk over HTTPS. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { examine } from '../../src/cli/check.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { certificate } from '../support/certificate.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup, worldOf } from '../support/road.ts'

/** Lines of dovecot.conf: signs in nobody without a certificate of this authority. */
async function demanding(ca: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-ca-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'ca.pem'), ca, { mode: 0o644 })
  return `ssl_ca = <${folder}/ca.pem\nssl_require_crl = no\nssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\n`
}

/** A mailbox with an inbox of one mail and a desk, both over TLS; `box` and `desk` are what `tls` says of each beside the authority. */
async function road(more: { readonly dovecot?: string; readonly clientCa?: string }) {
  const server = await certificate()
  const road = await setup({
    dovecot: { security: 'tls', certificate: server, ...(more.dovecot === undefined ? {} : { config: more.dovecot }) },
    scripted: { tls: server, ...(more.clientCa === undefined ? {} : { clientCa: more.clientCa }) },
    mailbox: { security: 'tls' },
    // The settings that it would compare by know no authority.
    meddling: true,
  })
  await road.post(letter({ attachments: { 'a.txt': 'first' } }))
  const { mailboxes, desk } = road.written as { readonly mailboxes: readonly object[]; readonly desk: object }
  const ca = server.cert
  const settings = (ofBox: object, ofDesk: object) =>
    parseSettings({
      ...road.written,
      mailboxes: [{ ...mailboxes[0], tls: { ca, ...ofBox } }],
      desk: { ...desk, tls: { ca, ...ofDesk } },
    })
  const suspended = () => road.events.findLast(event => event.kind === 'suspended')
  const failed = async (ofBox: object, ofDesk: object) =>
    (await examine(settings(ofBox, ofDesk), {}, worldOf({ now: road.now().getTime() }))).filter(
      ({ state }) => state === 'failed',
    )
  return { ...road, desk: road.desk, settings, suspended, failed }
}

describeWithDovecot('a mailbox and a desk that let nobody in without a certificate', () => {
  test('are opened by ours; without it, or with somebody else’s, each rests and says why', async () => {
    const [own, other] = [await certificate(['DNS:mailclip']), await certificate(['DNS:somebody-else'])]
    const { settings, sweep, suspended, failed, desk, pass, mails } = await road({
      dovecot: await demanding(own.cert),
      clientCa: own.cert,
    })
    expect(await sweep(settings({}, own))).toBe(77)
    const [mailbox, theDesk] = [/valid SSL certificate/, /no connection to the desk \(ERR_SSL_.*_ALERT_/]
    expect(suspended()).toMatchObject({ site: 'mailbox support', reason: expect.stringMatching(mailbox) })
    // Another certificate is another try: the credentials have changed.
    expect(await sweep(settings(other, own))).toBe(77)
    expect(await sweep(settings(own, {}))).toBe(69)
    expect(suspended()).toMatchObject({ status: '4.4.1', reason: expect.stringMatching(theDesk) })
    pass(60_000)
    expect(await failed(other, {})).toMatchObject([
      { check: 'sign-in', remedy: expect.stringMatching(/name it in mailboxes\[\]\.tls\.cert and its key in/) },
      {
        check: 'credentials',
        remedy: expect.stringMatching(/name it in desk\.tls\.cert and its key in desk\.tls\.key/),
      },
    ])
    expect(desk.requests).toEqual([])
    expect(await sweep(settings(own, own))).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect(await mails()).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })
})
