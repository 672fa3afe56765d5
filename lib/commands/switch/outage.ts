import { type Connection, type ServerAddress, withConnection } from '../../postgres/client.ts';
import type { FailureKind } from '../../postgres/failure.ts';
import { type Deadline, deadlineIn, monotonicMs, onExpiry, sleep } from '../../system/clock.ts';

/** How often the primary's address is asked whether it leads to a server that accepts writes. */
export const ASK_EVERY_MS = 20;
/** A connection to an address that has moved never answers. */
const ANSWER_MS = 300;
const CONNECT_MS = 300;
/** A connection is renewed after so long, which takes no longer than a few questions. */
const LONGEST_TALK_MS = 60_000;

/** What the questions have told so far: pure, so that the arithmetic is tested without a server. */
export interface OutageRecord {
  /** of the newest answer of a server that accepts writes */
  readonly writableAtMs: number | undefined;
  readonly longestGapMs: number;
  /** whether the newest answer was one */
  readonly isWritable: boolean;
}

export const NOTHING_SEEN: OutageRecord = { writableAtMs: undefined, longestGapMs: 0, isWritable: false };

export const afterAnswer = (record: OutageRecord, atMs: number, isWritable: boolean): OutageRecord => {
  if (!isWritable) return { ...record, isWritable };
  // A busy machine may just have been slow to ask: only what was refused or not answered in between is an outage.
  const gap = record.writableAtMs === undefined || record.isWritable ? 0 : atMs - record.writableAtMs;
  return { writableAtMs: atMs, longestGapMs: Math.max(record.longestGapMs, gap), isWritable };
};

/** Shorter than any change of primary. */
const GAP_MS = 250;

/** Writes were stopped, and are accepted again; `sinceMs` is when there was another primary already. */
export const isOver = ({ longestGapMs, isWritable, writableAtMs }: OutageRecord, sinceMs = 0): boolean =>
  isWritable && longestGapMs >= GAP_MS && (writableAtMs ?? 0) >= sinceMs;

export type Outage =
  | { readonly kind: 'measured'; readonly ms: number }
  | { readonly kind: 'not-measured'; readonly because: string }
  /** The address led to a primary before, and does not now. */
  | { readonly kind: 'goes-on'; readonly because: string };

/** What the answers tell. Pure. */
export const outageOf = (record: OutageRecord, host: string, failure: string): Outage => {
  if (isOver(record)) return { kind: 'measured', ms: record.longestGapMs };
  if (record.writableAtMs === undefined)
    return { kind: 'not-measured', because: `${host} was asked and did not tell: ${failure}` };
  return record.isWritable
    ? { kind: 'not-measured', because: `${host} accepted writes whenever it was asked` }
    : { kind: 'goes-on', because: failure };
};

export interface OutageProbe {
  /** Waits, when another node is primary, until writes were stopped and are accepted again. */
  readonly finish: (deadline: Deadline) => Promise<Outage>;
  readonly stop: () => void;
}

/**
 * Asks the server at the address that clients write to, again and again, whether it is a primary. It is asked with the
 * login that standbys use: in SQL where pg_hba.conf lets it, else in the replication protocol, which every standby may use.
 */
export function probeOutage(address: ServerAddress): OutageProbe {
  let record = NOTHING_SEEN;
  let stopped = false;
  let failure = 'it has not answered';
  const note = (isWritable: boolean): void => {
    record = afterAnswer(record, monotonicMs(), isWritable);
  };
  const askAgainAndAgain = async (asked: ServerAddress): Promise<FailureKind> => {
    let isConnected = false;
    let isGivenUp = false;
    const talk = withConnection(asked, deadlineIn(LONGEST_TALK_MS), async (connection) => {
      isConnected = true;
      while (!stopped && !isGivenUp) {
        note(await inTime(acceptsWrites(connection, asked.replication !== undefined)));
        await sleep(ASK_EVERY_MS);
      }
    });
    // Somebody who waits for an address that nobody has right now would not notice when somebody has.
    const noConnection = sleep(CONNECT_MS).then(() => (isConnected ? talk : undefined));
    const result = await Promise.race([talk, noConnection]);
    isGivenUp = true;
    if (result?.ok === true) return 'timeout';
    failure = result?.failure.message ?? 'no connection in time';
    return result?.failure.kind ?? 'timeout';
  };
  const run = async (): Promise<void> => {
    let asked = address;
    while (!stopped) {
      const kind = await askAgainAndAgain(asked);
      if (stopped) return;
      note(false);
      if (kind === 'auth' && asked.replication === undefined) asked = { ...address, replication: 'true' };
      await sleep(ASK_EVERY_MS);
    }
  };
  void run();
  return {
    finish: async (deadline) => {
      const sinceMs = monotonicMs();
      while (!isOver(record, sinceMs) && !deadline.expired()) await sleep(ASK_EVERY_MS);
      stopped = true;
      return outageOf(record, address.host, failure);
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** A replication connection runs no SQL, but shows settings since PostgreSQL 10; a standby's transactions only read. */
async function acceptsWrites({ query }: Connection, isReplication: boolean): Promise<boolean> {
  const [row] = await query(
    isReplication ? 'SHOW transaction_read_only' : 'SELECT pg_catalog.pg_is_in_recovery() AS standby',
  );
  return isReplication ? row?.transaction_read_only === 'off' : row?.standby === false;
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = onExpiry(deadlineIn(ANSWER_MS), () => reject(new Error('no answer in time')));
  });
  return Promise.race([answer, late]).finally(() => cancel());
}
