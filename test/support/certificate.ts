/** Self-signed certificates for tests, made by openssl as they are needed. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Certificate = { readonly cert: string; readonly key: string }

/** @param names subjectAltName entries, `IP:127.0.0.1` or `DNS:mail.example` */
export async function certificate(names: readonly string[] = ['IP:127.0.0.1', 'DNS:localhost']): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-cert-'))
  try {
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    const out = ['-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=test', '-addext']
    await promisify(execFile)('openssl', [...request, ...out, `subjectAltName=${names.join(',')}`], { cwd: folder })
    return {
      cert: await readFile(join(folder, 'cert.pem'), 'utf8'),
      key: await readFile(join(folder, 'key.pem'), 'utf8'),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
