/** Queries that every mail asks: built and compiled once for each engine, filled in each time. To build one takes longer than SQLite takes to answer it. */
import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import { AtOnce } from './dialect.ts'
import type { Db } from './tables.ts'

type Values = Readonly<Record<string, string | number | null>>

/** Stands where a value will be. */
class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** `build` is called with stand-ins for its values: it may put them anywhere in the query, and look at none. */
export function statement<V extends Values, Row>(
  build: (db: Db, values: V) => Compilable<Row>,
): (db: Db, values: V) => Promise<QueryResult<Row>> {
  const built = new WeakMap<object, CompiledQuery<Row>>()
  // Whatever `build` calls a value, it is given one of that name; nobody else sees them.
  const places = new Proxy({}, { get: (_, name) => new Place(String(name)) }) as V
  return (db, values) => {
    // Queries of every connection of an engine share its adapter.
    const { adapter } = db.getExecutor()
    const known = built.get(adapter)
    const query = known ?? build(db, places).compile()
    if (known === undefined) built.set(adapter, query)
    return ask(
      db,
      query,
      query.parameters.map(one => (one instanceof Place ? values[one.name] : one)),
    )
  }
}

/** Runs what is compiled already; rejects with what the engine throws. */
export async function ask<Row>(
  db: Db,
  query: CompiledQuery<Row>,
  parameters: readonly unknown[] = query.parameters,
): Promise<QueryResult<Row>> {
  const { adapter } = db.getExecutor()
  return adapter instanceof AtOnce ? adapter.answer(query, parameters) : db.executeQuery({ ...query, parameters })
}
