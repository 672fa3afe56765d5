/**
 * Frames that the switch does not pass on, from one station to another: in silence, and whatever address they are for,
 * so that a virtual IP address is no way round.
 */
import { run } from './process.ts';
import { portOf } from './wire.ts';

/** The set and its rule; said again, they stay as they are, apart from the rule, of which one is enough. */
const preparation = [
  'add table bridge lab',
  'add chain bridge lab pass { type filter hook forward priority 0; }',
  'flush chain bridge lab pass',
  'add set bridge lab cut { type ifname . ifname; }',
  'add rule bridge lab pass iifname . oifname @cut drop',
];

const pair = (from: number, to: number): string => `{ "${portOf(from)}" . "${portOf(to)}" }`;

const nft = (wirePid: number, commands: readonly string[]): Promise<string> =>
  run('nsenter', [`--net=/proc/${wirePid}/ns/net`, '--', 'nft', commands.join('; ')]);

/** Blocking what is blocked already changes nothing; nor does passing what passes. */
export const setPassage = async (
  wirePid: number,
  from: number,
  to: number,
  passes: boolean,
): Promise<void> => {
  const element = `element bridge lab cut ${pair(from, to)}`;
  // What is not in a set cannot be deleted from it.
  await nft(wirePid, [...preparation, `add ${element}`, ...(passes ? [`delete ${element}`] : [])]);
};
