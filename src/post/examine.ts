/** A talk with the relay that hands over no mail: greeting, EHLO, STARTTLS, sign-in, MAIL FROM, RSET. */
import SMTPConnection, { type CustomAuthenticationContext } from 'nodemailer/lib/smtp-connection'
import { Fault } from '../mail/fault.ts'
import { faultOf } from './faults.ts'
import { connectionOf, type PostOptions, TIMEOUTS } from './post.ts'

export type RelayExamined = {
  readonly secure: boolean
  readonly signedIn: boolean
  /** SIZE (RFC 1870) in octets; undefined where the relay names none. */
  readonly maxSize: number | undefined
  /** What it said to the return path; undefined = it takes it. */
  readonly refused: string | undefined
}

/** nodemailer hands a method of ours the connection, commands and all: the one way to say RSET after MAIL FROM that it documents. */
const LOOK = 'X-MAILCLIP-CHECK'

/** @param path the return path to try, `''` for MAIL FROM:<>. Faults of scope `post`, as those of SmtpPost. */
export async function examineRelay(options: PostOptions, path: string, signal: AbortSignal): Promise<RelayExamined> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts }
  const token = await options.accessToken?.()
  const { auth, forceAuth: _, customAuth, ...where } = await connectionOf(options, timeouts, token)
  const talk: Talk = { signedIn: false, maxSize: undefined, refused: undefined }
  const connection = new SMTPConnection({
    ...where,
    customAuth: { ...customAuth, [LOOK]: context => tryPath(context, path, talk) },
  })
  const over = Promise.withResolvers<never>()
  const stop = (): void => over.reject(signal.reason)
  connection.on('error', over.reject).on('end', () => over.reject(new Error('the connection ended')))
  signal.addEventListener('abort', stop, { once: true })
  const step = (act: (done: (error?: Error | null) => void) => void): Promise<void> =>
    Promise.race([
      new Promise<void>((resolve, reject) => act(error => (error ? reject(error) : resolve()))),
      over.promise,
    ])
  try {
    await step(done => connection.connect(done))
    if (auth !== undefined) {
      if (!connection.allowsAuth)
        throw new Fault('4.7.8', 'the relay offers no way to sign in on this connection', { scope: 'post' })
      await step(done => connection.login(auth, done))
      talk.signedIn = true
    }
    await step(done => connection.login({ method: LOOK, user: 'nobody', pass: 'nothing' }, done))
    return { ...talk, secure: connection.secure }
  } catch (error) {
    throw error instanceof Fault ? error : faultOf(error, { offered: false, dotted: false }, signal)
  } finally {
    signal.removeEventListener('abort', stop)
    over.promise.catch(() => undefined)
    connection.quit()
    connection.close()
  }
}

type Talk = { signedIn: boolean; maxSize: number | undefined; refused: string | undefined }

async function tryPath({ sendCommand, maxAllowedSize }: CustomAuthenticationContext, path: string, talk: Talk) {
  talk.maxSize = maxAllowedSize === false ? undefined : maxAllowedSize
  const answer = await sendCommand(`MAIL FROM:<${path}>`)
  if (answer.status >= 400) talk.refused = shown(answer.response)
  await sendCommand('RSET')
}

/** Relays like to repeat addresses. */
const shown = (response: string): string =>
  response
    .replace(/[^\s<>]+@[^\s<>]+/g, '…')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 200)
