/** The canary's numbers: made when there is one, so that who has none is told nothing of it. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Event } from '../gateway/events.ts'

export function canaryMeters(registry: Registry): (event: Extract<Event, { kind: 'canary' }>) => void {
  let made: ReturnType<typeof canaryNumbers> | undefined
  return ({ result, at, ms }) => {
    made ??= canaryNumbers(registry)
    if (result === 'failed' || result === 'lost') made.well.set(0)
    if (result !== 'remembered') made.ends.inc({ result })
    if (result !== 'delivered' && result !== 'remembered') return
    made.well.set(1)
    made.seconds.set((ms ?? 0) / 1000)
    made.success.set(at.getTime() / 1000)
  }
}

function canaryNumbers(registry: Registry) {
  const registers = [registry]
  // A gauge without labels is 0 until it is set, which would look like a success in 1970: made one by one.
  const gauge = (name: string, help: string) => {
    let made: Gauge | undefined
    return {
      set: (value: number): void => {
        made ??= new Gauge({ name: `mailclip_canary_${name}`, help, registers })
        made.set(value)
      },
    }
  }
  return {
    well: gauge('up', '1 when the last canary reached its ticket, 0 when it failed or was lost.'),
    seconds: gauge('round_trip_seconds', 'From sending the last canary that arrived to its ticket.'),
    success: gauge('last_success_timestamp_seconds', 'When a canary last reached its ticket.'),
    ends: new Counter({
      name: 'mailclip_canary_total',
      help: 'Canaries sent, and how they ended.',
      labelNames: ['result'],
      registers,
    }),
  }
}
