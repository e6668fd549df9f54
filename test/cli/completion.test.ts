import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { programOf } from '../../src/cli/program.ts'
import { describeWith } from '../support/needs.ts'
import { worldOf } from '../support/road.ts'

const run = promisify(execFile)

/** The script for a shell, in a folder of its own. */
async function script(shell: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-shell-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const world = worldOf({ now: 0 })
  let said = ''
  world.out.on('data', chunk => {
    said += String(chunk)
  })
  await programOf(world, '0').parseAsync(['completion', shell], { from: 'user' })
  await new Promise(resolve => setImmediate(resolve))
  const file = join(folder, 'mailclip')
  await writeFile(file, said)
  return file
}

/** What the last of the words may become, as the shell offers it. */
async function offered(shell: 'bash' | 'zsh', ...words: readonly string[]): Promise<readonly string[]> {
  const file = await script(shell)
  const typed = words.map(word => `'${word}'`).join(' ')
  const ask = {
    bash: `source ${file}; cd ${join(file, '..')}; COMP_WORDS=(mailclip ${typed}); COMP_CWORD=${words.length}; _mailclip; printf '%s\\n' "\${COMPREPLY[@]}"`,
    zsh: `autoload -U compinit && compinit -u -D; source ${file}; print -r -- "\${_comps[mailclip]}"`,
  }[shell]
  return (await run(shell, ['-c', ask])).stdout.split('\n').filter(Boolean)
}

describeWith('bash', 'bash', 'completion in bash', () => {
  test.each([
    ['a command', ['rel'], ['release']],
    ['a command of a group', ['ledger', 'b'], ['backup']],
    ['an option of that command alone', ['list', '--s'], ['--state', '--since']],
    ['the few values an option takes', ['list', '--state', 'de'], ['deferred', 'delivered']],
    ['the states in which a mail can be released', ['release', '--all', '--state', ''], ['held']],
    ['behind the configuration, whatever it is called', ['--config', 'list', 'ledger', 'e'], ['erasures']],
    ['a shell', ['completion', 'f'], ['fish']],
    ['a file where one is taken', ['preview', 'mail'], ['mailclip']],
    ['nothing where nothing fits', ['show', 'x'], []],
  ])('offers %s', async (_, words, offers) => {
    expect(await offered('bash', ...words)).toEqual(offers)
  })
})

describeWith('zsh', 'zsh', 'completion in zsh', () => {
  test('is ready when its file was read', async () => {
    expect((await offered('zsh'))[0]).toContain('_mailclip')
  })
})

describeWith('fish', 'fish', 'completion in fish', () => {
  test.each([
    ['mailclip rel', ['release']],
    ['mailclip ledger b', ['backup']],
    ['mailclip list --state de', ['deferred', 'delivered']],
    ['mailclip retry --of', ['--of-ticket']],
  ])('offers for "%s" what it may become', async (typed, offers) => {
    const file = await script('fish')
    const { stdout } = await run('fish', ['-N', '-c', `source ${file}; complete -C '${typed}'`])
    expect(stdout.split('\n').flatMap(line => line.split('\t')[0] || [])).toEqual(offers)
  })
})
