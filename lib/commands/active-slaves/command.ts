import { defineCommand, type OperandSpec } from '../cli/declaration.ts';
import { CommandExit } from '../exit-codes.ts';
import { ask, targetOf } from './ask.ts';
import { STANDBYS_SQL, standbyList } from './standbys.ts';

const OPERANDS: readonly OperandSpec[] = [
  {
    name: 'PSQL',
    required: false,
    complete: 'file',
    description: 'The path of psql, as older definitions give it. It is not used, and may be left out.',
  },
  {
    name: 'CONNINFO',
    required: false,
    description:
      'How to connect: key=value, or a URI (postgresql://…), as libpq reads them. What it does not say comes from the PG… variables.',
  },
];

const PASSWORDS =
  'Keep passwords out of it, since everybody can read the arguments of a process: passfile=, PGPASSFILE or ~/.pgpass, or service= serve as they do in libpq. connect_timeout is heeded (default 5 seconds, for the whole answer). Any user may run it.';

export const getActiveSlaves = defineCommand({
  name: 'get_active_slaves',
  summary: 'prints the standbys that stream from the primary',
  description: `Prints the application_name of every standby that streams from the primary, one a line: for realserver_get_real_servers_script of ocf:pha:lvsdr. pg_receivewal and subscriptions are left out. ${PASSWORDS}`,
  options: {},
  operands: OPERANDS,
  examples: [
    {
      command:
        'get_active_slaves "host=192.168.0.236 user=replication dbname=postgres passfile=/etc/pha/pgpass"',
      explanation: 'Ask the primary behind the write VIP.',
    },
    {
      command:
        'get_active_slaves /usr/pgsql/bin/psql "host=192.168.0.236 port=5432 dbname=postgres user=replication connect_timeout=5"',
      explanation: 'The same as the original had it.',
    },
  ],
  exitCodes: [0, 1, 10, 100],
  anyUser: true,
  run: async ({ operands, terminal }) => {
    const complain = (sentence: string): void => terminal.err(`get_active_slaves: ${sentence}\n`);
    const target = targetOf(operands, undefined, complain);
    if (!target.ok) {
      complain(target.reason);
      return CommandExit.ARGUMENTS;
    }
    const rows = await ask(target.value, STANDBYS_SQL);
    if (!rows.known) {
      complain(rows.reason);
      return CommandExit.ERROR;
    }
    const list = standbyList(rows.value);
    if (!list.ok) {
      complain(list.sentence);
      return list.code;
    }
    for (const notice of list.notices) complain(notice);
    terminal.out(list.names.map((name) => `${name}\n`).join(''));
    return CommandExit.DONE;
  },
});

export const checkActiveSlave = defineCommand({
  name: 'check_active_slave',
  summary: 'tells whether a host is a standby that can be read from',
  description: `Prints t if the server of the host takes connections and is a standby; otherwise f, and why on standard error: then the exit code is 10 for a primary, and 1 if there is no answer. It is for realserver_check_active_real_server_script of ocf:pha:lvsdr, which appends the host. ${PASSWORDS}`,
  options: {
    host: {
      kind: 'text',
      long: 'host',
      short: 'h',
      valueName: 'HOST',
      description: 'The server to ask, in place of the one in CONNINFO.',
      complete: 'node',
    },
  },
  operands: OPERANDS,
  examples: [
    {
      command: 'check_active_slave "dbname=postgres user=replication passfile=/etc/pha/pgpass" -h node2',
      explanation: 'Ask node2.',
    },
    {
      command: 'check_active_slave /usr/pgsql/bin/psql "port=5432 dbname=postgres user=replication" -h node2',
      explanation: 'The same as the original had it.',
    },
  ],
  exitCodes: [0, 1, 10, 100],
  anyUser: true,
  run: async ({ options, operands, terminal }) => {
    const complain = (sentence: string): void => terminal.err(`check_active_slave: ${sentence}\n`);
    const deny = <Code extends number>(code: Code, sentence: string): Code => {
      terminal.out('f\n');
      complain(sentence);
      return code;
    };
    const target = targetOf(operands, options.host, complain);
    if (!target.ok) return deny(CommandExit.ARGUMENTS, target.reason);
    const rows = await ask(target.value, 'SELECT pg_catalog.pg_is_in_recovery() AS standby');
    if (!rows.known) return deny(CommandExit.ERROR, rows.reason);
    if (rows.value[0]?.standby !== true) return deny(CommandExit.NOT_IN_STATE, 'that server is a primary');
    terminal.out('t\n');
    return CommandExit.DONE;
  },
});
