/** Checks of what the keys of `oauth2` say together. */
import type { Findings } from './findings.ts'
import type { Path } from './mistakes.ts'
import type { OAuthSettings } from './schema.ts'

/** Which keys belong together (product: Sign-in that real servers demand). */
export function checkOAuth(oauth2: OAuthSettings | undefined, at: (key: string) => Path, findings: Findings): void {
  if (oauth2 === undefined) return
  const { provider, tenant, tokenUrl, clientId, clientSecret, clientCertificate, serviceAccount, subject } = oauth2
  if (provider === undefined && tokenUrl === undefined)
    findings.add([at('provider'), at('tokenUrl')], 'is missing; write microsoft or google, or tokenUrl for any other')
  if (provider === 'microsoft' && tenant === undefined && tokenUrl === undefined)
    findings.add([at('tenant')], 'is missing; write the directory (tenant) id')
  if (serviceAccount !== undefined) {
    if (provider !== 'google')
      findings.add([at('serviceAccount')], "is Google's; write provider: google beside it, or leave it out")
    if (subject === undefined)
      findings.add([at('subject')], 'is missing; write the address of the mailbox to impersonate')
    return
  }
  if (clientId === undefined) findings.add([at('clientId')], 'is missing; write the application (client) id')
  if (clientSecret !== undefined && clientCertificate !== undefined)
    findings.add([at('clientSecret'), at('clientCertificate')], 'stands beside clientCertificate; write one of the two')
  const isPerson = oauth2.refreshToken === undefined && (oauth2.grant === 'refresh_token' || provider === 'google')
  // Then mailclip authorize gets the token, and something must seal it.
  if (isPerson && [clientSecret, clientCertificate, oauth2.sealingKey].every(secret => secret === undefined))
    findings.add(
      [at('sealingKey'), at('refreshToken')],
      'is missing; write it, a clientSecret or the refreshToken itself, or serviceAccount for Google',
    )
  const isApp = oauth2.grant !== 'refresh_token' && oauth2.refreshToken === undefined && provider !== 'google'
  if (isApp && clientSecret === undefined && clientCertificate === undefined)
    findings.add([at('clientSecret')], 'is missing; write clientSecret, clientCertificate or refreshToken')
}
