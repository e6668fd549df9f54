/** Every secret of the settings, for whoever must keep them out of logs and pages. */
import { SECRET_KEYS } from './findings.ts'
import type { Settings } from './schema.ts'
import { isMap } from './shape.ts'

/** As they are, and as they travel: base64, with the login before it (RFC 7617), and percent-encoded. Longest first, each once. */
export function secrets(settings: Settings): readonly string[] {
  const found = new Set<string>()
  collect(settings, found)
  return [...found].sort((a, b) => b.length - a.length)
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const one of value) collect(one, found)
  if (!isMap(value)) return
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && inner !== '' && SECRET_KEYS.has(name)) {
      const login = typeof value['user'] === 'string' ? `${value['user']}:${inner}` : inner
      for (const form of [inner, encodeURIComponent(inner), base64(inner), base64(login)]) found.add(form)
    } else collect(inner, found)
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
