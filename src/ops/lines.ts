/** What each event says in the log: its level and its fields, always the same for the same kind. */
import type { Event } from '../gateway/events.ts'
import { printRef } from '../mail/ref.ts'

export type Level = 'error' | 'warn' | 'info' | 'debug'

/** `event` is the line's name; fields that are undefined are left out. */
export type Line = { readonly level: Level; readonly event: string; readonly fields: Readonly<Record<string, unknown>> }

/** Days before an end that a person should hear of it. */
const SOON = 30

export function lineOf(event: Event): Line {
  const { kind, ...rest } = event
  const fields = 'ref' in rest ? { mailbox: rest.ref.mailbox, ...rest, ref: printRef(rest.ref) } : rest
  return { level: levelOf(event), event: kind, fields }
}

/** warn: somebody may want to look. error: somebody must. debug: a quiet day is silent at info. */
function levelOf(event: Event): Level {
  switch (event.kind) {
    case 'bug':
      return 'error'
    case 'trouble':
    case 'suspended':
    case 'uncertain':
      return event.status.startsWith('5') || event.status === '4.7.8' ? 'error' : 'warn'
    case 'concluded':
      return event.outcome === 'held' ? 'warn' : 'info'
    case 'noticed':
      return event.state === 'failed' || event.state === 'unknown' ? 'warn' : 'info'
    case 'canary':
      return event.result === 'failed' || event.result === 'lost' ? 'error' : 'info'
    case 'summary':
      return event.result === 'sent' ? 'info' : 'error'
    case 'reconciling':
      return 'warn'
    case 'swept':
      return event.sighted + event.attempted > 0 ? 'info' : 'debug'
    case 'claimed':
    case 'asked':
      return 'debug'
    case 'expires':
      return event.days < SOON ? 'warn' : 'info'
    default:
      return 'info'
  }
}
