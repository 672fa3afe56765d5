/** No start, killed or not, makes a primary of a node that Pacemaker has not promoted. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { configure } from '../../../../lib/pgsql/configure.ts';
import type { Decision } from '../../../../lib/pgsql/decide/decision.ts';
import { decidePromote } from '../../../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../../../lib/pgsql/decide/start.ts';
import { decideDemote } from '../../../../lib/pgsql/decide/stop.ts';
import type { Installation } from '../../../../lib/pgsql/installation.ts';
import { EMPTY_MEMORY } from '../../../../lib/pgsql/memory.ts';
import { replicationSettings } from '../../../../lib/pgsql/replication.ts';
import type { Snapshot } from '../../../../lib/pgsql/snapshot.ts';
import type { Step } from '../../../../lib/pgsql/steps.ts';
import { known } from '../../../../lib/system/fact.ts';
import { pathKind } from '../../../../lib/system/files.ts';
import { findUser } from '../../../../lib/system/os-user.ts';
import {
  aClusterView,
  aConfig,
  aControlFile,
  aDisk,
  aSnapshot,
  NOTHING_ANNOUNCED,
  rulesOf,
  stopped,
} from './builders.ts';

interface Node {
  readonly hasSignal: boolean;
  readonly server: 'stopped' | 'standby' | 'writable';
}

const carryOut = (node: Node, step: Step): Node => {
  if (step.kind === 'configure') return { ...node, hasSignal: step.standby };
  if (step.kind === 'start') return { ...node, server: node.hasSignal ? 'standby' : 'writable' };
  return step.kind === 'stop' ? { ...node, server: 'stopped' } : node;
};

const config = aConfig();
/** node1 was the primary, and has crashed: its control file says so, and nothing makes it a standby. */
const crashed = (hasSignal: boolean, parts: Partial<Snapshot> = {}): Snapshot =>
  aSnapshot({
    server: stopped(),
    disk: aDisk({ standbySignal: hasSignal, control: known(aControlFile({ state: 'in production' })) }),
    cluster: known(aClusterView({ nodes: { node1: { score: '1000', dataStatus: 'LATEST' } } })),
    ...parts,
  });

const STARTS: Readonly<Record<string, (hasSignal: boolean) => Decision>> = {
  'a start': (hasSignal) => decideStart(crashed(hasSignal), config),
  'a start of a standby elsewhere': (hasSignal) =>
    decideStart(crashed(hasSignal), aConfig({ repMode: 'slave' })),
  'a demotion': (hasSignal) => decideDemote(crashed(hasSignal), config),
  'a promotion that finds it stopped': (hasSignal) =>
    decidePromote(crashed(hasSignal, { announced: { ...NOTHING_ANNOUNCED, promote: ['node1'] } }), config),
};

for (const [name, decide] of Object.entries(STARTS)) {
  t.test(name, async (t) => {
    for (const hasSignal of [true, false]) {
      const { steps } = decide(hasSignal);
      t.match(steps.at(-1), { kind: 'start', standby: true }, 'the signal is looked for once more');
      for (let carriedOut = 0; carriedOut <= steps.length; carriedOut++) {
        const killed = steps.slice(0, carriedOut).reduce(carryOut, { hasSignal, server: 'stopped' });
        t.not(killed.server, 'writable', `killed after ${carriedOut} steps`);
        const next = decideStart(crashed(killed.hasSignal), config).steps.reduce(carryOut, killed);
        t.equal(next.server, 'standby', 'and the next start makes it a standby');
      }
    }
  });
}

t.test('only a promotion of the recorded primary starts it without the signal', async (t) => {
  const decision = decidePromote(crashed(true, { memory: { ...EMPTY_MEMORY, started: false } }), config);
  t.same(rulesOf(decision), ['promote.restart']);
  const killed = decision.steps.slice(0, -1).reduce(carryOut, { hasSignal: true, server: 'stopped' });
  t.same(killed, { hasSignal: false, server: 'stopped' });
  t.equal(decideStart(crashed(false), config).steps.reduce(carryOut, killed).server, 'standby');
});

t.test('the files: a configuration that cannot be written takes no signal away', async (t) => {
  const owner = findUser(userInfo().username);
  if (owner === undefined) throw new Error('this user has no account');
  const base = mkdtempSync(join(tmpdir(), 'pha-configure-'));
  t.teardown(() => rmSync(base, { recursive: true }));
  const [pgdata, signal] = [join(base, 'data'), join(base, 'data', 'standby.signal')];
  const broken = join(base, 'tmp', 'rep_mode.conf');
  mkdirSync(pgdata);
  writeFileSync(join(pgdata, 'PG_VERSION'), '15\n');
  writeFileSync(join(pgdata, 'postgresql.conf'), '');
  const installation = {
    pgdata,
    owner,
    configFile: join(pgdata, 'postgresql.conf'),
    tmpdir: join(base, 'tmp'),
  } as Installation;
  const write = (standby: boolean) =>
    configure(installation, replicationSettings(config, 'node1', { kind: 'none' }), standby);

  write(true);
  t.equal(pathKind(signal), 'file');
  rmSync(broken);
  mkdirSync(broken);
  t.throws(() => write(false));
  t.equal(pathKind(signal), 'file');
  rmSync(broken, { recursive: true });
  write(false);
  t.equal(pathKind(signal), 'missing');
});
