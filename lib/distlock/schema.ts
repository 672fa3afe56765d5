import { literal } from '../postgres/statements.ts';
import { aloneOf, databaseOf, type LockId, tableOf } from './lock-id.ts';

/**
 * Makes what is not there yet: the tables of the original, the trigger that keeps the history of owners, and the row of
 * the lock, free, with those beside it. What is there stays as it is, whoever holds the lock. One transaction, and two at once wait for each
 * other: CREATE IF NOT EXISTS alone would fail for one of them.
 */
export const initSql = (lock: LockId): readonly string[] => {
  const table = tableOf(lock);
  const history = tableOf(lock, '_history');
  const trigger = `${lock.table}_log_update`;
  const log = tableOf(lock, '_log_update');
  return [
    'BEGIN',
    `SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pha distlock init'))`,
    // Of a cluster that is served by these tables already, no renewal may wait long for this.
    `SET LOCAL lock_timeout = '2s'`,
    `CREATE TABLE IF NOT EXISTS ${table} (
  lockname text PRIMARY KEY,
  owner text NOT NULL,
  ts timestamptz NOT NULL,
  expired_time interval NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${history} (
  id serial PRIMARY KEY,
  lockname text NOT NULL,
  owner text NOT NULL,
  ts timestamptz NOT NULL,
  expired_time interval NOT NULL)`,
    // Not made anew where it is: that would have to wait for every transaction on the table, and renewals for it.
    `DO $do$ BEGIN
IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
    WHERE tgrelid = ${literal(table)}::pg_catalog.regclass AND tgname = ${literal(trigger)}) THEN
  CREATE OR REPLACE FUNCTION ${log}() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' OR NEW.owner <> OLD.owner THEN
      -- the history beside the table, whatever the caller's search_path is
      EXECUTE pg_catalog.format('INSERT INTO %I.%I (lockname, owner, ts, expired_time) VALUES ($1, $2, $3, $4)',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_history')
        USING NEW.lockname, NEW.owner, NEW.ts, NEW.expired_time;
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER "${trigger}" AFTER INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE PROCEDURE ${log}();
END IF;
END $do$`,
    ...[lock, aloneOf(lock), databaseOf(lock)].map(
      ({ name }) => `INSERT INTO ${table} (lockname, owner, ts, expired_time)
  VALUES (${literal(name)}, '', pg_catalog.clock_timestamp(), '-1 second') ON CONFLICT (lockname) DO NOTHING`,
    ),
    'COMMIT',
  ];
};
