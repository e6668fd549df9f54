/** Lines of dovecot.conf that make a test server take tokens, and ask a token server what they are worth (RFC 7662). */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export async function oauth2Config(
  introspectionUrl: string,
  mechanisms: readonly ('xoauth2' | 'oauthbearer')[] = ['xoauth2', 'oauthbearer'],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-oauth2-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  const file = join(folder, 'oauth2.conf')
  const lines = [
    `introspection_url = ${introspectionUrl}`,
    'introspection_mode = post',
    'username_attribute = username',
    'active_attribute = active',
    'active_value = true',
  ]
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o644 })
  return `
auth_mechanisms = plain login ${mechanisms.join(' ')}
passdb {
  driver = oauth2
  mechanisms = ${mechanisms.join(' ')}
  args = ${file}
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`
}
