import t from 'tap';
import { complaintsIn, linesOf } from '../../../../../lib/commands/setup/offline.ts';

t.test('what pcs and crmsh complain of', async (t) => {
  const crm = `\u001b[31mERROR\u001b[0m: ocf:heartbeat:Nope: no such resource agent
\u001b[33mWARNING\u001b[0m: (unpack_config) \twarning: Blind faith: not fencing unseen nodes
\u001b[31mERROR\u001b[0m: (cluster_status) \twarning: Fencing disabled due to lack of quorum
\u001b[31mERROR\u001b[0m: ocf:heartbeat:Nope: no such resource agent`;
  t.same(complaintsIn(linesOf(crm)), ['ocf:heartbeat:Nope: no such resource agent']);
  const stumbled = 'Call failed: Update does not conform\nTraceback:\nNameError: name x is not defined';
  t.same(complaintsIn(linesOf(stumbled)), ['Call failed: Update does not conform']);
  const pcs =
    "Error: invalid resource option 'x'\nError: Errors have occurred, therefore pcs is unable to continue";
  t.same(complaintsIn(linesOf(pcs)), ["invalid resource option 'x'"]);
});
