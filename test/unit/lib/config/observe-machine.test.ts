import t from 'tap';
import { mayBeManaged } from '../../../../lib/config/observe-machine.ts';
import { type RunResult, unstarted } from '../../../../lib/system/run-result.ts';

t.test("an address is the machine's own only where the cluster has not put it there", async (t) => {
  const ended: RunResult = { ...unstarted('cibadmin', '', false), exitCode: 0 };
  const answers: readonly (readonly [what: string, answer: RunResult, isManaged: boolean])[] = [
    ['it is the address of a resource', ended, true],
    ['no resource has it', { ...ended, exitCode: 105 }, false],
    ['no cluster runs here', { ...ended, exitCode: 102 }, false],
    ['no cluster is installed', unstarted('cibadmin', 'ENOENT', true), false],
    ['not known in time', { ...ended, exitCode: undefined, signal: 'SIGKILL', timedOut: true }, true],
  ];
  for (const [what, answer, isManaged] of answers) t.equal(mayBeManaged(answer), isManaged, what);
});
