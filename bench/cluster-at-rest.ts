/** A running cluster that does nothing by itself while something in it is measured. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, LabError } from '../lab/index.ts';

const OPTION = ['--type=crm_config', '--name=maintenance-mode'] as const;

const setMaintenance = (lab: Lab, node: string, value: string | undefined): Promise<unknown> =>
  lab.exec(node, [
    'crm_attribute',
    ...OPTION,
    ...(value === undefined ? ['--delete'] : [`--update=${value}`]),
  ]);

/** Every write to the configuration or to an attribute counts one of the three numbers up. */
export const parseCibVersion = (cib: string): string | undefined => {
  const root = /<cib\s[^>]*>/.exec(cib)?.[0] ?? '';
  const numbers = ['admin_epoch', 'epoch', 'num_updates'].map(
    (name) => new RegExp(`\\s${name}="(\\d+)"`).exec(root)?.[1],
  );
  return numbers.includes(undefined) ? undefined : numbers.join('.');
};

export const cibVersion = async (lab: Lab, node: string): Promise<string> => {
  const { stdout } = await lab.exec(node, ['cibadmin', '--query', '--local']);
  const version = parseCibVersion(stdout);
  if (version === undefined) throw new LabError(`${node}: the CIB has no version.`);
  return version;
};

/** By a simulation of what Pacemaker would do now, as the node sees it. @throws LabError if it cannot be asked */
export const isAtRest = async (lab: Lab, node: string): Promise<boolean> => {
  const argv = ['crm_resource', '--wait', '--timeout=1s'];
  return (await lab.exec(node, argv, { timeoutMs: 10_000, allowFailure: true })).exitCode === 0;
};

/** Long enough for whatever a monitor that was under way still writes. */
const REST_MS = 2_000;
const UNREST_MS = 60_000;

const waitForRest = async (lab: Lab, node: string): Promise<void> => {
  const end = performance.now() + UNREST_MS;
  let seen = await cibVersion(lab, node);
  for (let sinceMs = performance.now(); performance.now() - sinceMs < REST_MS; ) {
    if (performance.now() > end)
      throw new LabError('The cluster does not come to rest: its CIB goes on changing.');
    await sleep(200);
    const now = await cibVersion(lab, node);
    if (now !== seen) sinceMs = performance.now();
    seen = now;
  }
};

/**
 * Pacemaker's own monitors end, and begin again after `use`, whatever happens in it. Resources stay as they are.
 * @param node one that is online
 */
export const atRest = async <T>(lab: Lab, node: string, use: () => Promise<T>): Promise<T> => {
  const query = ['crm_attribute', ...OPTION, '--query', '--quiet'];
  const before = await lab.exec(node, query, { allowFailure: true });
  await setMaintenance(lab, node, 'true');
  try {
    await waitForRest(lab, node);
    return await use();
  } finally {
    await setMaintenance(lab, node, before.exitCode === 0 ? before.stdout.trim() : undefined);
  }
};

/** @throws LabError if anything was written to the cluster, or to one of the files, while `use` ran */
export const unchanged = async <T>(
  lab: Lab,
  node: string,
  files: readonly string[],
  use: () => Promise<T>,
): Promise<T> => {
  const look = async (): Promise<string> => {
    const { stdout } = await lab.exec(node, ['sha256sum', '--', ...files]);
    return `CIB ${await cibVersion(lab, node)}, files ${stdout}`;
  };
  const before = await look();
  const result = await use();
  const after = await look();
  if (after === before) return result;
  throw new LabError(`${node}: something was written during the measurement, so its figures count for nothing.
before: ${before}
after:  ${after}`);
};
