/** How one visitor sees a page: language, time zone, name. */
import type { EntryState } from '../../mail/outcome.ts'
import { type Html, html } from './html.ts'
import { en, type Words } from './words/en.ts'
import { fr } from './words/fr.ts'

export const LANGUAGES = ['en', 'fr'] as const
export type Language = (typeof LANGUAGES)[number]

const WORDS: Readonly<Record<Language, Words>> = { en, fr }

export type View = {
  readonly language: Language
  readonly words: Words
  readonly timezone: string
  readonly now: Date
  /** The name that corrections are recorded with. */
  readonly who: string
  /** A session is open, so there is something to sign out of. */
  readonly signedIn: boolean
  /** What a form must bring back; `''` before anybody has signed in. */
  readonly proof: string
  /** Path and query of this page, for the links to other languages. */
  readonly here: URL
}

export const wordsOf = (language: Language): Words => WORDS[language]

export const languageNamed = (name: string | null | undefined): Language | undefined =>
  LANGUAGES.find(language => language === name)

/** The first of the languages that the browser asks for by weight (RFC 9110 §12.5.4); English where there is none. */
export function languageAsked(header: string | undefined): Language {
  const asked = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map(one => {
      const [tag = '', weight = '1'] = one.trim().split(/\s*;\s*q=/)
      return { language: languageNamed(tag.slice(0, 2).toLowerCase()), weight: Number(weight) || 0 }
    })
    .filter(({ language, weight }) => language !== undefined && weight > 0)
  return asked.toSorted((a, b) => b.weight - a.weight)[0]?.language ?? 'en'
}

/** An instant in the configured zone, with its age. */
export function when(at: string | Date, view: View): Html {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return html`${String(at)}`
  return html`<time datetime="${date.toISOString()}">${moment(date, view)}</time> <span class="quiet">(${age(date, view)})</span>`
}

/** `24 Nov 2026, 09:30:05` */
export const moment = (at: Date, view: View, seconds = false): string =>
  formatted(view, { dateStyle: 'medium', timeStyle: seconds ? 'medium' : 'short' }).format(at)

/** `09:30:05` */
export const timeOfDay = (at: Date, view: View): string => formatted(view, { timeStyle: 'medium' }).format(at)

/** `24 Nov` */
export const dayName = (at: Date, view: View): string => formatted(view, { day: 'numeric', month: 'short' }).format(at)

const formats = new Map<string, Intl.DateTimeFormat>()

/** Made once: they are dear. */
function formatted({ language, timezone }: View, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = JSON.stringify([language, timezone, options])
  const known =
    formats.get(name) ??
    new Intl.DateTimeFormat(`${language}-${language === 'en' ? 'GB' : 'FR'}`, { ...options, timeZone: timezone })
  formats.set(name, known)
  return known
}

/** `3 hours ago`, `in 5 minutes`. */
export function age(at: Date | string, { language, now }: View): string {
  const minutes = (new Date(at).getTime() - now.getTime()) / 60_000
  const [value, unit] = scaled(minutes)
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'long' }).format(Math.trunc(value), unit)
}

function scaled(minutes: number): readonly [number, 'second' | 'minute' | 'hour' | 'day'] {
  const size = Math.abs(minutes)
  if (size < 1) return [minutes * 60, 'second']
  if (size < 120) return [minutes, 'minute']
  return size < 48 * 60 ? [minutes / 60, 'hour'] : [minutes / 1440, 'day']
}

/** `4 s`, `12 min`, `3 h`, `5 d`: short enough for a chart. */
export function span(ms: number, { words: { ages } }: View): string {
  const seconds = ms / 1000
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} ${ages.minutes}`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} ${ages.hours}`
    : `${Math.round(seconds / 86_400)} ${ages.days}`
}

export const count = (number: number, { language }: View): string => number.toLocaleString(language)

/** `4.1 kB` */
export const size = (octets: number, { language }: View): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(octets, 1)) / 3)))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    maximumFractionDigits: 1,
  }).format(octets / 1000 ** power)
}

/** The state of a mail or a file, with a sign of its own: colour alone tells nothing to many. */
export const badge = (state: string, label: string): Html => html`<span class="badge ${state}">${label}</span>`

export const stateBadge = (state: EntryState, { words }: View): Html => badge(state, words.states[state])
