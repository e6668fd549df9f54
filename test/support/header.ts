/** A header from a few lines, as the daemon itself reads it. */
import type { Header } from '../../src/mail/envelope.ts'
import { readHeader } from '../../src/mime/header.ts'

export const headerOf = (lines: readonly string[]): Header => readHeader(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
