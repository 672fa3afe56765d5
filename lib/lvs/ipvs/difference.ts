import {
  type Forward,
  findService,
  type RealServer,
  type Scheduling,
  type ServiceKey,
  serverName,
  serviceName,
  type VirtualService,
} from './table.ts';

/** A line for `ipvsadm -R`. */
export type RuleLine = string;

/**
 * What makes the wished services of those that there are: only what differs, and nothing of any other service. Servers
 * are added and get more weight before others get less or are taken away, so that at no moment there is nobody to serve.
 */
export const difference = (
  current: readonly VirtualService[],
  wished: readonly VirtualService[],
): readonly RuleLine[] => [
  ...wished.flatMap((service) => serviceLines(findService(current, service), service)),
  ...wished.flatMap((service) => serverLines(findService(current, service), service)),
  ...wished.flatMap((service) => leavingLines(findService(current, service), service)),
];

/** What takes services away, as far as they are there. */
export const removal = (
  current: readonly VirtualService[],
  keys: readonly ServiceKey[],
): readonly RuleLine[] =>
  keys.filter((key) => findService(current, key) !== undefined).map((key) => `-D -t ${serviceName(key)}`);

const LETTERS: Readonly<Record<Forward, string>> = { gate: '-g', masq: '-m', ipip: '-i' };

const schedulingWords = ({ scheduler, flags, persistence }: Scheduling): string =>
  [
    `-s ${scheduler}`,
    ...(flags.length === 0 ? [] : [`-b ${flags.join(',')}`]),
    ...(persistence === undefined ? [] : [`-p ${persistence.seconds}`]),
    ...(persistence?.mask === undefined ? [] : [`-M ${persistence.mask}`]),
  ].join(' ');

const serviceLines = (current: VirtualService | undefined, wished: VirtualService): readonly RuleLine[] => {
  const words = schedulingWords(wished.scheduling);
  if (current === undefined) return [`-A -t ${serviceName(wished)} ${words}`];
  const same = schedulingWords(current.scheduling) === words && current.others === wished.others;
  return same ? [] : [`-E -t ${serviceName(wished)} ${words}`];
};

const serverWords = ({ forward, weight }: RealServer): string => `${LETTERS[forward]} -w ${weight}`;

const serverLines = (current: VirtualService | undefined, wished: VirtualService): readonly RuleLine[] => {
  const before = new Map(current?.servers.map((server) => [serverName(server), server]));
  const gain = (server: RealServer): number =>
    server.weight - (before.get(serverName(server))?.weight ?? Number.NEGATIVE_INFINITY);
  const gainingFirst = [
    ...wished.servers.filter((server) => gain(server) > 0),
    ...wished.servers.filter((server) => gain(server) <= 0),
  ];
  return gainingFirst.flatMap((server) => {
    const found = before.get(serverName(server));
    if (found !== undefined && serverWords(found) === serverWords(server) && found.others === server.others)
      return [];
    const verb = found === undefined ? '-a' : '-e';
    return [`${verb} -t ${serviceName(wished)} -r ${serverName(server)} ${serverWords(server)}`];
  });
};

const leavingLines = (current: VirtualService | undefined, wished: VirtualService): readonly RuleLine[] => {
  const stays = new Set(wished.servers.map(serverName));
  return (current?.servers ?? [])
    .filter((server) => !stays.has(serverName(server)))
    .map((server) => `-d -t ${serviceName(wished)} -r ${serverName(server)}`);
};
