import type { NodeDataSnapshot } from '../../../../../lib/commands/node-data/snapshot.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import type { SourceFacts } from '../../../../../lib/postgres/source.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { aConfig, aControlFile, aDisk, aPrimaryHistory, lsn } from '../../pgsql/builders.ts';
import { OFFLINE, PRIMARY, type SnapshotParts, STOPPED, SYNC, snapshot } from '../status/builders.ts';

export const aSource = (parts: Partial<SourceFacts> = {}): SourceFacts => ({
  inRecovery: false,
  checkpointTimeline: 2,
  forbidden: [],
  mayCheckpoint: true,
  tablespaces: [],
  walFiles: undefined,
  slotLost: false,
  ...parts,
});

/** node1, primary of timeline 1 before, crashed 0x1000 bytes past the fork at 0/4000000; node2 is primary. */
export const aNodeData = (
  parts: Partial<NodeDataSnapshot> = {},
  cluster: SnapshotParts = {},
): NodeDataSnapshot => {
  const status = snapshot({
    self: 'node1',
    nodes: { node1: STOPPED, node2: PRIMARY, node3: SYNC },
    replInfo: 'node2|1|0000000004000000',
    ...cluster,
  });
  return {
    situation: situationOf(status),
    installation: {
      pgctl: '/usr/bin/pg_ctl',
      binDirectory: '/usr/bin',
      pgdata: '/pgsql/data',
      owner: { name: 'postgres', uid: 1, gid: 1, home: '/', groups: [] },
      configFile: '/pgsql/data/postgresql.conf',
      startOptions: '',
      ctlOptions: '',
      logFile: '/dev/null',
      libraries: '',
      tmpdir: '/pgsql/tmp',
      host: '',
      port: 5432,
      socketDirectory: '',
      database: 'template1',
      monitorUser: '',
      monitorPassword: '',
      monitorSql: '',
      memoryFile: '/run/x',
      watcherFile: '/run/y',
      attributeTimeoutMs: 5000,
    },
    config: aConfig(),
    server: { state: 'stopped' },
    disk: aDisk({
      control: known(
        aControlFile({ state: 'in production', checkpointTimeline: 1, checkpointLsn: lsn('0/4000FFF') }),
      ),
      ownHistory: known([]),
      recordAtFork: known(true),
    }),
    primaryHistory: known(aPrimaryHistory()),
    source: known(aSource()),
    ...parts,
  };
};

export { OFFLINE, unknown };
