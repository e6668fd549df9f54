/** Kysely's SQLite dialect over node:sqlite, whose statements do not tell by themselves whether they return rows. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'

/** Statements kept compiled; lists of different length are different statements, so there is an end to it. */
const MOST_KEPT = 300

export const nodeSqliteDialect = (database: DatabaseSync): Dialect => {
  const kept = keeping(database)
  const adapter = new AtOnce(kept)
  return {
    createAdapter: () => adapter,
    createDriver: () => new SqliteDriver({ database: kept }),
    createIntrospector: db => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Answers a compiled query where it is asked: nobody has to wait for a connection that is in this process and never busy. */
export class AtOnce extends SqliteAdapter {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super()
    this.#database = database
  }

  /** Throws what node:sqlite throws. */
  answer<Row>({ sql }: CompiledQuery<Row>, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = this.#database.prepare(sql)
    // What a query selects is the word of whoever built it.
    if (statement.reader) return { rows: statement.all(parameters) as Row[] }
    return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) }
  }
}

function keeping(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = kept.get(sql)
      if (known !== undefined) return known
      if (kept.size >= MOST_KEPT) kept.clear()
      const statement = wrapStatement(database.prepare(sql))
      kept.set(sql, statement)
      return statement
    },
  }
}

function wrapStatement(statement: StatementSync): SqliteStatement {
  // The values come from the queries of this room, which bind numbers, strings and nulls only (tables.ts).
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...values(parameters)),
    run: parameters => statement.run(...values(parameters)),
    iterate: parameters => statement.iterate(...values(parameters)),
  }
}
