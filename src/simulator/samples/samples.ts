/** The sample mails of the demo: of the kinds people and machines really send, each with what must become of it. */
import { officeSamples } from './office.ts'
import { otherSamples, UNKNOWN_TICKET } from './others.ts'
import type { Sample } from './sample.ts'

/** Built anew with each call, from nothing but code: about 10 MB in memory. */
export const samples = (): readonly Sample[] => [...officeSamples(), ...otherSamples()]

/** The tickets a desk must know for the samples to end as they should. */
export const ticketsOf = (all: readonly Sample[]): readonly string[] =>
  [...new Set(all.map(({ expect }) => expect.ticket))].filter(
    ticket => ticket !== undefined && ticket !== UNKNOWN_TICKET,
  ) as readonly string[]
