/** Self-signed certificates for tests, made by openssl as they are needed. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Certificate = { readonly cert: string; readonly key: string }

/**
 * @param names subjectAltName entries, `IP:127.0.0.1` or `DNS:mail.example`
 * @param days how long it is good for; -1: it expired yesterday
 */
export async function certificate(
  names: readonly string[] = ['IP:127.0.0.1', 'DNS:localhost'],
  kind: 'ec' | 'rsa' = 'ec',
  days = 2,
): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-cert-'))
  try {
    const key = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] : ['rsa:2048']
    const subject = ['-addext', `subjectAltName=${names.join(',')}`]
    const request = ['req', '-newkey', ...key, '-nodes', '-keyout', 'key.pem', '-out', 'r.csr', '-subj', '/CN=test']
    await promisify(execFile)('openssl', [...request, ...subject], { cwd: folder })
    const sign = ['x509', '-req', '-in', 'r.csr', '-signkey', 'key.pem', '-copy_extensions', 'copyall']
    await promisify(execFile)('openssl', [...sign, '-days', String(days), '-out', 'cert.pem'], { cwd: folder })
    return {
      cert: await readFile(join(folder, 'cert.pem'), 'utf8'),
      key: await readFile(join(folder, 'key.pem'), 'utf8'),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
