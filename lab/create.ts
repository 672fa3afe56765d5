/** Builds a lab from nothing, finds one that is up, takes one down. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { installedRoleWords } from '../heartbeat-ocf/role-words.ts';
import { agentFiles } from './agents/files.ts';
import { foreignPrimary } from './agents/foreign-primary.ts';
import { databaseResource } from './agents/resource.ts';
import type { Backend } from './backend.ts';
import { backendOf, settle } from './backends.ts';
import { bootHook } from './boot-hook.ts';
import { type CibVersion, parseCibVersion, renderDefinition } from './cluster/cib.ts';
import { defineCluster } from './cluster/definition.ts';
import { LabError } from './failure.ts';
import { destroyLab, type Lab, labOf } from './lab.ts';
import { namespaceBackend } from './netns/backend.ts';
import { nodeFiles } from './node-files.ts';
import { checkLabName, clusterNames, completeOptions, type LabOptions, type LabRequest } from './options.ts';
import { initialiseArbiter } from './postgres/arbiter-acts.ts';
import { dataDirectory, findBinDirectory } from './postgres/installation.ts';
import { createTemplate } from './postgres/template.ts';
import { checkMachine, checkQuorumDevice } from './requirements.ts';
import { createKeys } from './ssh.ts';
import { createStateDir, type LabState, loadState, saveState, stateDirOf } from './state.ts';

export type CreateRequest = LabRequest & {
  /** Take a lab of this name down first, also a living one; it is refused unless told. */
  readonly replace?: boolean | undefined;
  /** How long the cluster may take to become healthy; 90 000 unless told, 300 000 where databases are in guests. */
  readonly deadlineMs?: number | undefined;
  /** Leave a lab that did not become healthy as it is, for a look at it; it is taken down unless told. */
  readonly keepOnFailure?: boolean | undefined;
  /** Where to put the logs of a lab that did not become healthy. */
  readonly logDirectory?: string | undefined;
  /** Told what is being done, for people who wait. */
  readonly onProgress?: ((step: string) => void) | undefined;
};

const newPassword = (): string => randomBytes(18).toString('base64url');

const cibVersion = async (): Promise<CibVersion> => {
  const { stdout } = await execa('cibadmin', ['--empty'], { reject: false });
  const version = parseCibVersion(stdout);
  if (version === undefined)
    throw new LabError('"cibadmin --empty" does not say which CIB this Pacemaker writes.');
  return version;
};

/** Claims the name; the remains of a lab that died are removed, a living one only if it is to be replaced. */
const claim = async (options: LabOptions, replace: boolean): Promise<Backend> => {
  const { name } = options;
  const stateDir = stateDirOf(name);
  const backend = await backendOf(options, stateDir);
  if (await createStateDir(name)) return backend;
  if (!replace && (await backend.isAlive())) {
    throw new LabError(
      `The lab "${name}" is already up; take it down with: npm run -s lab -- down --name ${name}`,
    );
  }
  await destroyLab(backend, stateDir);
  if (await createStateDir(name)) return backend;
  throw new LabError(`Somebody else is making the lab "${name}" at this moment.`);
};

const bootAll = async (backend: Backend, lab: Lab, state: LabState): Promise<void> => {
  const version = await cibVersion();
  const shared = await agentFiles(state.options);
  const secrets = { passwords: state.passwords, keys: await createKeys(lab.stateDir) };
  await Promise.all(
    lab.nodes.map(async (node) => {
      await backend.createDisk(node);
      await backend.writeFiles(node, [
        ...(await nodeFiles(node, state.options, secrets, version, state.binDirectory)),
        ...shared,
      ]);
      await backend.boot(node);
    }),
  );
};

const loadDefinition = async (lab: Lab): Promise<void> => {
  const database = databaseResource(lab.options, lab.binDirectory);
  if (database === undefined) return;
  const first = lab.options.nodeNames[0] ?? '';
  const input = renderDefinition(defineCluster(lab.options, database), installedRoleWords());
  await lab.exec(first, ['cibadmin', '--modify', '--allow-create', '--xml-pipe'], { input });
};

/** Waits for both also if one fails, so that nothing is still being made while the lab is taken down. */
const bothOrThrow = async (left: Promise<void>, right: Promise<void>): Promise<void> => {
  for (const result of await Promise.allSettled([left, right])) {
    if (result.status === 'rejected') throw result.reason;
  }
};

/** Of pha and of a database, also those that the machine around has. */
const traces = ['/usr/lib/ocf/resource.d/pha', '/usr/local/bin/cls_*', '/etc/pha', '/var/lib/pha'].join(' ');

const removeTraces = [
  `rm -rf ${traces}`,
  // In a guest it is a file system of its own, which can only be emptied.
  `rm -rf ${dirname(dataDirectory)} 2>/dev/null || rm -rf ${dirname(dataDirectory)}/*`,
].join('\n');

const bootWithDatabase = async (backend: Backend, lab: Lab, state: LabState): Promise<void> => {
  const template = join(lab.stateDir, 'template');
  // The cluster takes longer to form than the database to be made.
  await bothOrThrow(
    createTemplate(backend, lab.binDirectory, template, state.passwords),
    bootAll(backend, lab, state),
  );
  const withDatabase = lab.nodes.filter(({ name }) => lab.options.nodeNames.includes(name));
  await Promise.all(withDatabase.map((node) => backend.copyDirectory(node, template, dataDirectory)));
  await rm(template, { recursive: true });
  const [first] = lab.nodes;
  if (lab.options.repMode === 'slave' && first !== undefined) {
    await backend.writeFiles(first, [foreignPrimary(lab.binDirectory)]);
    await lab.exec(first.name, [bootHook]);
  }
};

const prepareArbiter = async (lab: Lab, arbiter: string, deadlineMs: number): Promise<void> => {
  const isReady = [join(lab.binDirectory, 'pg_isready'), '-q', '-h', arbiter];
  const [first = ''] = lab.options.nodeNames;
  await lab.waitUntil(
    'an arbiter that takes connections',
    async () => (await lab.exec(first, isReady, { allowFailure: true })).exitCode === 0,
    deadlineMs,
  );
  await initialiseArbiter(lab, arbiter);
};

const build = async (
  backend: Backend,
  lab: Lab,
  state: LabState,
  deadlineMs: number,
  onProgress: (step: string) => void,
): Promise<void> => {
  await backend.createWire();
  if (lab.options.fresh) {
    onProgress('Booting the nodes');
    await bootAll(backend, lab, state);
    await Promise.all(lab.nodes.map(({ name }) => lab.exec(name, ['sh', '-ec', removeTraces])));
  } else {
    onProgress('Booting the nodes and making the database');
    await bootWithDatabase(backend, lab, state);
  }
  onProgress('Waiting for the cluster to form');
  await lab.waitFor(
    'all nodes online and a coordinator elected',
    ({ dc, quorum, nodes }) =>
      dc !== undefined &&
      quorum &&
      nodes.filter(({ online, pending }) => online && !pending).length === clusterNames(lab.options).length,
    Math.min(deadlineMs, 60_000),
  );
  for (const arbiter of lab.options.arbiterNames) await prepareArbiter(lab, arbiter, deadlineMs);
  onProgress('Loading the resources');
  await loadDefinition(lab);
  await lab.waitHealthy(deadlineMs);
};

/**
 * Makes a lab and returns when its cluster is healthy.
 * @throws UsageError for options that make no sense, LabError for anything that does not work
 */
export const createLab = async (request: CreateRequest = {}): Promise<Lab> => {
  const asked = completeOptions(request);
  await checkMachine();
  if (asked.deviceNames.length > 0) await checkQuorumDevice();
  const options = await settle(asked);
  const binDirectory = await findBinDirectory();
  // Before anything is made: an agent that is not built is the most usual mistake.
  await agentFiles(options);
  const backend = await claim(options, request.replace === true);
  const stateDir = stateDirOf(options.name);
  const state: LabState = {
    options,
    passwords: { replication: newPassword(), app: newPassword(), distlock: newPassword() },
    binDirectory,
  };
  const lab = labOf(backend, state, stateDir);
  try {
    await saveState(stateDir, state);
    const deadlineMs = request.deadlineMs ?? (options.backend === 'uml' ? 300_000 : 90_000);
    await build(backend, lab, state, deadlineMs, request.onProgress ?? (() => undefined));
    return lab;
  } catch (error) {
    if (request.logDirectory !== undefined)
      await lab.collectLogs(request.logDirectory).catch(() => undefined);
    if (request.keepOnFailure !== true) await lab.down();
    throw error;
  }
};

/** Finds a lab that is up. @throws LabError if there is none of this name, or it is dead */
export const openLab = async (name: string): Promise<Lab> => {
  const state = await loadState(checkLabName(name));
  const stateDir = stateDirOf(name);
  const backend = await backendOf(state.options, stateDir);
  if (!(await backend.isAlive())) {
    throw new LabError(`The lab "${name}" is dead; remove it with: npm run -s lab -- down --name ${name}`);
  }
  return labOf(backend, state, stateDir);
};

/** Removes a lab in whatever state it is, also one that does not exist. */
export const removeLab = async (name: string): Promise<void> => {
  const stateDir = stateDirOf(checkLabName(name));
  await destroyLab(await namespaceBackend(name, stateDir), stateDir);
};
