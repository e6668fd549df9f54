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

/** @param beside one to the same file that built queries are asked of while it is between two transactions */
export const nodeSqliteDialect = (connection: Connection, beside = connection): Dialect => {
  const adapter = new AtOnce(connection, beside)
  return {
    createAdapter: () => adapter,
    createDriver: () => new SqliteDriver({ database: connection }),
    createIntrospector: db => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/**
 * Answers a compiled query where it is asked: a connection in this process needs no queue. One in a transaction would show what is not committed
 * yet, so that then the own one is asked.
 */
export class AtOnce extends SqliteAdapter {
  readonly #own: Connection
  readonly #beside: Connection

  constructor(own: Connection, beside: Connection) {
    super()
    this.#own = own
    this.#beside = beside
  }

  /** Throws what node:sqlite throws. */
  answer<Row>({ sql }: CompiledQuery<Row>, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = (this.#beside.inTransaction ? this.#own : this.#beside).prepare(sql)
    // What a query selects is the word of whoever built it.
    if (statement.reader) return { rows: statement.all(parameters) as Row[] }
    return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) }
  }
}

/** As Kysely asks for it, with its statements kept. */
export class Connection implements SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #kept = new Map<string, SqliteStatement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  close(): void {
    this.#database.close()
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#kept.get(sql)
    if (known !== undefined) return known
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear()
    const statement = wrapStatement(this.#database.prepare(sql))
    this.#kept.set(sql, statement)
    return statement
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
