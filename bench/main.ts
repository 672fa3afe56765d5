/** Entry of `npm run -s bench -- VERB`. Exit codes: 0 within the limits, 1 not, or not measured, 2 wrong usage. */
import { LabError, UsageError } from '../lab/index.ts';
import { parseRequest } from './arguments.ts';
import { benchBalancer } from './balancer.ts';
import { benchCampaign } from './campaign/run.ts';
import { benchFailover } from './failover/run.ts';
import { benchMonitor } from './monitor.ts';
import { benchTwoNodes } from './two-nodes/run.ts';

const help = `Measures the agents on virtual clusters on this one machine (see docs/bench.md).

  npm run -s bench -- monitor | balancer | two-nodes | failover | campaign

  monitor   what one monitor of ocf:pha:pgsql costs, beside one of ocf:heartbeat:pgsql on the same cluster
              --runs 20     measured calls of each agent, in each situation
              --nodes 3     how many nodes the cluster has
              --name LAB    use the lab of this name, which stays up; without it one is made and removed
              --json        print the result as JSON
  balancer  what one monitor of ocf:pha:lvsdr costs with 200 real servers, beside one with 2; no lab
              --runs 20     measured calls of each, for each kind of list
              --json        print the result as JSON
  two-nodes what happens to two nodes with an arbiter when they are cut from each other, and so on; an hour for all
              --only REGEX    the cases whose names it matches
              --list          print the names
              --write         add to bench/two-nodes/results.json, and write docs/two-nodes-lab.md
              --name LAB      what the lab is called that is made for it
              --json          print the results as JSON
  failover  how long each agent leaves a cluster of three nodes without writes, in turn; a minute for each run
              --agents pha,heartbeat,paf,floor       floor: what Pacemaker and PostgreSQL need whoever looks after them
              --faults kill9,cut,poweroff,switch     of the primary: its database killed, its link cut, its plug
                                                     pulled; and a planned switch
              --runs 10             of each fault, for each agent
              --corosync default    default | fast (notices a lost node in about one second)
              --html FILE           draw it, as one page
              --name LAB            what the labs are called that are made for it, one after the other
              --json                print the results as JSON
  campaign  random faults on three nodes, which must become well again by themselves or by what they name; a minute each
              --rounds 10     how many
              --seed 1        of the first round, and the next number of each that follows
              --only REGEX    the rounds whose faults' names it matches
              --list          print the rounds' seeds and faults
              --name LAB      what the lab is called that is made for it
              --json          print the results as JSON

Exit codes: 0 within the limits, 1 not within them or not measured, 2 wrong usage.
`;

const start = async (): Promise<number> => {
  const request = parseRequest(process.argv.slice(2));
  if (request.verb === 'monitor') return benchMonitor(request);
  if (request.verb === 'balancer') return benchBalancer(request);
  if (request.verb === 'two-nodes') return benchTwoNodes(request);
  if (request.verb === 'failover') return benchFailover(request);
  if (request.verb === 'campaign') return benchCampaign(request);
  process.stdout.write(help);
  return 0;
};

try {
  process.exitCode = await start();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof LabError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
