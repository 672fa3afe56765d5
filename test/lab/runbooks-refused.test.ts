/** docs/runbooks/agent-refused.md: pg_hba.conf keeps the agent out of a server that lives. */
import type { Test } from 'tap';
import { type CrmMon, dataDirectory, type Lab, promotedNode } from '../../lab/index.ts';
import {
  type Cast,
  castOf,
  cleanUp,
  dataStatusOf,
  failedStart,
  namedCommand,
  REWIND_COMMAND,
  receiverSignal,
  rewind,
  scoreOf,
  statusOf,
  waitForPrimary,
  waitForReturn,
  waitForSuccessor,
} from './actions.ts';
import { sentencesOf } from './agent-log.ts';
import { openRunbook, type Roles } from './runbook.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const HBA = `${dataDirectory}/pg_hba.conf`;
const AGENT = 'local all all reject';

const asPostgres = (lab: Lab, node: string, script: string): Promise<unknown> =>
  lab.exec(node, ['sh', '-c', script], { user: 'postgres' });

const reload = `kill -HUP "$(head -n 1 ${dataDirectory}/postmaster.pid)"`;

/** @param lines stand above all others */
const breakHba = (lab: Lab, node: string, ...lines: string[]): Promise<unknown> =>
  asPostgres(
    lab,
    node,
    `cp ${HBA} /tmp/hba; { printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}; cat /tmp/hba; } >${HBA}; ${reload}`,
  );

/** PostgreSQL has yet to read it. */
const mendHba = (lab: Lab, node: string): Promise<unknown> => asPostgres(lab, node, `cat /tmp/hba >${HBA}`);

const refusalOf = (now: CrmMon, node: string): string | undefined =>
  now.attributes[node]?.['pgsql-refuses-agent'];

const waitForRefusal = (lab: Lab, node: string): Promise<CrmMon> =>
  lab.waitFor(
    `${node} to say that it refuses its agent`,
    (now) => refusalOf(now, node) !== undefined,
    RECOVERY_MS,
  );

const rolesOf = ({ primary, sync, other }: Cast): Roles => ({ node1: primary, node2: sync, node3: other });

/** A primary that had written what it had not sent yet has diverged. */
const bringBack = async (t: Test, lab: Lab, node: string): Promise<void> => {
  const back = await waitForReturn(lab, node);
  if (back.kind === 'failed') {
    t.equal(namedCommand(back.failure), REWIND_COMMAND, back.failure.exitReason);
    await rewind(lab, node);
  }
  await lab.waitHealthy(RECOVERY_MS);
};

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('with the same mistake on all nodes the database goes on', async (t) => {
    const page = await openRunbook(t, lab, 'agent-refused');
    const cast = await castOf(lab);
    const { primary, sync, other } = cast;
    const all = [primary, sync, other];
    await underLoad(t, lab, async (client) => {
      await Promise.all(all.map((node) => breakHba(lab, node, AGENT)));
      const refused = await lab.waitFor(
        'all nodes to refuse their agents, and nobody to be marked',
        (now) =>
          all.every((node) => refusalOf(now, node) !== undefined) && dataStatusOf(now, sync) === 'DISCONNECT',
        RECOVERY_MS,
      );
      t.match(refusalOf(refused, primary), /^28000 pg_hba\.conf rejects connection/);
      t.equal(statusOf(refused, sync), 'HS:alone');
      t.equal(scoreOf(refused, sync), '-INFINITY');
      await page.follow('What you see', rolesOf(cast));
      await client.waitForWrites(20, RECOVERY_MS);
      t.equal((await sentencesOf(lab, primary, 'monitor.refuses-agent')).length, 1, 'logged once');
      await Promise.all(all.map((node) => mendHba(lab, node)));
      await page.follow('What to do', rolesOf(cast));
      await Promise.all([sync, other].map((node) => asPostgres(lab, node, reload)));
      await page.follow('Done when', rolesOf(cast));
    });
    const cluster = await lab.crmMon();
    t.equal(promotedNode(cluster), primary);
    t.equal(refusalOf(cluster, primary), undefined);
    t.strictSame(cluster.failures, [], 'nothing has failed');
  });

  await scenario('with the mistake on the primary alone another node takes over', async (t) => {
    const cast = await castOf(lab);
    const { primary } = cast;
    await underLoad(t, lab, async (client) => {
      await breakHba(lab, primary, AGENT);
      await waitForSuccessor(lab, cast);
      await client.waitForWrites(20, RECOVERY_MS);
      t.match(await sentencesOf(lab, primary, 'primary.refuses-agent'), [/ can take over/]);
      const failed = await lab.waitFor(
        `${primary} to fail as it is started`,
        (now) => failedStart(now, primary) !== undefined,
        RECOVERY_MS,
      );
      t.match(failedStart(failed, primary)?.exitReason, /^PostgreSQL runs but refuses the agent: pg_hba/);
      await mendHba(lab, primary);
      await cleanUp(lab, primary);
      await bringBack(t, lab, primary);
    });
  });

  await scenario('a standby that refuses its agent makes room, and does not take over', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await breakHba(lab, sync, AGENT);
      await lab.waitFor(
        `${other} to be synchronous instead`,
        (now) => dataStatusOf(now, other) === 'STREAMING|SYNC' && scoreOf(now, other) === '100',
        RECOVERY_MS,
      );
      const before = await waitForRefusal(lab, sync);
      t.equal(scoreOf(before, sync), '-INFINITY');
      // It must hold nothing that the other one lacks.
      await receiverSignal(lab, sync, 'STOP');
      await lab.powerOff(primary);
      await waitForPrimary(lab, other);
      await receiverSignal(lab, sync, 'CONT');
      await client.waitForWrites(20, RECOVERY_MS);
      const after = await lab.crmMon(other);
      t.equal(statusOf(after, sync), 'HS:alone', 'it serves on');
      await mendHba(lab, sync);
      await asPostgres(lab, sync, reload);
      await lab.boot(primary);
      await bringBack(t, lab, primary);
    });
  });
});
