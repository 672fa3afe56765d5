import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import { type Decision, done, reason } from '../../../../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { withWriteCheck } from '../../../../../lib/pgsql/decide/write-check.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { aConfig, aPrimary, aSnapshot, aStandby, rulesOf, running } from '../builders.ts';

const CONFIG = aConfig({ writeCheck: true });
const FULL: Snapshot['writes'] = { kind: 'failed', reason: 'No space left on device' };
const SERVER = running(aPrimary());
const wellWith = (memory: Memory): Decision =>
  done(OcfExit.RUNNING_PROMOTED, reason('primary.steady', 'primary', 'debug'), { memory });
const judge = (parts: Partial<Snapshot>, memory: Memory = EMPTY_MEMORY, config = CONFIG): Decision =>
  withWriteCheck(aSnapshot({ server: SERVER, memory, ...parts }), config, wellWith(memory));

t.test('three failures in a row are one of the primary', async (t) => {
  let memory = EMPTY_MEMORY;
  for (const count of [1, 2]) {
    const decision = judge({ writes: FULL }, memory);
    t.match(decision, { outcome: { kind: 'done', code: OcfExit.RUNNING_PROMOTED } });
    t.match(decision.reasons[1], {
      rule: 'monitor.write-failed',
      because: new RegExp(`${count} of 3.*No space`),
    });
    memory = parseMemory(serializeMemory(decision.memory));
  }
  t.same(judge({ writes: FULL }, memory).outcome, {
    kind: 'done',
    code: OcfExit.FAILED_PROMOTED,
    exitReason: 'PostgreSQL cannot write (write_check): No space left on device',
  });
  t.same(
    judge({ writes: { kind: 'written' } }, memory).memory,
    EMPTY_MEMORY,
    'one that succeeds ends the row',
  );
  t.same(
    judge({ writes: { kind: 'unknown' } }, memory).memory,
    memory,
    'what says nothing counts for nothing',
  );
  const plain = judge({ writes: FULL }, memory, aConfig({ writeCheck: true, repMode: 'none' }));
  t.match(plain.outcome, { code: OcfExit.GENERIC });
});

t.test('a standby is not judged by it, nor a server that has not answered', async (t) => {
  t.same(judge({ writes: FULL, server: running(aStandby()) }).memory, EMPTY_MEMORY);
  t.same(judge({ writes: FULL, server: { state: 'stopped', leftovers: [] } }).memory, EMPTY_MEMORY);
  t.same(judge({}).memory, EMPTY_MEMORY);
});

t.test('it is part of the monitor', async (t) => {
  t.ok(
    rulesOf(decideMonitor(aSnapshot({ server: SERVER, writes: FULL }), CONFIG)).includes(
      'monitor.write-failed',
    ),
  );
});
