/** Queries that every mail asks: built and compiled once for each engine, filled in each time. To build one takes longer than SQLite takes to answer it. */
import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import { AtOnce } from './dialect.ts'
import type { Db } from './tables.ts'

type Values = Readonly<Record<string, string | number | null>>

/** Stands where a value will be. */
class Place {
  readonly row: number
  readonly name: string

  constructor(row: number, name: string) {
    this.row = row
    this.name = name
  }
}

/** `build` is called with stand-ins for its values: it may put them anywhere in the query, and look at none. */
export function statement<V extends Values, Row>(
  build: (db: Db, values: V) => Compilable<Row>,
): (db: Db, values: V) => Promise<QueryResult<Row>> {
  const once = kept(build, placesOf<V>(0))
  return (db, values) => once(db, [values])
}

/** Rows in one statement; how many there are makes it another one. */
const MOST_ROWS = 10

/** An insertion of any number of rows, in their order; none is no statement. */
export function insertion<V extends Values>(
  build: (db: Db, rows: readonly V[]) => Compilable<unknown>,
): (db: Db, rows: readonly V[]) => Promise<void> {
  const bySize = new Map<number, ReturnType<typeof kept>>()
  const sized = (size: number) => {
    const known =
      bySize.get(size) ??
      kept(
        build,
        Array.from({ length: size }, (_, row) => placesOf<V>(row)),
      )
    bySize.set(size, known)
    return known
  }
  return async (db, rows) => {
    for (let at = 0; at < rows.length; at += MOST_ROWS) {
      const some = rows.slice(at, at + MOST_ROWS)
      await sized(some.length)(db, some)
    }
  }
}

/** Whatever a value is called, there is a stand-in of that name; nobody else sees them. */
const placesOf = <V extends Values>(row: number): V =>
  new Proxy({}, { get: (_, name) => new Place(row, String(name)) }) as V

function kept<P, Row>(build: (db: Db, places: P) => Compilable<Row>, places: P) {
  const built = new WeakMap<object, CompiledQuery<Row>>()
  return (db: Db, rows: readonly Values[]): Promise<QueryResult<Row>> => {
    // Queries of every connection of an engine share its adapter.
    const { adapter } = db.getExecutor()
    const known = built.get(adapter)
    const query = known ?? build(db, places).compile()
    if (known === undefined) built.set(adapter, query)
    return ask(
      db,
      query,
      query.parameters.map(one => (one instanceof Place ? rows[one.row]?.[one.name] : one)),
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
