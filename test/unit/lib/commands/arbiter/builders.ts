import type { ArbiterSnapshot } from '../../../../../lib/commands/arbiter/observe-arbiter.ts';
import type { LockState } from '../../../../../lib/distlock/answer.ts';
import type { Survey } from '../../../../../lib/distlock/arbiter.ts';

export const WITH_LOCK = {
  enable_distlock: 'true',
  distlock_conninfo: 'host=node9 port=5439 user=locker password=geheim',
  distlock_lockname: 'distlock:pgsql_cls1',
} as const;

export const lockState = (owner: string, parts: Partial<LockState> = {}): LockState => ({
  owner,
  renewedAt: `stamp of ${owner}`,
  ageMs: 2_100,
  leaseMs: 9_000,
  ...parts,
});

export const AT_MS = Date.UTC(2026, 10, 22, 1, 10, 0);

const asked = { where: 'node9:5439', lock: 'distlock:pgsql_cls1', atMs: AT_MS } as const;

/** An arbiter that answers: node1 has the lock, and waits for its standby. */
export const arbiter = (parts: Partial<Survey> = {}): ArbiterSnapshot => ({
  ...asked,
  answer: {
    ok: true,
    value: { state: lockState('node1'), alone: lockState(''), database: '', history: [], ...parts },
  },
});

export const SILENT: ArbiterSnapshot = {
  ...asked,
  answer: {
    ok: false,
    failure: { kind: 'silent', sentence: 'the arbiter node9:5439: no answer in time' },
  },
};
