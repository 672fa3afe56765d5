/** Carries out what the command line asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, openLab, removeLab } from '../create.ts';
import { UsageError } from '../failure.ts';
import type { Lab } from '../lab.ts';
import { promotedNode } from '../observe/crm-mon.ts';
import { actOnArbiter } from '../postgres/arbiter-acts.ts';
import { labNames } from '../state.ts';
import { clientAddress, readVip, writeVip } from '../topology.ts';
import type { Command } from './args.ts';
import { help } from './help.ts';

const print = (text: string): void => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

const printJson = (value: unknown): void => print(JSON.stringify(value));

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1);

const up = async (command: Extract<Command, { verb: 'up' }>): Promise<number> => {
  const begin = performance.now();
  const { name = 'lab' } = command.request;
  process.once('SIGINT', () => {
    process.stderr.write(`\nInterrupted; remove what is there with: npm run -s lab -- down --name ${name}\n`);
    process.exit(130);
  });
  const lab = await createLab({
    ...command.request,
    keepOnFailure: true,
    onProgress: (step) => process.stderr.write(`${seconds(begin)} s  ${step}\n`),
  });
  const cluster = await lab.crmMon();
  if (command.json) {
    const { agent, repMode } = lab.options;
    const primary = promotedNode(cluster) ?? null;
    const result = {
      name: lab.name,
      agent,
      repMode,
      nodes: lab.nodes,
      primary,
      writeVip,
      readVip,
      clientAddress,
    };
    printJson({ ...result, seconds: Number(seconds(begin)) });
    return 0;
  }
  print(await lab.crmMonText());
  print(
    `\nThe lab "${lab.name}" is up after ${seconds(begin)} s. Write VIP ${writeVip}, read VIP ${readVip}.`,
  );
  return 0;
};

const nodeStates = (lab: Lab): Promise<{ name: string; address: string; power: string; cut: boolean }[]> =>
  Promise.all(
    lab.nodes.map(async ({ name, address }) => ({
      name,
      address,
      power: await lab.power(name),
      cut: await lab.isCut(name),
    })),
  );

const status = async (name: string, json: boolean): Promise<number> => {
  const lab = await openLab(name);
  const nodes = await nodeStates(lab);
  const cluster = await lab.crmMon().catch(() => null);
  if (json) {
    printJson({ name, options: lab.options, nodes, cluster });
    return 0;
  }
  for (const node of nodes)
    print(`${node.name}  ${node.address}  ${node.power}${node.cut ? ', cut off' : ''}`);
  print(
    await lab
      .crmMonText()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error))),
  );
  const others = (await labNames()).filter((other) => other !== name);
  if (others.length > 0) print(`Other labs: ${others.join(', ')}`);
  return 0;
};

const reads = async (command: Extract<Command, { verb: 'client' }>): Promise<number> => {
  const lab = await openLab(command.name);
  const reader = await lab.reads();
  await sleep(command.seconds * 1000);
  const report = await reader.stop();
  if (command.json) printJson(report);
  else {
    const servers = Object.entries(report.servers).map(([name, count]) => `${name} ${count}`);
    print(`${report.reads} reads: ${servers.join(', ') || 'none'}; ${report.errors} attempts failed.`);
    print(`Longest gap ${report.longestGapMs} ms; most reads in a row of one server ${report.longestRun}.`);
  }
  return report.reads > 0 ? 0 : 1;
};

const client = async (command: Extract<Command, { verb: 'client' }>): Promise<number> => {
  const lab = await openLab(command.name);
  const writer = await lab.client();
  await sleep(command.seconds * 1000);
  const report = await writer.stop();
  if (command.json) printJson(report);
  else {
    print(
      `${report.acked} rows acknowledged, ${report.lost} of them lost; ${report.errors} attempts failed.`,
    );
    print(`Longest gap ${report.longestGapMs} ms; gaps: ${report.gapsMs.join(', ') || 'none'} ms.`);
  }
  return report.lost === 0 ? 0 : 1;
};

const changePassage = (
  lab: Lab,
  { node, other, change }: Extract<Command, { verb: 'pass' }>,
): Promise<void> => {
  switch (change) {
    case 'cut':
      return lab.cutBetween(node, other);
    case 'cut-one-way':
      return lab.cutOneWay(node, other);
    case 'heal':
      return lab.healBetween(node, other);
  }
};

/** @returns the exit code */
export const runCommand = async (command: Command): Promise<number> => {
  switch (command.verb) {
    case 'help':
      print(help);
      return 0;
    case 'up':
      return up(command);
    case 'down':
      await removeLab(command.name);
      return 0;
    case 'status':
      return status(command.name, command.json);
    case 'client':
      return command.reads ? reads(command) : client(command);
    case 'exec':
      return (await openLab(command.name)).attach(command.node, command.argv);
    case 'shell':
      return (await openLab(command.name)).attach(command.node, ['bash', '-i']);
    case 'clock':
      await (await openLab(command.name)).setClock(command.node, command.clock);
      return 0;
    case 'refresh':
      print(`${await (await openLab(command.name)).refresh()} files copied into each node.`);
      return 0;
    case 'logs':
      await (await openLab(command.name)).collectLogs(command.directory);
      return 0;
    case 'arbiter': {
      const lab = await openLab(command.name);
      const [arbiter] = lab.options.arbiterNames;
      if (arbiter === undefined) throw new UsageError(`The lab "${lab.name}" has no arbiter.`);
      await actOnArbiter(lab, arbiter, command.act);
      return 0;
    }
    case 'pass':
      await changePassage(await openLab(command.name), command);
      return 0;
    case 'poweroff':
      await (await openLab(command.name)).powerOff(command.node);
      return 0;
    default:
      await (await openLab(command.name))[command.verb](command.node);
      return 0;
  }
};
