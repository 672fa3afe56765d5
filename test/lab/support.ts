/** What all lab tests share: a cluster of their own, scenarios on it, and the logs of what failed. */
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  type Client,
  type ClientReport,
  createLab,
  type Lab,
  type LabRequest,
  removeLab,
} from '../../lab/index.ts';
import { checkGuests, checkMachine, checkQuorumDevice, kernelHasIpvs } from '../../lab/requirements.ts';
import { labNames } from '../../lab/state.ts';

/** Labs of tests are told from those that people made by their names, which end in the test's process id. */
const PREFIX = process.env.PHA_TEST_LAB_PREFIX ?? 'test';
const LOGS = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..', '.test-logs', 'lab');

/** How long a cluster may take to recover from whatever was done to it. */
export const RECOVERY_MS = 60_000;

/** One test on the lab. It begins with a healthy cluster, and keeps the logs of all nodes if it fails. */
export type Scenario = (name: string, run: (t: Test) => Promise<void>) => Promise<void>;

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A test that was killed could not take its lab down. */
const removeOrphans = async (): Promise<void> => {
  for (const name of await labNames()) {
    const pid = new RegExp(`^${PREFIX}-.+-(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await removeLab(name);
  }
};

const missingHere = ({ template }: LabRequest): Promise<string | false> =>
  checkMachine()
    .then(async () => {
      if (template === 'muti_with_lvs' && !(await kernelHasIpvs())) await checkGuests();
      if (template === 'dual_qdevice') await checkQuorumDevice();
    })
    .then(
      () => false,
      (error: Error) => error.message,
    );

const fileNameOf = (title: string): string =>
  title
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);

/** Runs it, and collects the logs if it throws or if one of its assertions failed. */
const keepingLogs = async (t: Test, lab: Lab, directory: string, run: () => Promise<void>): Promise<void> => {
  const collect = async (): Promise<void> => {
    await lab.collectLogs(directory).then(
      () => t.comment(`logs of the nodes: ${directory}`),
      (error: Error) => t.comment(`logs of the nodes could not be collected: ${error.message}`),
    );
  };
  try {
    await run();
  } catch (error) {
    await collect();
    throw error;
  }
  if (!t.passing()) await collect();
};

/**
 * Brings up a lab for one file's scenarios and takes it down in the end, whatever happens. Skipped, with the reason,
 * where the machine cannot run one.
 * @param file `import.meta.url` of the test
 */
export const withLab = async (
  file: string,
  request: LabRequest & { readonly deadlineMs?: number },
  scenarios: (lab: Lab, scenario: Scenario) => Promise<void>,
): Promise<void> => {
  const stem = basename(file, '.test.ts');
  const logs = join(LOGS, stem);
  await t.test(stem, { skip: await missingHere(request) }, async (t) => {
    await removeOrphans();
    const name = `${PREFIX}-${stem}-${process.pid}`;
    const takeDown = (): Promise<void> => removeLab(name);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => void takeDown().finally(() => process.exit(1)));
    t.teardown(takeDown);
    const lab = await createLab({ ...request, name, logDirectory: join(logs, 'up') });

    const scenario: Scenario = async (title, run) => {
      await t.test(title, (t) =>
        keepingLogs(t, lab, join(logs, fileNameOf(title)), async () => {
          // Also the proof that the scenario before has left no harm.
          await lab.waitHealthy(RECOVERY_MS);
          await run(t);
        }),
      );
    };
    await scenarios(lab, scenario);
  });
};

/** Runs something while a client writes through the write VIP, and proves that no acknowledged write is lost. */
export const underLoad = async (
  t: Test,
  lab: Lab,
  run: (client: Client) => Promise<void>,
): Promise<ClientReport> => {
  const client = await lab.client();
  try {
    await run(client);
  } catch (error) {
    // Its own end may take as long as the service is away, and nobody waits for its proof any more.
    client.stop().catch(() => undefined);
    throw error;
  }
  const report = await client.stop();
  t.comment(
    `client: ${report.acked} acknowledged, ${report.errors} errors, ${report.inDoubt} in doubt, ` +
      `gaps ${report.gapsMs.join(', ') || 'none'} ms`,
  );
  t.equal(
    report.lost,
    0,
    `no acknowledged write is lost (lost attempts: ${report.lostAttempts.join(', ') || 'none'})`,
  );
  return report;
};
