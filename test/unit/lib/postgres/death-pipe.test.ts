import { constants } from 'node:fs';
import t from 'tap';
import { deathPipeAmong } from '../../../../lib/postgres/death-pipe.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
const end = (fd: number, pipe: string, flags: number) => ({ fd, pipe, flags });
const DEATH = [end(3, 'death', O_RDONLY | O_NONBLOCK), end(4, 'death', O_WRONLY)];

t.test('the one pipe that only its reader does not wait for', async (t) => {
  t.equal(deathPipeAmong(DEATH)?.fd, 3);
  const collector = [end(1, 'log', O_WRONLY), end(2, 'log', O_WRONLY), end(8, 'log', O_RDONLY)];
  const selfPipe = [end(6, 'self', O_RDONLY | O_NONBLOCK), end(7, 'self', O_WRONLY | O_NONBLOCK)];
  t.equal(deathPipeAmong([...collector, ...selfPipe, ...DEATH])?.fd, 3);
  t.equal(deathPipeAmong([...collector, ...selfPipe]), undefined);
});

t.test('never one that something is written to, nor a guess', async (t) => {
  const inherited = [end(1, 'out', O_WRONLY), end(9, 'out', O_RDONLY | O_NONBLOCK)];
  t.equal(deathPipeAmong(inherited), undefined, "the starter's output");
  t.equal(deathPipeAmong([end(3, 'x', O_RDONLY | O_NONBLOCK)]), undefined, 'another process writes there');
  const two = DEATH.map(({ fd, flags }) => end(fd + 10, 'other', flags));
  t.equal(deathPipeAmong([...DEATH, ...two]), undefined);
});
