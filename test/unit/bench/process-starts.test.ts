import t from 'tap';
import { countProcessStarts } from '../../../bench/process-starts.ts';

t.test('each start that succeeded counts, by the program’s name', async (t) => {
  const log = `2711 execve("/usr/lib/ocf/resource.d/heartbeat/pgsql", ["/usr/lib/ocf/resource.d/heartbea"..., "monitor"], 0x7ffe1e2 /* 61 vars */) = 0
2713 execve("/usr/bin/grep", ["grep", "-q", "a\\"b, ] = 0"], 0x55d8 /* 70 vars */) = 0
2714 execve("/usr/bin/grep", ["grep", "-E", "x"], 0x55d8 /* 70 vars */) = 0
2715 execveat(AT_FDCWD, "/usr/bin/cut", ["cut"], 0x55d8 /* 70 vars */, 0) = 0
2716 execve("/usr/sbin/cat", ["cat"], 0x55d8 /* 70 vars */) = -1 ENOENT (No such file or directory)
2711 +++ exited with 0 +++
`;
  t.same(countProcessStarts(log), { count: 4, programs: { pgsql: 1, grep: 2, cut: 1 }, writes: [] });
});

t.test('nothing was started', async (t) => {
  t.same(countProcessStarts(''), { count: 0, programs: {}, writes: [] });
});

const command = (...words: string[]): string =>
  `1 execve("/usr/sbin/${words[0]}", [${words.map((word) => JSON.stringify(word)).join(', ')}], 0x1 /* 1 var */) = 0\n`;

t.test('commands that write to the cluster are named', async (t) => {
  const writing = [
    ['crm_attribute', '-l', 'reboot', '-N', 'node1', '-n', 'pgsql-status', '-v', 'PRI'],
    ['crm_attribute', '--promotion=pgsql', '-v', '1000'],
    ['crm_attribute', '--name=x', '--update=1'],
    ['crm_attribute', '-l', 'reboot', '-n', 'x', '-D'],
    ['attrd_updater', '--name=pgsql-status', '--update=PRI'],
    ['cibadmin', '--patch', '--xml-pipe'],
    ['cibadmin', '-M', '-X', '<a/>'],
    ['crm_resource', '-B', '-r', 'pgsql'],
  ];
  t.same(
    countProcessStarts(writing.map((words) => command(...words)).join('')).writes,
    writing.map((words) => words.join(' ')),
  );
});

t.test('commands that only ask are not', async (t) => {
  const asking = [
    ['crm_attribute', '-l', 'forever', '-N', 'node1', '-n', 'pgsql-data-status', '-G', '-q'],
    ['crm_mon', '-n1', '--output-as=xml'],
    ['attrd_updater', '--name=pgsql-election', '--query', '--all'],
    ['cibadmin', '--query', '--local'],
    ['crm_node', '--quorum'],
    ['grep', '-v', 'x'],
  ];
  t.same(countProcessStarts(asking.map((words) => command(...words)).join('')).writes, []);
});
