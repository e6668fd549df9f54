// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { ConfigurationMistakes } from '../../src/config/mistakes.ts'

const setup = () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailclip-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }
  const configuration = (password: string, more = '', mode = 0o600) =>
    write(
      'm.yaml',
      `mailboxes:\n  - host: h.example.com\n    user: u\n    password: ${password}\n${more}desk: { url: 'https://d.example.com/api/v1/1', token: '\${env:TOKEN}' }\nnotices: null\n`,
      mode,
    )
  return { folder, write, configuration }
}

const environment = { TOKEN: 't' }

test.each(['secret\n', 'secret\r\n', 'secret', '\uFEFFsecret\n'])('a secret file of %j is the secret alone', text => {
  const { write, configuration } = setup()
  const settings = loadSettings(configuration(`\${file:${write('secret', text)}}`), environment)
  expect(settings.mailboxes[0]?.password).toBe('secret')
  expect(settings.warnings).toEqual([])
})

test('only the last line end of a secret file is dropped', () => {
  const { write, configuration } = setup()
  const settings = loadSettings(configuration(`"a-\${file:${write('s', ' x ')}}-z"`), environment)
  expect(settings.mailboxes[0]?.password).toBe('a- x -z')
})

test('a secret that everybody may read gets a warning with its remedy', () => {
  const { write, configuration } = setup()
  const secret = write('secret', 'hunter2', 0o644)
  const settings = loadSettings(configuration(`\${file:${secret}}`), environment)
  expect(settings.warnings).toEqual([`everybody on this machine may read ${secret}; give it mode 0600`])
})

test('a configuration that everybody may read gets a warning when a secret is written out in it', () => {
  const { write, configuration } = setup()
  const open = loadSettings(configuration('hunter2', '', 0o644), environment)
  expect(open.warnings).toEqual([expect.stringContaining('m.yaml, and it holds secrets; give it mode 0600')])
  const outside = loadSettings(configuration(`\${file:${write('s', 'x')}}`, '', 0o644), environment)
  expect(outside.warnings).toEqual([])
})

test('a certificate authority is given as a path or as its text', () => {
  const { write, configuration } = setup()
  const text = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
  const ca = write('ca.pem', `${text}\n`, 0o644)
  for (const given of [ca, `\${file:${ca}}`, JSON.stringify(text)]) {
    const settings = loadSettings(
      configuration('p', `    tls: { ca: ${JSON.stringify(given).startsWith('"\\"') ? given : `'${given}'`} }\n`),
      environment,
    )
    expect(settings.mailboxes[0]?.tls.ca).toBe(text)
  }
})

test('a file that is no certificate is told by its path, and a file that may not be read by its reason', () => {
  const { write, folder, configuration } = setup()
  const path = write('ca.pem', 'hello')
  const file = configuration(`\${file:${folder}}`, `    tls: { ca: ${path} }\n`)
  const message = thrownBy(() => loadSettings(file, environment))
  expect(message).toContain(`${file}:4  mailboxes[0].password  the file ${folder} cannot be read: it is a folder`)
  expect(message).toContain(
    `${file}:5  mailboxes[0].tls.ca  ${path} is not a PEM certificate; write the path of a PEM file`,
  )
})

test('a configuration that is not there is told with what to do', () => {
  expect(thrownBy(() => loadSettings('/nowhere/m.yaml', {}))).toContain(
    'the file /nowhere/m.yaml cannot be read: there is no such file; name the right one with --config',
  )
})

test('mistakes end the program with 78', () => {
  expect(new ConfigurationMistakes([], undefined).exitCode).toBe(78)
})

function thrownBy(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigurationMistakes) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}
