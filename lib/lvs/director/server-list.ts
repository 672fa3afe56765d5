import { ipVersion } from '../../system/ip-address.ts';

/** One entry of weight_of_realservers. */
export interface ListedServer {
  readonly host: string;
  /** undefined: default_weight */
  readonly weight: number | undefined;
}

/** ip_vs takes more, and no scheduler makes sense of it. */
export const LARGEST_WEIGHT = 65_535;

/** A host name or an IP address, as it may stand in a list and on a command line. */
export const isHost = (text: string): boolean =>
  ipVersion(text) !== undefined ? !text.includes('%') : /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text);

/** Such as 300.1.1.1, and 10.1, which some programs take for 10.0.0.1: no host is called so. */
export const isFalseAddress = (host: string): boolean =>
  /^\d+(\.\d+)+$/.test(host) && ipVersion(host) === undefined;

const ENTRY = /^([^,]+)(?:,(\d+))?$/;

/** `node1,1 node2,3 10.0.0.9`; entries that are not understood are left out, see {@link objectionToServerList}. */
export const parseServerList = (text: string): readonly ListedServer[] =>
  entriesOf(text).flatMap((entry) => {
    const [, host = '', weight] = ENTRY.exec(entry) ?? [];
    return isHost(host) ? [{ host, weight: weight === undefined ? undefined : Number(weight) }] : [];
  });

/** @returns a clause that goes on after "weight_of_realservers is …: it" */
export const objectionToServerList = (text: string): string | undefined => {
  const seen = new Set<string>();
  for (const entry of entriesOf(text)) {
    const [, host = '', weight] = ENTRY.exec(entry) ?? [];
    if (!isHost(host)) return `has "${entry}"; write host,weight or host, separated by blanks`;
    if (isFalseAddress(host)) return `has "${entry}", and ${host} is no IPv4 address; correct it`;
    if (Number(weight ?? 0) > LARGEST_WEIGHT)
      return `gives ${host} the weight ${weight}; ${LARGEST_WEIGHT} is the largest`;
    if (seen.has(host)) return `has ${host} twice; list each server once`;
    seen.add(host);
  }
  return undefined;
};

const entriesOf = (text: string): readonly string[] => text.split(/\s+/).filter((entry) => entry !== '');

/** The hosts that a script has printed: separated by blanks or line ends, each once. Others are told in `strange`. */
export const parsePrintedHosts = (
  text: string,
): { readonly hosts: readonly string[]; readonly strange: readonly string[] } => {
  const words = [...new Set(entriesOf(text))];
  return { hosts: words.filter(isHost), strange: words.filter((word) => !isHost(word)) };
};
