/** The ledger in a PostgreSQL database keeps every promise of a ledger, and those that only replicas need. */
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { SqlLedger } from '../../src/ledger/ledger.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import { describeWithPostgres, type Postgres, postgres } from '../support/postgres.ts'
import { ledgerOn } from './desktop.ts'
import { type Desktop, exercise } from './exercise.ts'
import { copiesOf } from './exercise-copies.ts'
import { replicasOf } from './exercise-replicas.ts'
import { MINUTE, START } from './samples.ts'

describeWithPostgres('PostgreSQL', () => {
  let server: Postgres
  beforeAll(async () => {
    // What a power failure would do to the disk is not asked here, and the machine is spared its flushes.
    server = await postgres({ fsync: 'off' })
  }, 120_000)
  afterAll(() => server.close())

  /** Replicas of a moment; the database's clock is the one that the test moves. An end is noticed when the lease has run out. */
  async function desktop(): Promise<Desktop> {
    const url = await server.database()
    let time = START.getTime()
    const now = () => new Date(time)
    const pass = (ms: number): void => {
      time += ms
    }
    const another = async (): Promise<SqlLedger> => {
      const { password } = server
      const ledger = ledgerOn(await openPostgres({ url, password, tls: undefined, create: true, now }), now)
      onTestFinished(() => ledger[Symbol.asyncDispose]())
      return ledger
    }
    return {
      ledger: await another(),
      now,
      pass,
      crash: async () => {
        pass(MINUTE)
        return another()
      },
      beside: another,
    }
  }

  exercise('a ledger in a PostgreSQL database', desktop)
  replicasOf(() => server)
  copiesOf(() => server)
})
