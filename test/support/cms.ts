/** S/MIME for tests, made by openssl as mail programs make it. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { certificate } from './certificate.ts'

/** `openssl cms` of the content, in DER or BER; `pair.pem` is a certificate with its key. */
export async function cms(content: string | Buffer, ...words: readonly string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-cms-'))
  try {
    pair ??= certificate()
    const { cert, key } = await pair
    await writeFile(join(folder, 'pair.pem'), key + cert)
    await writeFile(join(folder, 'in'), content)
    const usual = ['cms', '-binary', '-in', 'in', '-out', 'out', '-outform', 'DER']
    await promisify(execFile)('openssl', [...usual, ...words], { cwd: folder })
    return await readFile(join(folder, 'out'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One is enough for all. */
let pair: ReturnType<typeof certificate> | undefined

/** In an envelope (signed-data with its content). */
export const signed = (content: string | Buffer, ...words: readonly string[]): Promise<Buffer> =>
  cms(content, '-sign', '-nodetach', '-signer', 'pair.pem', '-md', 'sha256', ...words)
