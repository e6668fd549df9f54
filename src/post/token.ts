/** Signing in to a relay with a token: XOAUTH2, or OAUTHBEARER (RFC 7628) where that is not offered; nodemailer knows only the first. */
import type { CustomAuthenticationContext } from 'nodemailer/lib/smtp-connection'

export const TOKEN_SIGN_IN = 'MAILCLIP-TOKEN'

/** The relay's last word stays with the connection, which makes an error of it. */
export async function signInByToken({ auth, authMethods, sendCommand, reject }: CustomAuthenticationContext) {
  const { user = '', pass: token = '' } = auth.credentials ?? {}
  const isXoauth2 = authMethods.includes('XOAUTH2')
  const words = isXoauth2
    ? [`user=${user}`, `auth=Bearer ${token}`, '', '']
    : [`n,a=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},`, `auth=Bearer ${token}`, '', '']
  const encoded = Buffer.from(words.join('\x01')).toString('base64')
  const method = isXoauth2 ? 'XOAUTH2' : 'OAUTHBEARER'
  let answer = await sendCommand(`AUTH ${method} ${encoded}`)
  // The relay explains itself in a challenge and says no after our answer to it.
  if (answer.status === 334) answer = await sendCommand(isXoauth2 ? '' : 'AQ==')
  if (answer.status < 200 || answer.status >= 300) reject(new Error('the relay does not take the token'))
}
