/** How each fault begins and ends in the lab. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalWriters } from '../../lab/client/local-writers.ts';
import { clientAddress, dataDirectory, type Lab } from '../../lab/index.ts';
import { fill, flood, hang, makeRoom, slowDown } from './disks.ts';
import { CLUSTER_PROCESSES, type Fault, type HbaMistake } from './faults.ts';
import type { Cast } from './well.ts';

export interface Scene {
  readonly lab: Lab;
  readonly cast: Cast;
  readonly writers: LocalWriters;
}

/** The kernel keeps 15 characters of a program's name; a process of PostgreSQL says itself what it is. */
const findProcess = (process: string): string => {
  if (process === 'postmaster') return `head -n 1 ${dataDirectory}/postmaster.pid`;
  const isOfCluster = CLUSTER_PROCESSES.some((each) => each === process);
  if (isOfCluster) return `pgrep --oldest --exact '${process.slice(0, 15)}'`;
  const title = process === 'backend' ? `app app ${clientAddress.replaceAll('.', '\\.')}` : process;
  return `pgrep --oldest --uid postgres --full '^postgres: .*${title}'`;
};

/** With two faults the other one may have ended the process. */
const NOTHING_FOUND = 3;

const signal = async (lab: Lab, node: string, process: string, act: string): Promise<boolean> => {
  const script = `pid=$(${findProcess(process)}) && [ -n "$pid" ] || exit ${NOTHING_FOUND}; ${act}`;
  const result = await lab.exec(node, ['sh', '-c', script], { allowFailure: true });
  return result.exitCode !== NOTHING_FOUND;
};

const HBA = `${dataDirectory}/pg_hba.conf`;
const HBA_KEPT = '/tmp/pg_hba.conf.kept';
const RELOAD = `kill -HUP "$(head -n 1 ${dataDirectory}/postmaster.pid)"`;
const END_SENDERS = "pkill -TERM --uid postgres --full '^postgres: .*walsender' || true";

const ON_TOP: Readonly<Record<HbaMistake, string>> = {
  unreadable: 'this line was not finished',
  'no-replication': 'host replication all all reject',
  nobody: 'local all all reject\\nhost all all all reject\\nhost replication all all reject',
};

const AND_THEN: Readonly<Record<HbaMistake, string>> = {
  unreadable: `kill -9 "$(head -n 1 ${dataDirectory}/postmaster.pid)"`,
  'no-replication': `${RELOAD}; ${END_SENDERS}`,
  nobody: RELOAD,
};

const breakHba = (mistake: HbaMistake): string =>
  `cp ${HBA} ${HBA_KEPT}; { printf '${ON_TOP[mistake]}\\n'; cat ${HBA_KEPT}; } >${HBA}; ${AND_THEN[mistake]}`;

/** Whoever puts it right has the server read it, if one runs. */
const mendHba = `cat ${HBA_KEPT} >${HBA}; ${RELOAD} || true`;

const asPostgres = (lab: Lab, node: string, script: string): Promise<unknown> =>
  lab.exec(node, ['sh', '-c', script], { user: 'postgres', allowFailure: true });

const forSeconds = (seconds: number): Promise<void> => sleep(1000 * seconds);

/**
 * From the beginning of a fault to its end.
 * @returns false if there was nothing to do it to
 */
export const inflict = async ({ lab, cast, writers }: Scene, fault: Fault): Promise<boolean> => {
  const node = cast[fault.place];
  switch (fault.kind) {
    case 'kill':
      return signal(lab, node, fault.process, 'kill -9 "$pid"');
    case 'stop':
      return signal(lab, node, fault.process, `kill -STOP "$pid"; sleep ${fault.seconds}; kill -CONT "$pid"`);
    case 'off':
      await lab.powerOff(node);
      await forSeconds(fault.seconds);
      await lab.boot(node);
      await writers.resume(node);
      return true;
    case 'cut':
      await lab.cut(node);
      await forSeconds(fault.seconds);
      await lab.heal(node);
      return true;
    case 'flap':
      for (let i = 0; i < fault.times; i++) {
        await lab.cut(node);
        await sleep(fault.eachMs);
        await lab.heal(node);
        await sleep(fault.eachMs);
      }
      return true;
    case 'one-way':
    case 'between': {
      const ends = [node, cast[fault.to]] as const;
      await (fault.kind === 'one-way' ? lab.cutOneWay(...ends) : lab.cutBetween(...ends));
      await forSeconds(fault.seconds);
      await lab.healBetween(...ends);
      return true;
    }
    case 'freeze':
      await lab.freeze(node);
      await forSeconds(fault.seconds);
      await lab.thaw(node);
      return true;
    case 'full-disk':
      await fill(lab, node);
      await Promise.all([flood(lab, cast.primary), forSeconds(fault.seconds)]);
      await makeRoom(lab, node);
      return true;
    case 'hung-disk':
      await hang(lab, node, fault.seconds);
      return true;
    case 'slow-disk':
      await slowDown(lab, node, fault.seconds);
      return true;
    case 'hba':
      await asPostgres(lab, node, breakHba(fault.mistake));
      await forSeconds(fault.seconds);
      await asPostgres(lab, node, mendHba);
      return true;
    case 'clock':
      await lab.setClock(node, fault.clock);
      await forSeconds(fault.seconds);
      await lab.setClock(node, 'right');
      return true;
  }
};
