/** Two nodes and an arbiter: whose lock it is. The names of its nodes do not tell a cluster from its copy on other machines. */
import type { Beside } from '../../distlock/arbiter.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';

/**
 * - ours: or nothing is known of it
 * - nobodys: whoever takes the lock, or has it, makes it its own
 * - anothers: `sentence` begins with what helps, since Pacemaker shows 128 characters of "not promoted: " and it
 */
export type LockDatabase =
  | { readonly kind: 'ours' }
  | { readonly kind: 'nobodys'; readonly name: Step }
  | { readonly kind: 'anothers'; readonly sentence: string };

/** By what the arbiter has said in this operation. */
export const lockDatabase = ({ lock, server }: Snapshot): LockDatabase => {
  const beside = lock === undefined ? undefined : besideOf(lock.question);
  const mine =
    server.state === 'running' && server.answer.ok ? server.answer.value.systemIdentifier : undefined;
  if (beside?.database === undefined || mine === undefined || beside.database === mine)
    return { kind: 'ours' };
  return beside.database === ''
    ? { kind: 'nobodys', name: { kind: 'nameDatabase', systemIdentifier: mine } }
    : { kind: 'anothers', sentence: ofAnotherDatabase(beside.database, mine) };
};

/** After pg_upgrade, or with a database made anew, it is the same cluster all the same. */
const ofAnotherDatabase = (theirs: string, mine: string): string =>
  `another cluster's lock (if it is this one's: distlock CONNINFO unlock LOCK#database ${theirs}): this database is ${mine}. Give each cluster a lock of its own (distlock_lockname); after pg_upgrade, or with a database made anew, it is this one's`;

const besideOf = (question: NonNullable<Snapshot['lock']>['question']): Beside | undefined =>
  question.kind === 'not-asked' || !question.answer.ok ? undefined : question.answer.value;
