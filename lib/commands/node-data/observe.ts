import { withClusterNames } from '../../pgsql/decide/context.ts';
import { provenPosition } from '../../pgsql/decide/join.ts';
import { observeDirectory, readControl, readOwnHistory, readRecordAtFork } from '../../pgsql/disk.ts';
import { configOf, installationOf } from '../../pgsql/from-parameters.ts';
import type { Installation } from '../../pgsql/installation.ts';
import { askPrimary } from '../../pgsql/primary-history.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { takeSnapshot } from '../../postgres/snapshot.ts';
import { askSource } from '../../postgres/source.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { localAddress, primaryAddress } from '../database/addresses.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { observeOnePrimary } from './one-primary.ts';
import { slotOf } from './slot.ts';
import type { LocalServer, NodeDataSnapshot } from './snapshot.ts';

export type NodeDataObservation =
  | { readonly ok: true; readonly snapshot: NodeDataSnapshot }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

const ANSWER_MS = 5_000;

/** Of no use here, where no operation is under way. */
const OPERATION_MS = 60_000;

/** Reads only: the cluster, this node's data, and the primary. */
export async function observeNodeData(
  wanted: string | undefined,
  deadline: Deadline,
  terminal: Terminal,
): Promise<NodeDataObservation> {
  const observed = await observeOnePrimary(wanted, deadline, terminal);
  if (!observed.ok) return observed;
  const { situation } = observed;
  const { resource, self, facts } = situation;
  const installation = installationOf(resource.parameters, resource.id);
  if (installation === undefined) {
    const sentence = `this node has no user ${resource.parameters.pgdba}, who should own ${resource.parameters.pgdata}`;
    return { ok: false, code: CommandExit.ERROR, sentence };
  }
  const config = withClusterNames(configOf(resource.parameters, OPERATION_MS), situation.view);
  const server = await observeServer(resource, installation, within(deadline, ANSWER_MS));
  const directory = observeDirectory(installation);
  const [control, primaryHistory, source] = await Promise.all([
    directory.directory === 'present' ? readControl(installation, deadline) : unknown('there is no database'),
    askPrimary(installation, config, deadline),
    observeSource(resource, installation, self, within(deadline, ANSWER_MS)),
  ]);
  const timeline = control.known ? provenPosition(control.value).timeline : undefined;
  const ownHistory =
    timeline === undefined
      ? unknown('the timeline is not known')
      : readOwnHistory(installation, directory.version, timeline);
  const recordAtFork =
    timeline === undefined || server.state === 'running'
      ? unknown('not looked for')
      : await readRecordAtFork(
          installation,
          directory.version,
          timeline,
          facts.replInfo,
          primaryHistory,
          deadline,
        );
  return {
    ok: true,
    snapshot: {
      situation,
      installation,
      config,
      server,
      disk: { ...directory, control, ownHistory, recordAtFork },
      primaryHistory,
      source,
    },
  };
}

async function observeServer(
  resource: PgsqlResource,
  { pgdata, owner }: Installation,
  deadline: Deadline,
): Promise<LocalServer> {
  const postmaster = findPostmaster(pgdata);
  if (postmaster === undefined) return { state: 'stopped' };
  const answer = await takeSnapshot(localAddress(resource, owner, postmaster.socketDirectory), deadline);
  if (!answer.ok) return { state: 'running', role: 'silent', receives: false };
  const { state } = answer;
  return state.inRecovery
    ? { state: 'running', role: 'standby', receives: state.receiver?.status === 'streaming' }
    : { state: 'running', role: 'primary', receives: false };
}

async function observeSource(
  resource: PgsqlResource,
  { owner }: Installation,
  self: string,
  deadline: Deadline,
): Promise<NodeDataSnapshot['source']> {
  const address = primaryAddress(resource, owner);
  if (address === undefined) return unknown('no address of a primary is configured (master_ip)');
  return factOf(await askSource(address, slotOf(resource, self), deadline), address.host);
}

export const factOf = <T>(
  answer:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly failure: { readonly message: string } },
  host: string,
): Fact<T> => (answer.ok ? known(answer.value) : unknown(`${host}: ${answer.failure.message}`));
