import { ipVersion } from '../system/ip-address.ts';
import { isInNetwork, prefixOfMask, wholeLength } from '../system/ip-network.ts';

/** A line of pg_hba.conf for connections over the network. */
export interface HbaLine {
  readonly line: number;
  readonly type: 'host' | 'hostssl' | 'hostnossl' | 'hostgssenc' | 'hostnogssenc';
  readonly databases: readonly string[];
  readonly users: readonly string[];
  /** `all`, `samehost`, `samenet`, a host name, or an address with its length such as `10.0.0.0/8`. */
  readonly address: string;
  readonly method: string;
}

/** What a connection is looked up for. */
export interface HbaQuestion {
  /** `replication` for the physical replication protocol. */
  readonly database: string;
  readonly user: string;
  readonly address: string;
}

export type HbaAnswer =
  | { readonly kind: 'let-in' | 'rejected'; readonly line: number; readonly method: string }
  | { readonly kind: 'no-line' }
  /** A line before may match or not: a group, a host name, a file that is included. */
  | { readonly kind: 'unclear'; readonly line: number };

const TYPES: readonly string[] = ['host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];

const CLEAN_WORD = /"[^"]*"|[^\s,#"]+/g;

/** Fields are separated by blanks, the words of one by commas; quotes take a keyword its meaning. */
function fieldsOf(line: string): readonly (readonly string[])[] {
  const code = /^(?:"[^"]*"|[^#"])*/.exec(line)?.[0] ?? '';
  const fields = code.replace(/\s*,\s*/g, ',').match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  return fields.map((field) => field.match(CLEAN_WORD) ?? []);
}

/** Lines of other kinds (`local`) are left out. Total: what is not understood is left out, too. */
export function parseHba(text: string): readonly HbaLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const [[type = ''] = [], databases = [], users = [], [address = ''] = [], ...rest] = fieldsOf(raw);
    if (!TYPES.includes(type)) return [];
    const prefix = prefixOfMask(rest[0]?.[0] ?? '');
    const [method] = (prefix === undefined ? rest[0] : rest[1]) ?? [];
    if (method === undefined) return [];
    const whole = ipVersion(address) === undefined ? address : `${address}/${prefix ?? wholeLength(address)}`;
    return [{ line: index + 1, type: type as HbaLine['type'], databases, users, address: whole, method }];
  });
}

type Match = 'yes' | 'no' | 'unclear';

/** The first line that matches decides, as in the server. */
export function askHba(lines: readonly HbaLine[], question: HbaQuestion): HbaAnswer {
  for (const line of lines) {
    const match = worst([
      matchesType(line),
      anyOf(line.databases.map((word) => matchesDatabase(word, question))),
      anyOf(line.users.map((word) => matchesUser(word, question))),
      matchesAddress(line.address, question.address),
    ]);
    if (match === 'unclear') return { kind: 'unclear', line: line.line };
    if (match === 'yes') {
      const { method } = line;
      return { kind: method === 'reject' ? 'rejected' : 'let-in', line: line.line, method };
    }
  }
  return { kind: 'no-line' };
}

const worst = (matches: readonly Match[]): Match =>
  matches.includes('no') ? 'no' : matches.includes('unclear') ? 'unclear' : 'yes';

const anyOf = (matches: readonly Match[]): Match =>
  matches.includes('yes') ? 'yes' : matches.includes('unclear') ? 'unclear' : 'no';

/** Whether the connection will be encrypted is not known here. */
const matchesType = ({ type }: HbaLine): Match =>
  type === 'host' || type === 'hostnogssenc' ? 'yes' : type === 'hostgssenc' ? 'no' : 'unclear';

/** `all` does not include replication. */
function matchesDatabase(word: string, { database, user }: HbaQuestion): Match {
  if (word === 'replication' || database === 'replication') return word === database ? 'yes' : 'no';
  if (/^[@/]/.test(word) || word === 'samerole' || word === 'samegroup') return 'unclear';
  const isIt = word === 'all' || (word === 'sameuser' ? user === database : unquoted(word) === database);
  return isIt ? 'yes' : 'no';
}

function matchesUser(word: string, { user }: HbaQuestion): Match {
  if (/^[@/+]/.test(word)) return 'unclear';
  return word === 'all' || unquoted(word) === user ? 'yes' : 'no';
}

function matchesAddress(entry: string, address: string): Match {
  if (entry === 'all') return 'yes';
  const [network = '', length] = entry.split('/');
  if (length === undefined || ipVersion(network) === undefined) return 'unclear';
  return isInNetwork(address, network, Number(length)) ? 'yes' : 'no';
}

const unquoted = (word: string): string => word.replace(/^"(.*)"$/, '$1');
