/** What people do with each command, for its help. A test reads every line by the command line itself. */
import type { Command } from 'commander'

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  '': ['mailclip demo', 'mailclip check', 'mailclip run', 'mailclip list --state held', 'mailclip show 17'],
  run: ['mailclip run', 'mailclip run --config /etc/mailclip/mailclip.yaml'],
  sweep: ['mailclip sweep', 'mailclip --config staging.yaml sweep'],
  check: [
    'mailclip check',
    'mailclip check --offline',
    'mailclip check --probe I161026_000005',
    'mailclip check --json',
  ],
  authorize: [
    'mailclip authorize',
    'mailclip authorize support --browser --port 8400',
    'mailclip authorize support --print',
  ],
  preview: [
    'mailclip preview mail.eml',
    'mailclip preview --mailbox support --uid 4711 --desk',
    'mailclip preview --notice --language fr --kind bounced mail.eml',
  ],
  retry: [
    'mailclip retry 17 18',
    'mailclip retry 17 --ticket I161026_000005',
    'mailclip retry --all --state bounced --since 2d --dry-run',
  ],
  hold: ['mailclip hold 17', 'mailclip hold --all --of-ticket I161026_000005'],
  release: ['mailclip release 17', 'mailclip release --all'],
  discard: ['mailclip discard 17', 'mailclip discard --all --state held --since 1w --dry-run'],
  forget: ['mailclip forget ada@example.org'],
  ledger: ['mailclip ledger backup mailclip-backup.db'],
  'ledger backup': ['mailclip ledger backup mailclip-backup.db'],
  'ledger copy': ['mailclip ledger copy sqlite:data/mailclip.db postgres://mailclip@db.example.com/mailclip'],
  'ledger reconcile': ['mailclip ledger reconcile'],
  'ledger erasures': ['mailclip ledger erasures --json'],
  demo: ['mailclip demo', 'mailclip demo --once'],
  health: ['mailclip health', 'mailclip health --ready'],
  list: ['mailclip list --state held', 'mailclip list --ticket I161026_000005 --json', 'mailclip list --since 12h'],
  show: ['mailclip show 17', 'mailclip show 17 --json'],
  report: ['mailclip report', 'mailclip report --deep'],
  'desk-simulator': ['mailclip desk-simulator --port 8080 --tickets any'],
  completion: [
    'mailclip completion bash > ~/.local/share/bash-completion/completions/mailclip',
    'mailclip completion fish',
  ],
}

/** Puts them below the help of each command. */
export function addExamples(command: Command, path = ''): void {
  const lines = examplesOf(path)
  if (lines.length > 0) command.addHelpText('after', `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}`)
  for (const below of command.commands) addExamples(below, `${path} ${below.name()}`.trim())
}

/** @param path `ledger backup`; empty for the program itself */
export const examplesOf = (path: string): readonly string[] => EXAMPLES[path] ?? []
