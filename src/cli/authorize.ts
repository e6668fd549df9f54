/** `mailclip authorize [MAILBOX]`: a person signs in at the provider once, and the refresh token that comes of it is kept in the ledger, sealed. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import type { Command } from 'commander'
import type { MailboxSettings, OAuthSettings, Settings } from '../config/schema.ts'
import { Fault } from '../mail/fault.ts'
import { byBrowser, byDevice } from '../oauth/authorize.ts'
import { Endpoint } from '../oauth/endpoint.ts'
import { kindOf, pagesOf } from '../oauth/grant.ts'
import { keepIn } from '../oauth/keep.ts'
import { EXIT } from './exit.ts'
import { openBeside } from './open-ledger.ts'
import { postSite } from './policy.ts'
import { openSettings } from './settings.ts'
import { tunnelOf } from './sign-in.ts'
import { stopSignals } from './stopping.ts'
import type { World } from './world.ts'

export type AuthorizeOptions = {
  /** In a browser on this machine, though the provider has a way by code. */
  readonly browser?: boolean
  /** Of the loopback, for providers that want the address registered. */
  readonly port?: number
  /** Write the token to standard output, for a secret file, and keep nothing. */
  readonly print?: boolean
}

/** Resolves with 0; 64 when the mailbox is none that a person signs in to. Throws Faults 4.7.8, 4.4.1, and 4.3.1 without a ledger to keep it in. */
export async function authorize(
  name: string | undefined,
  options: AuthorizeOptions,
  program: Command,
  world: World,
): Promise<number> {
  const settings = await openSettings(program, world)
  const found = boxToAuthorize(settings, name)
  if (typeof found === 'string') {
    world.err.write(`mailclip: ${found}\n`)
    return EXIT.usage
  }
  // Asked before the person is: a token that cannot be kept is a sign-in for nothing.
  await using ledger = options.print ? undefined : await openBeside(settings, world)
  const token = await signIn(found.oauth2, options, settings, world)
  const { box, oauth2 } = found
  if (ledger === undefined) {
    world.out.write(`${token}\n`)
    world.err.write('Put this into a file of mode 0600 and name it in the configuration: refreshToken: ${file:…}\n')
    return EXIT.ok
  }
  await keepIn(ledger, oauth2, { salt: ledger.secret, user: box.user })?.remember(token)
  // Whoever has just signed in need not wait for the end of a suspension.
  await ledger.resume(`mailbox ${box.name}`)
  const post = postSite(box, settings)
  if (post !== undefined) await ledger.resume(post)
  world.out.write(`${box.name} is authorized; the refresh token is kept in the ledger, sealed\n`)
  return EXIT.ok
}

type Found = { readonly box: MailboxSettings; readonly oauth2: OAuthSettings }

function boxToAuthorize({ mailboxes }: Settings, name: string | undefined): Found | string {
  const delegated = mailboxes.flatMap(box =>
    box.oauth2 !== undefined && kindOf(box.oauth2) === 'refresh_token' ? [{ box, oauth2: box.oauth2 }] : [],
  )
  if (delegated.length === 0)
    return 'no mailbox has an oauth2 section that a person signs in for (grant: refresh_token, or a refreshToken)'
  const named = delegated.filter(({ box }) => name === undefined || box.name === name)
  const [only] = named
  if (only !== undefined && named.length === 1) return only
  const names = delegated.map(({ box }) => box.name).join(', ')
  return name === undefined ? `name one of the mailboxes: ${names}` : `${name} cannot be authorized; there are ${names}`
}

function signIn(
  oauth2: OAuthSettings,
  { browser, port = 0 }: AuthorizeOptions,
  settings: Settings,
  world: World,
): Promise<string> {
  const { device, browser: page } = pagesOf(oauth2)
  const asking = {
    oauth2,
    endpoint: new Endpoint({ ca: oauth2.ca, tunnel: tunnelOf(oauth2.proxy) }),
    clock: world,
    say: (line: string) => void world.err.write(`${line}\n`),
    signal: stopSignals(world, settings.drain).stop,
  }
  if (device !== undefined && !browser) return byDevice(asking, device)
  if (page !== undefined) return byBrowser(asking, page, port)
  throw new Fault('4.7.8', 'the configuration names no page to sign in at; write oauth2.deviceUrl or authorizeUrl')
}
