import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import { again, done, reason } from '../../../../../lib/pgsql/decide/decision.ts';
import { withWatcher } from '../../../../../lib/pgsql/decide/watch.ts';
import { EMPTY_MEMORY, parseMemory, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import type { Server, Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { aConfig, aPrimary, aSnapshot, rulesOf, running } from '../builders.ts';

const WELL = done(OcfExit.RUNNING_PROMOTED, reason('primary.steady', 'primary', 'debug'), {
  memory: EMPTY_MEMORY,
});
const FAST = aConfig({ fastDetection: true });
const PID = 4711;
const SERVER = { ...running(aPrimary()), state: 'running', pid: PID } as Extract<
  Server,
  { state: 'running' }
>;
const at = (parts: Partial<Snapshot>): Snapshot => aSnapshot({ server: SERVER, watcher: 'none', ...parts });

t.test('a server that a monitor finds well is watched', async (t) => {
  const decision = withWatcher(at({}), FAST, WELL);
  t.same(decision.steps, [{ kind: 'watch', pid: PID }]);
  t.same(withWatcher(at({ watcher: 'watches' }), FAST, WELL).steps, [], 'it is already');
  t.same(withWatcher(at({}), aConfig(), WELL).steps, [], 'only where it is asked for');
  const { watcher: _, ...probe } = at({});
  t.same(withWatcher(probe, FAST, WELL).steps, [], 'by a monitor alone');
});

t.test('one that is not well, or not yet, or does not run, is not', async (t) => {
  const why = reason('monitor.no-answer', 'it does not answer', 'error');
  t.same(withWatcher(at({}), FAST, done(OcfExit.GENERIC, why, { memory: EMPTY_MEMORY })).steps, []);
  t.same(withWatcher(at({}), FAST, again(why, { memory: EMPTY_MEMORY })).steps, []);
  t.same(withWatcher(at({ server: { state: 'stopped', leftovers: [] } }), FAST, WELL).steps, []);
});

t.test('one that cannot be watched is tried once; a watcher that is gone is replaced', async (t) => {
  const first = withWatcher(at({}), FAST, WELL);
  const remembered = parseMemory(serializeMemory(first.memory));
  const second = withWatcher(at({ memory: remembered }), FAST, { ...WELL, memory: remembered });
  t.same(second.steps, []);
  t.same(second.memory, remembered);
  const seen = withWatcher(at({ watcher: 'watches' }), FAST, { ...WELL, memory: remembered });
  t.same(seen.memory, EMPTY_MEMORY);
  t.same(withWatcher(at({}), FAST, seen).steps, [{ kind: 'watch', pid: PID }]);
  const other = { ...SERVER, pid: PID + 1 };
  t.same(withWatcher(at({ server: other }), FAST, { ...WELL, memory: remembered }).steps, [
    { kind: 'watch', pid: PID + 1 },
  ]);
});

t.test(
  'nothing is watched for a monitor that would be recovered from otherwise than by a restart',
  async (t) => {
    for (const onFail of ['block', 'demote', 'fence', 'ignore', 'standby', 'stop']) {
      const config = aConfig({ fastDetection: true, onFail });
      t.same(withWatcher(at({}), config, WELL).steps, []);
      t.same(
        withWatcher(at({ watcher: 'watches' }), config, WELL).steps,
        [],
        'another monitor of this role has it',
      );
      t.same(rulesOf(withWatcher(end(), config, ENDED)), ['monitor.stopped', 'monitor.reported']);
    }
  },
);

t.test('fast_detection=false ends it', async (t) => {
  t.same(withWatcher(at({ watcher: 'watches' }), aConfig(), WELL).steps, [{ kind: 'endWatch' }]);
});

const ENDED = done(OcfExit.NOT_RUNNING, reason('monitor.stopped', 'no room for WAL here', 'warn'), {
  memory: EMPTY_MEMORY,
  isShown: true,
});
const end = (parts: Partial<Snapshot> = {}): Snapshot =>
  at({ server: { state: 'stopped', leftovers: [] }, watcher: 'reported', ...parts });

t.test(
  'of an end that was reported a monitor says what the last one said, until an action follows',
  async (t) => {
    const first = withWatcher(end(), FAST, ENDED);
    t.same(first.outcome, { kind: 'done', code: OcfExit.RUNNING_PROMOTED });
    t.same(rulesOf(first), ['monitor.stopped', 'monitor.reported']);
    const standby = end({ disk: { ...end().disk, standbySignal: true } });
    t.same(withWatcher(standby, FAST, ENDED).outcome, { kind: 'done', code: OcfExit.SUCCESS });
    const gone = end({ disk: { ...end().disk, directory: 'missing' } });
    t.equal(withWatcher(gone, FAST, ENDED), ENDED, 'what it was cannot be told');
    const plain = aConfig({ fastDetection: true, repMode: 'none' });
    t.same(withWatcher(end(), plain, ENDED).outcome, { kind: 'done', code: OcfExit.SUCCESS });
  },
);

t.test('a monitor waits for a watcher that is about to report, and not for one that hangs', async (t) => {
  const waits = withWatcher(end({ watcher: 'reports' }), FAST, {
    ...ENDED,
    steps: [{ kind: 'publish', changes: [] }],
  });
  t.match(waits.outcome, {
    kind: 'again',
    atMost: { ms: 15_000, code: OcfExit.NOT_RUNNING, exitReason: 'no room for WAL here' },
  });
  t.same(waits.steps, [], 'what is to be done is done once');
  t.same(rulesOf(waits), ['monitor.stopped', 'monitor.being-reported']);
});

t.test('an end that nobody reports is what a monitor finds', async (t) => {
  t.equal(
    withWatcher(end({ watcher: 'none' }), FAST, ENDED),
    ENDED,
    'not managed, an old crm_mon, a watcher killed',
  );
  t.equal(withWatcher(end(), aConfig(), ENDED), ENDED);
  t.equal(withWatcher(end({ watcher: 'reports' }), aConfig(), ENDED), ENDED);
});
