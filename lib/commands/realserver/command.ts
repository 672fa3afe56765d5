import { objectionToNic, objectionToVip, realServerOf } from '../../lvs/realsvr/real-server.ts';
import { type Deadline, deadlineIn } from '../../system/clock.ts';
import { readTextUnlinked } from '../../system/files.ts';
import { defineCommand } from '../cli/declaration.ts';
import type { Terminal } from '../cli/terminal.ts';
import { DRY_RUN_OPTION, JSON_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { conduct } from '../plan.ts';
import { decideOff, decideOn } from './decide.ts';
import { realServerExecutor } from './execute.ts';
import { addressesWithUnits, observe } from './observe.ts';
import { statusOf, statusText } from './status.ts';
import { DEFAULT_NIC, nicOfUnit, unitPath } from './unit.ts';

export const clsRealserver = defineCommand({
  name: 'cls_realserver',
  summary: 'makes a machine outside the cluster a real server of the read load balancer',
  description:
    'For a standby on a machine that is no node of the cluster, such as a fourth server for reading. "on" puts the virtual address for reading on the loopback, and has the kernel neither answer ARP for it nor name it (arp_ignore 1, arp_announce 2), so that the machine takes what the director sends it and nothing else changes in the network; systemd does so again at each boot. "off" undoes it all, and puts the settings back to what they were. "status" tells. It needs no Pacemaker. docs/lvs-outside.md is the whole way.',
  options: {
    interface: {
      kind: 'text',
      long: 'interface',
      short: 'i',
      valueName: 'NAME',
      description: `The interface that gets the address, or a label on it. Default: ${DEFAULT_NIC}. For a director that tunnels: tunl0.`,
    },
    untilReboot: {
      kind: 'flag',
      long: 'until-reboot',
      description: 'Only now: leave alone what happens at the next boot.',
    },
    json: JSON_OPTION,
    dryRun: DRY_RUN_OPTION,
    timeoutSeconds: timeoutOption(60),
  },
  operands: [
    {
      name: 'on|off|status',
      required: true,
      values: ['on', 'off', 'status'],
      description: 'What to do.',
    },
    {
      name: 'ADDRESS',
      required: false,
      description: 'The virtual address for reading. status shows all that are accepted at boot without it.',
    },
  ],
  examples: [
    {
      command: 'cls_realserver on 192.168.0.237',
      explanation: 'On the new standby, once its PostgreSQL runs.',
    },
    {
      command: 'cls_realserver off 192.168.0.237',
      explanation: 'After it has been taken out of the list of real servers.',
    },
    { command: 'cls_realserver status', explanation: 'Is the address accepted, now and after a reboot?' },
  ],
  exitCodes: [0, 1, 10, 100],
  run: async ({ options, operands: [action, vip], terminal }) => {
    const wrong = (sentence: string): CommandExitCode => {
      terminal.err(`cls_realserver: ${sentence} (cls_realserver --help tells what there is)\n`);
      return CommandExit.ARGUMENTS;
    };
    const deadline = deadlineIn(options.timeoutSeconds * 1000);
    const nic = options.interface ?? nicFor(vip);
    const badNic = objectionToNic(nic);
    if (badNic !== undefined) return wrong(`--interface is "${nic}": it ${badNic}`);
    const badVip = vip === undefined ? undefined : objectionToVip(vip);
    if (badVip !== undefined) return wrong(`ADDRESS is "${vip}": it ${badVip}`);
    if (action === 'status') return showStatus(vip, nic, options.json, terminal, deadline);
    if (vip === undefined) return wrong('ADDRESS is missing');
    if (options.json) return wrong('--json is for status');
    const server = realServerOf(vip, nic, '--interface');
    const decide = action === 'on' ? decideOn : decideOff;
    return conduct(decide(server, await observe(server, deadline), options), realServerExecutor(server), {
      name: 'cls_realserver',
      terminal,
      dryRun: options.dryRun,
      deadline,
    });
  },
});

/** As it was turned on, if it was. */
const nicFor = (vip: string | undefined): string =>
  vip === undefined || objectionToVip(vip) !== undefined
    ? DEFAULT_NIC
    : (nicOfUnit(readTextUnlinked(unitPath(realServerOf(vip, DEFAULT_NIC).vip)) ?? '') ?? DEFAULT_NIC);

async function showStatus(
  vip: string | undefined,
  nic: string,
  asJson: boolean,
  terminal: Terminal,
  deadline: Deadline,
): Promise<CommandExitCode> {
  const servers =
    vip === undefined
      ? addressesWithUnits().map((each) => realServerOf(each, nicFor(each), '--interface'))
      : [realServerOf(vip, nic, '--interface')];
  const rows = await Promise.all(
    servers.map(async (server) => statusOf(server, await observe(server, deadline))),
  );
  if (asJson) terminal.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (rows.length > 0) terminal.out(statusText(rows));
  else
    terminal.err('cls_realserver: no address is accepted at boot here; name one to see whether it is now\n');
  return rows.length > 0 && rows.every(({ accepted }) => accepted)
    ? CommandExit.DONE
    : CommandExit.NOT_IN_STATE;
}
