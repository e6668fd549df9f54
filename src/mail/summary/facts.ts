/** What an operator is told of by mail. No sender, subject or file name: what has left the house cannot be forgotten on request. */

export type DayFigures = {
  readonly mailbox: string
  readonly seen: number
  readonly delivered: number
  readonly bounced: number
  readonly discarded: number
  readonly held: number
  readonly waiting: number
}

export type WaitingMail = {
  readonly id: string
  readonly ticket: string | undefined
  readonly since: Date
  /** `5.4.4 uncertain: the connection broke`; undefined for one that was not tried yet. */
  readonly why: string | undefined
}

export type RestingSite = { readonly site: string; readonly since: Date; readonly until: Date; readonly why: string }

export type OperatorFacts = {
  /** Undefined in an alarm. */
  readonly period: { readonly from: Date; readonly to: Date; readonly mailboxes: readonly DayFigures[] } | undefined
  /** Longest held first; `mails` are the first few of them. */
  readonly held: { readonly count: number; readonly mails: readonly WaitingMail[] }
  /** What is tried again by itself. */
  readonly waiting: { readonly count: number; readonly oldest: WaitingMail | undefined }
  readonly suspended: readonly RestingSite[]
}
