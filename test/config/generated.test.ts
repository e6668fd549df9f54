// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { generated } from '../../src/config/generate.ts'
import { type OutlinedKey, outline } from '../../src/config/outline.ts'
import { parseSettings } from '../../src/config/parse.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

const environment = {
  IMAP_PASSWORD: 'imap',
  DESK_PASSWORD: 'desk',
  SMTP_PASSWORD: 'smtp',
  GOOGLE_APP_PASSWORD: 'google',
  MICROSOFT_TENANT: 'tenant',
  MICROSOFT_CLIENT_ID: 'client',
  MICROSOFT_CLIENT_SECRET: 'secret',
}

test.each(Object.keys(generated()))('%s is what the schema says (npm run generate writes it)', file => {
  expect(textOf(file)).toBe(generated()[file])
})

test('config/default.yaml means the same as its mandatory keys alone', () => {
  const documented = parseSettings(textOf('config/default.yaml'), { environment })
  const mandatory = parseSettings({
    mailboxes: [{ host: 'imap.example.com', user: 'support@example.com', password: 'imap' }],
    desk: { url: 'https://example.easyvista.com/api/v1/50004', user: 'mailclip', password: 'desk' },
    notices: { from: 'Support <support@example.com>', smtp: { host: 'smtp.example.com' } },
  })
  expect(documented).toEqual(mandatory)
})

test('config/default.yaml and the documentation name every key', () => {
  const yaml = textOf('config/default.yaml')
  const docs = textOf('docs/configuration.md')
  const named = (keys: readonly OutlinedKey[]): readonly OutlinedKey[] =>
    keys.flatMap(key => [key, ...named(key.keys ?? [])])
  const keys = named(outline())
  expect(keys.length).toBeGreaterThan(100)
  for (const { name, path, description } of keys) {
    expect(description, path).not.toBe('')
    expect(docs, path).toContain(name)
    if (!/oauth2\.|^canary\.|^summary\./.test(path)) expect(yaml, path).toMatch(new RegExp(`^[ #]*${name}:`, 'm'))
  }
})

test.each(['plain-imap', 'google-workspace'])('config/example.%s.yaml is right, given its environment', name => {
  const settings = parseSettings(textOf(`config/example.${name}.yaml`), { environment })
  expect(settings.warnings).toEqual([])
  expect(settings.mailboxes[0]?.notices?.smtp.password).toBeDefined()
})

test('config/example.microsoft-365.yaml is right, given its environment', () => {
  const settings = parseSettings(textOf('config/example.microsoft-365.yaml'), { environment })
  expect(settings.warnings).toEqual([])
  expect(settings.mailboxes[0]).toMatchObject({ oauth2: { clientSecret: 'secret' }, password: '' })
  expect(settings.mailboxes[0]?.notices?.smtp.oauth2).toEqual(settings.mailboxes[0]?.oauth2)
})

test.each(['default', 'example.plain-imap', 'example.google-workspace', 'example.microsoft-365'])(
  'an editor with the schema finds nothing wrong in config/%s.yaml',
  name => {
    const text = textOf(`config/${name}.yaml`)
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./mailclip.schema.json')
    expect(editor(parse(text)).error?.issues).toBeUndefined()
  },
)

test.each([
  ['a port of letters', { mailboxes: [{ host: 'h', user: 'u', port: 'x' }] }],
  ['an unknown key', { mailboxes: [], spoool: {} }],
  ['a duration without a unit', { mailboxes: [], drain: 'soon' }],
  ['a word that is no choice', { mailboxes: [], machines: 'drop' }],
  ['an override of the wrong kind', { mailboxes: [{ host: 'h', user: 'u', desk: { encoding: 'xml' } }] }],
  ['a mailbox without a host', { mailboxes: [{ user: 'u' }] }],
])('an editor with the schema underlines %s', (_, value) => {
  expect(editor(value).success).toBe(false)
})

test('an editor with the schema takes a variable in every place', () => {
  const value = {
    mailboxes: [{ host: '${env:H}', user: 'u', port: '${env:P}', security: '${env:S}' }],
    drain: '${env:D}',
    idle: '${env:I}',
  }
  expect(editor(value).success).toBe(true)
})

const editor = (value: unknown) => {
  const schema = JSON.parse(textOf('config/mailclip.schema.json'))
  return z.fromJSONSchema(schema).safeParse(value)
}
