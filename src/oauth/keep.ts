/**
 * Refresh tokens in the ledger, encrypted with AES-256-GCM. The key is derived (HKDF-SHA256) from the secrets of the configuration, so a
 * stolen ledger alone opens nothing; other secrets in the configuration make what was kept unreadable, and then the configured token counts.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Facts } from '../gateway/ports.ts'
import { kindOf, type OAuthOptions, tokenUrlOf } from './grant.ts'

export type Keep = {
  recall(): Promise<string | undefined>
  remember(refreshToken: string): Promise<void>
}

const NONCE = 12
const TAG = 16

/** `salt` is the ledger's own secret, `user` the mailbox that was signed in to. Undefined when nothing in the configuration is secret, or nothing is ever kept. */
export function keepIn(
  facts: Pick<Facts, 'recall' | 'remember'>,
  oauth2: OAuthOptions,
  { salt, user }: { readonly salt: string; readonly user: string },
): Keep | undefined {
  const { clientId = '', clientSecret = '', clientCertificate = '', refreshToken = '', sealingKey = '' } = oauth2
  const secret = [clientSecret, clientCertificate, refreshToken, sealingKey].join('\n')
  if (secret.trim() === '' || kindOf(oauth2) !== 'refresh_token') return undefined
  const key = Buffer.from(hkdfSync('sha256', secret, salt, 'mailclip refresh token', 32))
  const whose = createHash('sha256').update(`${tokenUrlOf(oauth2)}\n${clientId}\n${user}`)
  const name = `oauth2 ${whose.update(createHash('sha256').update(key).digest()).digest('hex').slice(0, 32)}`
  return {
    recall: async () => {
      const sealed = await facts.recall(name)
      return sealed === undefined ? undefined : opened(sealed, key, name)
    },
    remember: token => facts.remember(name, sealed(token, key, name)),
  }
}

function sealed(text: string, key: Buffer, name: string): string {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

function opened(text: string, key: Buffer, name: string): string | undefined {
  const octets = Buffer.from(text, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, NONCE))
    .setAAD(Buffer.from(name))
    .setAuthTag(octets.subarray(NONCE, NONCE + TAG))
  try {
    return Buffer.concat([decipher.update(octets.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
  } catch {
    // Altered: as good as none, the configured token counts.
    return undefined
  }
}
