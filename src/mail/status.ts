/** Why something became of a mail: the RFC 3463 number, our token and a sentence. One table, so that the number and the token cannot disagree. */

/** An RFC 3463 enhanced status code. */
export type Status = `${2 | 4 | 5}.${number}.${number}`

/** Tokens of product outcomes with the status each carries (docs/states.md explains them one by one). */
export const CODES = {
  delivered: '2.0.0',
  'no-ticket': '5.1.3',
  'unknown-ticket': '5.1.1',
  'several-tickets': '5.1.4',
  closed: '5.2.1',
  'nothing-attached': '5.6.0',
  'too-large': '5.2.3',
  'refused-type': '5.6.1',
  virus: '5.7.0',
  'not-allowed': '5.7.1',
  partial: '5.6.5',
  machine: '5.3.9',
  unparsable: '5.6.0',
  uncertain: '5.4.4',
  tries: '5.4.7',
  poison: '5.3.5',
  spoof: '5.7.26',
  'not-requester': '5.7.2',
  'desk-refused': '5.3.0',
  gone: '5.2.0',
  operator: '5.3.0',
} as const satisfies Readonly<Record<string, Status>>

export type Code = keyof typeof CODES | `deferred-${string}`

/** The reason of an outcome: what a program reads (status, code) and what a person reads (reason, one sentence). */
export type Because = { readonly status: Status; readonly code: Code; readonly reason: string }

export const because = (code: keyof typeof CODES, reason: string): Because => ({ status: CODES[code], code, reason })
