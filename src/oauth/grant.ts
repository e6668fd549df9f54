/** What is said to a token endpoint, by provider and kind of credentials: one request form for each (RFC 6749, RFC 7523). */
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import type { Clock } from '../gateway/ports.ts'

/** As configured. Certificate and key file are contents, not paths. */
export type OAuthOptions = {
  readonly provider?: 'microsoft' | 'google' | undefined
  readonly tenant?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  /** PEM of certificate and key, one after the other. */
  readonly clientCertificate?: string | undefined
  readonly refreshToken?: string | undefined
  /** The JSON key file. */
  readonly serviceAccount?: string | undefined
  readonly subject?: string | undefined
  readonly tokenUrl?: string | undefined
  readonly scope?: string | undefined
  readonly grant?: 'client_credentials' | 'refresh_token' | undefined
  /** Where a person signs in: by a code, and in a browser. */
  readonly deviceUrl?: string | undefined
  readonly authorizeUrl?: string | undefined
  /** Seals what is kept, where the client has no secret of its own. */
  readonly sealingKey?: string | undefined
}

export type GrantKind = 'client_credentials' | 'refresh_token' | 'service_account'

type ServiceAccount = {
  readonly client_email: string
  readonly private_key: string
  readonly private_key_id?: string
  readonly token_uri?: string
}

const GOOGLE = 'https://oauth2.googleapis.com/token'
/** Seconds that a signed assertion is good for: Microsoft and Google take up to ten minutes and an hour. */
const ASSERTION = 600

const SCOPES = {
  microsoft: {
    client_credentials: 'https://outlook.office365.com/.default',
    refresh_token:
      'https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access',
  },
  google: { service_account: 'https://mail.google.com/', refresh_token: 'https://mail.google.com/' },
} as const

export function kindOf({ provider, serviceAccount, refreshToken, grant }: OAuthOptions): GrantKind {
  if (serviceAccount !== undefined) return 'service_account'
  if (grant !== undefined) return grant
  return refreshToken !== undefined || provider === 'google' ? 'refresh_token' : 'client_credentials'
}

export function tokenUrlOf(options: OAuthOptions): string {
  if (options.tokenUrl !== undefined) return options.tokenUrl
  if (options.provider === 'microsoft')
    return `https://login.microsoftonline.com/${encodeURIComponent(options.tenant ?? 'common')}/oauth2/v2.0/token`
  return (options.serviceAccount === undefined ? undefined : accountOf(options.serviceAccount).token_uri) ?? GOOGLE
}

/** The pages to sign in at. Google has no way by code that opens a mailbox. */
export function pagesOf({ provider, tenant = 'common', deviceUrl, authorizeUrl }: OAuthOptions): {
  readonly device: string | undefined
  readonly browser: string | undefined
} {
  const microsoft = `https://login.microsoftonline.com/${encodeURIComponent(tenant)}/oauth2/v2.0`
  switch (provider) {
    case 'microsoft':
      return { device: deviceUrl ?? `${microsoft}/devicecode`, browser: authorizeUrl ?? `${microsoft}/authorize` }
    case 'google':
      return { device: deviceUrl, browser: authorizeUrl ?? 'https://accounts.google.com/o/oauth2/v2/auth' }
    default:
      return { device: deviceUrl, browser: authorizeUrl }
  }
}

export function scopeOf(options: OAuthOptions): string | undefined {
  if (options.scope !== undefined || options.provider === undefined) return options.scope
  const scopes: Readonly<Partial<Record<GrantKind, string>>> = SCOPES[options.provider]
  return scopes[kindOf(options)]
}

/** The form to post. `refreshToken` is the newest one. */
export async function formOf(
  options: OAuthOptions,
  refreshToken: string | undefined,
  clock: Clock,
): Promise<Readonly<Record<string, string>>> {
  const scope = scopeOf(options)
  const scoped = scope === undefined ? {} : { scope }
  switch (kindOf(options)) {
    case 'client_credentials':
      return { grant_type: 'client_credentials', ...(await clientOf(options, clock)), ...scoped }
    case 'refresh_token':
      // Google gives back what was granted, and minds a scope that is named again.
      return {
        grant_type: 'refresh_token',
        refresh_token: refreshToken ?? '',
        ...(await clientOf(options, clock)),
        ...(options.provider === 'google' ? {} : scoped),
      }
    case 'service_account':
      return {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await serviceAssertion(options, clock),
      }
  }
}

/** Who we are: by secret, or by an assertion signed with the key of a certificate (RFC 7523 §2.2). A public client is its id alone. */
export async function clientOf(options: OAuthOptions, clock: Clock): Promise<Readonly<Record<string, string>>> {
  const { clientId = '', clientSecret, clientCertificate } = options
  if (clientCertificate !== undefined)
    return {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await certificateAssertion(clientId, clientCertificate, tokenUrlOf(options), clock),
    }
  return { client_id: clientId, ...(clientSecret === undefined ? {} : { client_secret: clientSecret }) }
}

/** Entra finds the certificate by `x5t#S256`, the SHA-256 of its DER, and wants PS256. */
async function certificateAssertion(clientId: string, pem: string, audience: string, clock: Clock): Promise<string> {
  const thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')
  const now = seconds(clock)
  const { SignJWT } = await import('jose/jwt/sign')
  return await new SignJWT({})
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setAudience(audience)
    .setIssuer(clientId)
    .setSubject(clientId)
    .setJti(randomUUID())
    .setNotBefore(now)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION)
    .sign(createPrivateKey(pem))
}

async function serviceAssertion(options: OAuthOptions, clock: Clock): Promise<string> {
  const account = accountOf(options.serviceAccount ?? '{}')
  const now = seconds(clock)
  const { SignJWT } = await import('jose/jwt/sign')
  const jwt = new SignJWT({ scope: scopeOf(options) ?? SCOPES.google.service_account })
    .setProtectedHeader({
      alg: 'RS256',
      typ: 'JWT',
      ...(account.private_key_id === undefined ? {} : { kid: account.private_key_id }),
    })
    .setAudience(tokenUrlOf(options))
    .setIssuer(account.client_email)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION)
  if (options.subject !== undefined) jwt.setSubject(options.subject)
  return await jwt.sign(createPrivateKey(account.private_key))
}

/** The configuration has looked at it (config/words.ts). */
const accountOf = (json: string): ServiceAccount => JSON.parse(json) as ServiceAccount

const seconds = (clock: Clock): number => Math.floor(clock.now().getTime() / 1000)
